"""Questions about recordings without pictures: answered from what is said in them, beside videos or alone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.errors import QueryError
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from indexer.models.vision_language import frames_of
from indexer.pipeline.index import index_paths
from indexer.records import TimeSpan
from search.answering.asker import Asker
from search.engine import SearchEngine
from tests.helpers.fakes_text import FakeTextModel
from tests.helpers.fakes_vlm import FakeVisionLanguageModel, words_of
from tests.helpers.media import write_video
from tests.helpers.media_sound import synthetic_voice, write_recording

pytestmark = pytest.mark.slow

SAID = "The lighthouse keeper counts four lanterns."


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answers")
    write_recording(folder / "diary.mp3", synthetic_voice(20, [(3, 6)]), sound_codec="libmp3lame")
    (folder / "diary.srt").write_text(f"1\n00:00:03,000 --> 00:00:06,000\n{SAID}\n")
    write_video(folder / "film.mp4", range(0, 8000, 200))
    (folder / "film.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nA lighthouse and its lanterns.\n")
    settings = Settings(library=str(folder / "library"), models="text", screen_text=False)
    index_paths([folder], settings=settings, models=models())
    return folder / "library"


def models() -> Models:
    return Models(PROFILES["text"], None, FakeTextModel())


@pytest.fixture
def model() -> FakeVisionLanguageModel:
    moment = {"clip": 1, "start": 3.0, "stop": 6.0, "why": "the keeper counts them"}
    return FakeVisionLanguageModel(lambda prompt: json.dumps({"answer": "Four.", "found": True, "moments": [moment]}))


@pytest.fixture
def asker(library: Path, model: FakeVisionLanguageModel) -> Iterator[Asker]:
    settings = Settings(models="text", vision_language_model="given")
    with SearchEngine.open(library, settings=settings, load=lambda settings: models()) as engine:
        yield Asker(engine, settings, load=lambda settings: model)


def test_the_model_is_shown_what_is_said_and_no_pictures(asker: Asker, model: FakeVisionLanguageModel) -> None:
    answer = asker.ask("How many lanterns does the lighthouse keeper count?", video="diary.mp3")
    assert (answer.found, answer.answer) == (True, "Four.")
    (cited,) = answer.moments
    assert (Path(cited.video).name, cited.span) == ("diary.mp3", TimeSpan(3.0, 6.0))
    assert (answer.evidence.clips, answer.evidence.frames) == (1, 0)
    (prompt,) = model.prompts
    assert SAID in words_of(prompt)
    assert not frames_of(prompt)


def test_recordings_and_videos_answer_together(asker: Asker, model: FakeVisionLanguageModel) -> None:
    answer = asker.ask("Is there a lighthouse with lanterns?")
    assert {Path(asker.engine.library.video(one).path).name for one, _ in answer.shown} == {"diary.mp3", "film.mp4"}
    assert answer.evidence.frames > 0 and not answer.warnings
    assert frames_of(model.prompts[-1])


def test_a_recording_that_is_gone_still_answers(asker: Asker, library: Path) -> None:
    file = library.parent / "diary.mp3"
    moved = file.rename(file.with_suffix(".gone"))
    try:
        assert asker.ask("How many lanterns does the keeper count?", video="diary.mp3").found
    finally:
        moved.rename(file)


def test_a_summary_rests_on_what_is_said(asker: Asker, model: FakeVisionLanguageModel) -> None:
    answer = asker.ask("Summarize this video", video="diary.mp3")
    assert answer.found
    assert SAID in words_of(model.prompts[0])


def test_what_needs_pictures_says_so(asker: Asker) -> None:
    with pytest.raises(QueryError, match=r"diary\.mp3 has no pictures"):
        asker.pinpoint("lanterns", video="diary.mp3", span=TimeSpan(3, 6))
    with pytest.raises(QueryError, match=r"diary\.mp3 has no pictures"):
        asker.ask("How many lanterns?", video="diary.mp3", retrieval=False)
    spread = asker.ask("How many lanterns?", retrieval=False)
    assert {Path(asker.engine.library.video(one).path).name for one, _ in spread.shown} == {"film.mp4"}
