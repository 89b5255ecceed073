"""Speech as a stage of indexing: times, resuming, subtitles first, a missing model, and search by it."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.config import Settings
from indexer.errors import VideoError
from indexer.models.loading import Models
from indexer.models.transcript import TranscriptLine
from indexer.models.weights.speech_models import OFFLINE_SPEECH_MODEL, find_speech_weights
from indexer.pipeline.events import IndexEvent, StageFinished, StageLeftOut, VideoSkipped, VideoWarned
from indexer.pipeline.index import index_paths
from indexer.records import Samples16, TextRow
from indexer.store.library import Library
from search.answering.moment_texts import texts_in_moments
from search.engine import SearchEngine
from tests.helpers.fakes_speech import FakeSpeechModel, loud_spans, said
from tests.helpers.media import shared_file
from tests.helpers.media_sound import remuxed_talks, synthetic_voice, write_talkie
from tests.helpers.stand_in_models import light_models

pytestmark = pytest.mark.thorough

SPANS = [(2.0, 4.0), (8.0, 10.0)]
Heard = list[TranscriptLine]
LINES = ["The harbour is closed.", "Bring the red lantern."]


Line = Callable[[int, float, float], TranscriptLine]


def script(sound: Samples16, line: Line = lambda number, start, stop: said(LINES[number % 2], start, stop)) -> Heard:
    """Says a line wherever it is loud."""
    return [line(number, start, stop) for number, (start, stop) in enumerate(loud_spans(sound))]


def saying(text: str, **more: Any) -> Callable[[Samples16], Heard]:
    """Says this text wherever it is loud."""
    return lambda sound: script(sound, lambda number, start, stop: said(text, start, stop, **more))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for number, name in enumerate(("a.mp4", "b.mkv", "c.mp4")):
        sound = synthetic_voice(13 + number, SPANS)
        write_talkie(folder / name, range(0, 12_000 + 1000 * number, 200), given_sound=sound)
    return folder


@pytest.fixture
def films(drawn: Path, tmp_path: Path) -> Path:
    """Copies that a test may add to."""
    return Path(shutil.copytree(drawn, tmp_path / "films"))


@pytest.fixture
def models() -> Models:
    return light_models()


@pytest.fixture
def run(films: Path, models: Models, settings_for: Callable[..., Settings]) -> Callable[..., list[IndexEvent]]:
    def index(model: Any, *, cancel: threading.Event | None = None, **values: Any) -> list[IndexEvent]:
        events: list[IndexEvent] = []
        index_paths(
            [films],
            settings=settings_for(**({"speech_model": "given"} | values)),
            on_event=events.append,
            cancel=cancel,
            models=models,
            speech_model=model,
        )
        return events

    return index


def speech(library: Path) -> dict[str, list[TextRow]]:
    with Library.open(library) as opened:
        return {Path(video.path).name: opened.texts(video.video_id, "speech") for video in opened.videos()}


def made(events: list[IndexEvent]) -> list[str]:
    return [Path(event.path).name for event in events if isinstance(event, StageFinished) and event.stage == "speech"]


def test_what_is_heard_is_kept_with_its_times_and_language(
    run: Callable[..., list[IndexEvent]], tmp_path: Path
) -> None:
    fake = FakeSpeechModel(saying("The harbour is closed.", language="pt"))
    assert made(run(fake)) == ["a.mp4", "b.mkv", "c.mp4"]
    assert len(fake.sounds) == 3
    for rows in speech(tmp_path / "library").values():
        assert [row.text for row in rows] == ["The harbour is closed."] * 2
        assert [row.span.start_seconds for row in rows] == pytest.approx([start for start, _ in SPANS], abs=0.11)
        assert [row.span.stop_seconds for row in rows] == pytest.approx([stop for _, stop in SPANS], abs=0.11)
        assert {row.language for row in rows} == {"pt"}
        assert [[word.text.strip() for word in row.words] for row in rows] == ["The harbour is closed.".split()] * 2
        assert all(row.words[0].start_seconds == row.span.start_seconds for row in rows)
    with Library.open(tmp_path / "library") as library:
        assert library.audit() == []
    assert made(run(FakeSpeechModel(script))) == []


def test_language_and_words_reach_the_model_and_a_change_of_them_listens_anew(
    run: Callable[..., list[IndexEvent]], tmp_path: Path
) -> None:
    fake = FakeSpeechModel(script)
    words = tmp_path / "words.txt"
    words.write_text("Reelseek\nLanceDB\n")
    assert len(made(run(fake, speech_language="en", speech_words=str(words)))) == 3
    assert {tuple(given.values()) for given in fake.options} == {("en", "Reelseek LanceDB")}
    assert made(run(fake, speech_language="en", speech_words="Reelseek LanceDB")) == []
    assert len(made(run(fake, speech_language="de", speech_words="Reelseek LanceDB"))) == 3
    words.write_text("Reelseek\nQwen\n")
    assert len(made(run(fake, speech_language="de", speech_words=str(words)))) == 3


def test_a_video_in_which_nobody_speaks_loads_no_model(films: Path, run: Callable[..., list[IndexEvent]]) -> None:
    shutil.rmtree(films)
    write_talkie(films.parent / "films.mp4", range(0, 4000, 200), given_sound=synthetic_voice(4, []))
    films.mkdir()
    shutil.move(films.parent / "films.mp4", films / "silent.mp4")
    fake = FakeSpeechModel(script)
    assert made(run(fake)) == ["silent.mp4"]
    assert fake.sounds == []


def test_real_speech_is_the_same_at_the_same_times_in_every_container(
    models: Models, settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    speech_of = remuxed_talks(shared_file("speech/jfk.flac"), tmp_path / "talks")
    index_paths([tmp_path / "talks"], settings=settings_for(speech_model=OFFLINE_SPEECH_MODEL), models=models)
    rows = speech(tmp_path / "library")
    assert set(rows) == set(speech_of)
    for name, lag_seconds in speech_of.items():
        words = [word for row in rows[name] for word in row.words]
        text = "".join(word.text for word in words)
        assert "ask what you can do for your country" in text
        (start,) = [word.start_seconds for word in words if "ask" in word.text][1:]
        assert start - lag_seconds == pytest.approx(8.1, abs=0.3), name


def test_invented_text_does_not_reach_the_library(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    run(FakeSpeechModel(saying("Thanks for watching!", certainty=-1.3, no_speech=0.9)))
    assert set(map(len, speech(tmp_path / "library").values())) == {0}


def test_an_interrupted_run_goes_on_where_it_stopped(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    cancel = threading.Event()

    def stop_soon(sound: Samples16) -> Heard:
        if len(fake.sounds) > 1:
            cancel.set()
        return script(sound)

    fake = FakeSpeechModel(stop_soon)
    first = made(run(fake, cancel=cancel))
    second = made(run(FakeSpeechModel(script)))
    assert len(first) < 3
    assert sorted(first + second) == ["a.mp4", "b.mkv", "c.mp4"]
    assert all(len(rows) == 2 for rows in speech(tmp_path / "library").values())


def test_another_model_listens_anew(run: Callable[..., list[IndexEvent]]) -> None:
    run(FakeSpeechModel(script))
    assert len(made(run(FakeSpeechModel(script, "another fake")))) == 3


def test_a_video_with_subtitles_is_left_to_them_unless_told(
    run: Callable[..., list[IndexEvent]], films: Path, tmp_path: Path
) -> None:
    sidecar = films / "a.srt"
    sidecar.write_text("1\n00:00:02,000 --> 00:00:04,000\nThe harbour is closed.\n")
    fake = FakeSpeechModel(saying("The harbour is closed."))
    assert len(made(run(fake))) == 3
    assert len(fake.sounds) == 2
    found = speech(tmp_path / "library")
    assert (len(found["a.mp4"]), len(found["b.mkv"])) == (0, 2)
    assert made(run(fake)) == []

    assert "a.mp4" in made(run(fake, speech_beside_subtitles=True))
    (only,) = speech(tmp_path / "library")["a.mp4"]
    assert only.span.start_seconds == pytest.approx(8.0, abs=0.11), "the subtitle's own line is not there twice"

    run(fake)
    sidecar.unlink()
    assert "a.mp4" in made(run(fake))
    assert len(speech(tmp_path / "library")["a.mp4"]) == 2


def test_without_weights_everything_else_is_indexed(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    absent = str(tmp_path / "no-such-model")
    events = run(None, speech_model=absent)
    (told,) = [event for event in events if isinstance(event, StageLeftOut)]
    assert told.stage == "speech"
    assert "no-such-model" in told.reason and "--no-speech" in told.reason
    assert len([event for event in events if isinstance(event, StageFinished) and event.stage == "picture"]) == 3
    again = run(None, speech_model=absent)
    assert len([event for event in again if isinstance(event, VideoSkipped)]) == 3
    assert len([event for event in again if isinstance(event, StageLeftOut)]) == 1
    assert len(made(run(FakeSpeechModel(script)))) == 3, "it follows once the model is there"


def test_broken_weights_are_told_and_end_nothing_else(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(find_speech_weights(OFFLINE_SPEECH_MODEL).directory, tmp_path / "tiny"))
    (folder / "model.bin").write_bytes(b"\0" * 64)
    events = run(None, speech_model=str(folder))
    assert [event.stage for event in events if isinstance(event, StageLeftOut)] == ["speech"]
    assert made(events) == []


def test_speech_can_be_left_out_and_asked_of_a_profile_without_one(run: Callable[..., list[IndexEvent]]) -> None:
    fake = FakeSpeechModel(script)
    assert made(run(fake, speech=False)) == []
    events = run(None, speech=True, speech_model="")
    assert made(events) == [] and fake.sounds == []


def test_broken_sound_is_a_warning_of_its_video(
    run: Callable[..., list[IndexEvent]], films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **given: Any) -> Any:
        raise VideoError(f"{path}: no sound today")

    monkeypatch.setattr("indexer.pipeline.stages.speech_worker.open_audio", refuse)
    events = run(FakeSpeechModel(script))
    warned = [event for event in events if isinstance(event, VideoWarned)]
    assert len(warned) == 3 and all("speech was not written down" in event.warning for event in warned)
    assert len(made(events)) == 3, "it is not tried again as long as nothing changes"


def test_speech_is_searched_and_quoted(run: Callable[..., list[IndexEvent]], tmp_path: Path) -> None:
    run(FakeSpeechModel(saying("Bring the red lantern.")))
    with SearchEngine.open(tmp_path / "library", settings=Settings()) as engine:
        moments = engine.search("red lantern", signals=["speech_words"]).moments
        assert moments and all(set(moment.signals) == {"speech_words"} for moment in moments)
        assert moments[0].span.start_seconds == pytest.approx(3.0, abs=0.11), "where the words are said"
        assert texts_in_moments(engine.library, moments[:1]) == ["Bring the red lantern."]


_CHILD = """
import sys
from pathlib import Path
from indexer.config import Settings
from indexer.models.image_embedder import load_clip_model
from indexer.models.profiles import PROFILES
from indexer.models.loading import Models
from indexer.pipeline.index import index_paths
from tests.helpers.fakes_speech import FakeSpeechModel
from tests.helpers.stand_in_models import light_models
from tests.test_pipeline_speech import script
import time

films, library, clip = sys.argv[1:]

def slow(sound):
    print("heard", flush=True)
    time.sleep(0.5)
    return script(sound)

settings = Settings(library=library, models="demo", clip_model=clip, screen_text=False, captions=False, device="cpu",
                    speech_model="given")
index_paths([Path(films)], settings=settings, models=light_models(), speech_model=FakeSpeechModel(slow))
"""


def test_a_killed_run_leaves_each_video_as_it_was_or_complete(
    run: Callable[..., list[IndexEvent]], films: Path, tmp_path: Path, clip_checkpoint: Path
) -> None:
    root = Path(__file__).resolve().parent.parent
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(films), str(tmp_path / "library"), str(clip_checkpoint)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert child.stdout is not None
    for _ in range(2):
        assert child.stdout.readline() == b"heard\n"
    time.sleep(0.1)
    child.send_signal(signal.SIGKILL)
    child.wait()
    run(FakeSpeechModel(script))
    assert all(len(rows) == 2 for rows in speech(tmp_path / "library").values())
    with Library.open(tmp_path / "library") as library:
        assert library.audit() == []
