"""The speech model: every one keeps the contract, and real weights hear real speech as faster-whisper itself does."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from faster_whisper import WhisperModel, decode_audio

from indexer.errors import ModelBrokenError, ModelMissingError, SettingsError
from indexer.models.protocols import SpeechModel
from indexer.models.speech_recognizer import SpeechRecognizer, load_speech_model
from indexer.models.weights import speech_models
from indexer.models.weights.speech_models import OFFLINE_SPEECH_MODEL, find_speech_weights, speech_weights_name
from indexer.records import Samples16
from indexer.speech.voice_activity import find_speech
from tests.helpers.fakes_speech import FakeSpeechModel, said
from tests.helpers.media import shared_file

pytestmark = pytest.mark.thorough

RATE = 16_000


def recording(name: str) -> Samples16:
    return np.round(decode_audio(str(shared_file(f"speech/{name}"))) * 32768).clip(-32768, 32767).astype(np.int16)


@pytest.fixture(scope="module")
def directory() -> Path:
    return find_speech_weights(OFFLINE_SPEECH_MODEL).directory


@pytest.fixture(scope="module")
def real() -> SpeechRecognizer:
    return load_speech_model(OFFLINE_SPEECH_MODEL, device="cpu", threads=2)


@pytest.fixture(scope="module")
def batched(real: SpeechRecognizer, directory: Path) -> SpeechRecognizer:
    """As on a GPU, where windows are decoded together."""
    return SpeechRecognizer(real._model, find_speech_weights(OFFLINE_SPEECH_MODEL), batch_windows=4)


@pytest.fixture(params=["real", "batched", "fake"])
def model(request: pytest.FixtureRequest) -> SpeechModel:
    made: dict[str, Callable[[], SpeechModel]] = {
        "real": lambda: request.getfixturevalue("real"),
        "batched": lambda: request.getfixturevalue("batched"),
        "fake": lambda: FakeSpeechModel(
            lambda sound: [said("ask not what your country", 0.0, 3.0)] if np.abs(sound).max(initial=0) > 3000 else []
        ),
    }
    return made[request.param]()


def test_every_speech_model_keeps_the_contract(model: SpeechModel) -> None:
    assert isinstance(model, SpeechModel)
    assert model.name
    for silent in (np.zeros(0, np.int16), np.zeros(RATE // 100, np.int16), np.zeros(5 * RATE, np.int16)):
        assert list(model.transcribe(silent, find_speech(silent))) == []
    sound = recording("jfk.flac")
    heard = list(model.transcribe(sound, find_speech(sound), language="en", hotwords="fellow Americans"))
    assert "ask not what your country" in " ".join(line.text for line in heard).casefold()
    for line in heard:
        assert line.text and line.language == "en"
        assert line.mean_log_probability <= 0 <= line.no_speech_probability <= 1
        assert line.compression_ratio > 0
    words = [word for line in heard for word in line.words]
    starts = [word.start_seconds for word in words]
    assert starts == sorted(starts)
    assert all(0 <= word.start_seconds <= word.stop_seconds <= len(sound) / RATE for word in words)
    assert list(model.transcribe(sound, find_speech(sound), language="en", hotwords="fellow Americans")) == heard


@pytest.mark.parametrize("name", ["jfk.flac", "meeting_dev01.wav", "stereo_two_speakers.wav"])
def test_the_words_are_those_of_faster_whisper(real: SpeechRecognizer, directory: Path, name: str) -> None:
    vendor = WhisperModel(str(directory), device="cpu", compute_type="int8", cpu_threads=2)
    sound = recording(name)
    segments, _ = vendor.transcribe(
        sound.astype(np.float32) / 32768, temperature=0.0, vad_filter=True, word_timestamps=True
    )
    theirs = [(word.word, word.start, word.end) for segment in segments for word in segment.words or ()]
    heard = [word for line in real.transcribe(sound, find_speech(sound)) for word in line.words]
    ours = [(word.text, word.start_seconds, word.stop_seconds) for word in heard]
    assert [text for text, _, _ in ours] == [text for text, _, _ in theirs]
    assert [time for _, *times in ours for time in times] == pytest.approx([t for _, *ts in theirs for t in ts])


def test_hotwords_are_heard(real: SpeechRecognizer) -> None:
    sound = recording("hotwords.mp3")
    assert "ComfyUI" not in "".join(line.text for line in real.transcribe(sound, find_speech(sound)))
    assert "ComfyUI" in "".join(line.text for line in real.transcribe(sound, find_speech(sound), hotwords="ComfyUI"))


def test_a_language_that_the_model_does_not_know_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"'de'.*it knows: en"):
        load_speech_model(OFFLINE_SPEECH_MODEL, device="cpu", language="de")


def test_the_name_is_known_without_loading(real: SpeechRecognizer, directory: Path, tmp_path: Path) -> None:
    assert speech_weights_name(OFFLINE_SPEECH_MODEL) == real.name
    assert real.name.startswith("whisper-tiny.en 1a5afae06a4d faster-whisper ")
    copy = Path(shutil.copytree(directory, tmp_path / "my-whisper"))
    assert speech_weights_name(str(copy)).startswith("my-whisper ")
    assert speech_weights_name(str(copy)) == load_speech_model(str(copy), device="cpu").name
    assert speech_weights_name("nobody/no-such-whisper") == ""


@pytest.mark.parametrize("missing", speech_models.NEEDED_FILES)
def test_an_incomplete_directory_says_what_is_missing(directory: Path, tmp_path: Path, missing: str) -> None:
    copy = Path(shutil.copytree(directory, tmp_path / "copy"))
    (copy / missing).unlink()
    with pytest.raises(ModelBrokenError, match=missing):
        load_speech_model(str(copy), device="cpu")


def test_a_model_in_the_format_of_transformers_is_told_how_to_be_converted(tmp_path: Path) -> None:
    folder = tmp_path / "whisper-base"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_bytes(b"{}")
    with pytest.raises(ModelBrokenError, match=f"ct2-transformers-converter --model {folder}"):
        find_speech_weights(str(folder))


def test_a_hub_repository_of_another_format_is_refused_before_it_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    from indexer.models.weights import hub

    sizes = {"config.json": 1, "model.safetensors": 290_000_000, "tokenizer.json": 1}
    monkeypatch.setattr(hub, "_file_sizes", lambda repository: sizes)
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    told: list[str] = []
    with pytest.raises(ModelBrokenError, match="Systran/faster-whisper-small"):
        find_speech_weights("openai/whisper-base", announce=told.append)
    assert told == []


def test_broken_weights_are_a_model_error(directory: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(directory, tmp_path / "copy"))
    (copy / "model.bin").write_bytes(b"\0" * 100)
    with pytest.raises(ModelBrokenError, match="cannot be loaded"):
        load_speech_model(str(copy), device="cpu")


def test_the_package_is_used_only_if_it_holds_the_published_files() -> None:
    package = speech_models.OFFLINE_SPEECH_PACKAGE
    other = replace(package, files={**package.files, "config.json": "0" * 64})
    with pytest.raises(ModelBrokenError, match=r"config\.json is not the file of Systran/faster-whisper-tiny\.en"):
        other.find()
    with pytest.raises(ModelMissingError, match=r"no-such-package is not installed.*reelseek\[offline"):
        replace(package, package="no-such-package").find()


def test_absent_weights_and_devices_are_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="speech model"):
        load_speech_model(str(tmp_path / "none"), device="cpu")
    with pytest.raises(SettingsError):
        load_speech_model(OFFLINE_SPEECH_MODEL, device="cuda:99")
    monkeypatch.setattr("indexer.models.weights.hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelMissingError, match="HF_HUB_OFFLINE"):
        load_speech_model("nobody/no-such-whisper", device="cpu")
