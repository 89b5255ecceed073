"""Whisper through transformers with a tiny checkpoint of random weights in the real format: it runs, and knows nothing.

Nothing here says that speech is understood: the real code loads, batches, times and stops.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from indexer.errors import GenerationCancelledError, ModelBrokenError, ModelMissingError, SettingsError
from indexer.models.protocols import SpeechModel
from indexer.models.weights.transformers_models import SPEECH, transformers_weights_name
from indexer.models.whisper.alignment import align_tokens
from indexer.models.whisper.model import WhisperModel, load_whisper
from indexer.models.whisper.tokens import SpokenTokens, TokenReader, language_tag
from indexer.records import Samples16
from tests.helpers.fakes_speech import FakeSpeechModel, said
from tests.helpers.whisper_checkpoint import LANGUAGES, write_whisper_checkpoint

pytestmark = pytest.mark.slow

RATE = 16_000


def sound(seconds: float, seed: int = 0) -> Samples16:
    random = np.random.default_rng(seed)
    return (random.standard_normal(round(seconds * RATE)) * 3000).astype(np.int16)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_whisper_checkpoint(tmp_path_factory.mktemp("whisper") / "tiny-whisper")


@pytest.fixture(scope="module")
def tiny(checkpoint: Path) -> WhisperModel:
    return load_whisper(str(checkpoint), device="cpu")


@pytest.fixture(scope="module")
def lines_only(tmp_path_factory: pytest.TempPathFactory) -> WhisperModel:
    """English only, and no head that aligns."""
    folder = tmp_path_factory.mktemp("whisper") / "tiny-whisper.en"
    return load_whisper(str(write_whisper_checkpoint(folder, word_times=False, multilingual=False)), device="cpu")


def fake() -> FakeSpeechModel:
    return FakeSpeechModel(lambda given: said("one two three", 0.0, len(given) / RATE))


@pytest.fixture(params=["tiny whisper", "tiny whisper without word times", "fake"])
def model(request: pytest.FixtureRequest) -> SpeechModel:
    made: dict[str, Callable[[], SpeechModel]] = {
        "tiny whisper": lambda: request.getfixturevalue("tiny"),
        "tiny whisper without word times": lambda: request.getfixturevalue("lines_only"),
        "fake": fake,
    }
    return made[request.param]()


def test_every_speech_model_keeps_the_contract(model: SpeechModel) -> None:
    assert isinstance(model, SpeechModel)
    assert model.name and model.batch_sounds >= 1
    assert model.transcribe([]) == []
    sounds = [sound(seconds, seed) for seed, seconds in enumerate((0.3, 4.0, 30.0, 2.0, 1.0))]
    heard = model.transcribe(sounds)
    assert len(heard) == len(sounds)
    for given, one in zip(sounds, heard, strict=True):
        assert 0 <= one.no_speech_probability <= 1
        assert one.language == "" or one.language.split("-")[0].isalpha()
        words = [word for line in one.lines for word in line.words]
        assert all(line.text and line.mean_log_probability <= 0 for line in one.lines)
        starts = [word.span.start_seconds for word in words]
        assert starts == sorted(starts)
        assert all(word.span.start_seconds >= 0 and word.span.stop_seconds <= len(given) / RATE for word in words)
    assert [one.lines and one.lines[0].text for one in model.transcribe(sounds[1:3])] == [
        one.lines and one.lines[0].text for one in heard[1:3]
    ]


def test_the_language_is_one_that_the_model_knows(tiny: WhisperModel, lines_only: WhisperModel) -> None:
    known = {language_tag(name) for name in LANGUAGES}
    assert {one.language for one in tiny.transcribe([sound(2), sound(3, 1)])} <= known
    assert {one.language for one in lines_only.transcribe([sound(2)])} == {"en"}
    assert language_tag("jw") == "jv"


def test_cancelling_stops_before_the_next_token(tiny: WhisperModel) -> None:
    asked: list[int] = []

    def is_cancelled() -> bool:
        asked.append(1)
        return len(asked) >= 3

    with pytest.raises(GenerationCancelledError):
        tiny.transcribe([sound(5)], is_cancelled=is_cancelled)
    assert len(asked) == 3
    assert tiny.transcribe([sound(5)]), "the next request is served"


def test_a_sound_that_is_too_long_is_refused(tiny: WhisperModel) -> None:
    with pytest.raises(ValueError, match="30 s"):
        tiny.transcribe([sound(31)])


def test_the_name_is_known_without_loading(checkpoint: Path, tiny: WhisperModel) -> None:
    assert transformers_weights_name(str(checkpoint), kind=SPEECH) == tiny.name != ""
    assert tiny.name.startswith("tiny-whisper ")


@pytest.mark.parametrize(
    "missing", ["config.json", "model.safetensors", "tokenizer_config.json", "generation_config.json"]
)
def test_an_incomplete_directory_says_what_to_do(checkpoint: Path, tmp_path: Path, missing: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint, copy)
    (copy / missing).unlink()
    with pytest.raises(ModelBrokenError, match="speech model") as caught:
        load_whisper(str(copy), device="cpu")
    assert "give" in str(caught.value)


def test_broken_weights_are_a_model_error(checkpoint: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(checkpoint, copy)
    (copy / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(ModelBrokenError):
        load_whisper(str(copy), device="cpu")


def test_absent_weights_and_devices_are_typed(
    monkeypatch: pytest.MonkeyPatch, checkpoint: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelMissingError, match="speech model"):
        load_whisper(str(tmp_path / "none"), device="cpu")
    with pytest.raises(SettingsError):
        load_whisper(str(checkpoint), device="cuda:99")
    monkeypatch.setattr("indexer.models.weights.hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelMissingError, match="HF_HUB_OFFLINE"):
        load_whisper("nobody/no-such-whisper", device="cpu")


def test_lines_lie_between_their_time_stamps(tiny: WhisperModel) -> None:
    tokenizer, config = tiny._processor.tokenizer, tiny._model.generation_config
    reader = TokenReader(tokenizer, config)
    first = config.no_timestamps_token_id + 1
    (one,), (two,) = tokenizer.encode("a", add_special_tokens=False), tokenizer.encode("b", add_special_tokens=False)
    ids = [first + 10, one, one, first + 100, first + 100, two, first + 250, first + 400, two, first + 450]
    spoken = SpokenTokens(ids, [-0.5] * len(ids))
    found = [(line.ids, line.start_seconds, line.stop_seconds) for line in reader.lines(spoken, 3.0)]
    assert found == [((one, one), pytest.approx(0.2), pytest.approx(2.0)), ((two,), pytest.approx(2.0), 3.0)], (
        "the last line begins after the end of the sound: it was invented"
    )
    cut_off = SpokenTokens([first, one], [-0.1, -0.3])
    assert [(line.stop_seconds, line.mean_log_probability) for line in reader.lines(cut_off, 1.5)] == [(1.5, -0.3)]


def test_the_cheapest_path_gives_the_start_of_each_token() -> None:
    costs = np.ones((4, 30))
    for token, (start, stop) in enumerate([(0, 5), (5, 6), (6, 20), (20, 30)]):
        costs[token, start:stop] = 0
    assert align_tokens(costs) == [0, 5, 6, 20]
