"""What `status` says of each signal: there, still to be made, missing with the way to add it, or not asked for."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli.main import main
from indexer.catalog import STAGES, StageName
from indexer.config import Settings
from indexer.models.loading import Models
from indexer.pipeline.index import index_paths
from indexer.pipeline.readiness import Readiness, readiness, reranker_readiness
from indexer.records import StageFailure, Video

pytestmark = pytest.mark.slow

MADE: dict[StageName, int] = {"picture": 3, "subtitles": 3, "screen_text": 2}
VIDEOS = [
    Video(
        str(number), ("a.mp4",), 0, (0,), 1.0, None, {stage: "made" for stage, count in MADE.items() if number < count}
    )
    for number in range(3)
]


def of(stage: StageName, *, failed: int = 0, **values: object) -> Readiness:
    settings = Settings(**{"models": "demo", **values})  # pyright: ignore[reportArgumentType]
    videos = [
        replace(video, stage_failures={stage: StageFailure("unexpected", "a reason", "software")} if n < failed else {})
        for n, video in enumerate(VIDEOS[::-1])
    ]
    found = {one.stage: one for one in readiness(settings, videos)}
    assert tuple(found) == STAGES
    return found[stage]


def test_what_is_there_needs_no_words() -> None:
    assert of("picture") == Readiness("picture", "ready", 3, "", "")


def test_what_some_videos_lack_is_made_by_indexing_again() -> None:
    found = of("screen_text")
    assert (found.state, found.videos) == ("partial", 2)
    assert "reelseek index" in found.how and "--retry-failed" not in found.how


def test_what_failed_is_made_by_a_retry() -> None:
    found = of("screen_text", failed=1)
    assert (found.state, found.videos) == ("partial", 2)
    assert "failed in 1 of them" in found.why and "--retry-failed" in found.how


@pytest.mark.parametrize(
    ("stage", "values", "state", "how"),
    [
        ("picture", {"models": "text"}, "off", "--models"),
        ("picture", {"clip_model": "/nowhere/clip"}, "missing", "--clip-model"),
        ("subtitles", {"text_model": "/nowhere/text"}, "missing", "--text-model"),
        ("screen_text", {"screen_text": False}, "off", "--screen-text"),
        ("speech", {}, "off", "--speech-model"),
        ("speech", {"speech": False, "speech_model": "/nowhere/whisper"}, "off", "--speech"),
        ("speech", {"speech_model": "/nowhere/whisper"}, "missing", "--speech-model"),
        ("speech", {"speech_model": "nobody/no-such-whisper"}, "missing", "--speech-model"),
        ("captions", {"captions": False}, "off", "--captions"),
        ("captions", {"models": "text"}, "off", "--vision-language-model"),
        ("captions", {"vision_language_model": "/nowhere/vlm"}, "missing", "--vision-language-model"),
    ],
)
def test_each_signal_that_is_not_there_says_how_to_add_it(
    stage: StageName, values: dict[str, object], state: str, how: str
) -> None:
    found = of(stage, **values)
    assert (found.state, how in found.how) == (state, True)
    assert found.why


def test_without_the_reader_of_text_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = of("screen_text")
    assert (found.state, "rapidocr" in found.how) == ("missing", True)


def test_a_speech_model_that_is_here_lacks_only_the_work(tmp_path: Path) -> None:
    assert of("speech", speech_model="whisper-tiny.en").state == "partial"


def test_status_tells_it_as_text_and_as_json(
    world: Path, models: Models, settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    absent = str(tmp_path / "no-whisper")
    index_paths([world], settings=settings_for(speech_model=absent), models=models)
    library = ["status", "--library", str(tmp_path / "library")]
    told = json.loads(CliRunner().invoke(main, [*library, "--json"]).stdout)
    states = {one["stage"]: one for one in told["signals"]}
    assert states["picture"]["state"] == "ready"
    assert states["speech"]["state"] == "missing"
    assert "no-whisper" in states["speech"]["why"] and "--speech-model" in states["speech"]["how"]
    text = " ".join(CliRunner().invoke(main, library).stdout.split())
    assert "speech, missing" in text and "--speech-model" in text


def test_it_is_told_whether_what_is_found_is_read_again(tmp_path: Path) -> None:
    def state(**values: object) -> tuple[str, str]:
        found = reranker_readiness(Settings(**values))  # pyright: ignore[reportArgumentType]
        return found.state, found.how

    assert state(models="demo") == ("ready", "")
    assert state(models="text")[0] == "off"
    assert "--reranker-model" in state(models="text")[1]
    assert state(models="demo", rerank=False) == ("off", "search with --rerank")
    assert state(models="demo", reranker_model=str(tmp_path / "gone"))[0] == "missing"
    assert "reelseek search" in state(models="standard", reranker_model="nobody/it")[1]
