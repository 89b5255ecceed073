"""Exceptions that nobody foresaw, in every stage of the catalog: each costs one stage of one video, and nothing else.

The models are stand-ins: what is tested is what becomes of their errors, not what they find.
"""

import errno
import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.service.views.videos import VideoViews
from indexer.catalog import FIRST_STAGE, STAGES, StageName
from indexer.config import Settings
from indexer.decode.child import DecodeChild
from indexer.decode.protocol import DecodeRequest
from indexer.errors import DeviceMemoryError
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from indexer.pipeline.commits import Commits
from indexer.pipeline.events import IndexEvent, StageFinished, StageLeftOut
from indexer.pipeline.failure_log import MAX_BYTES, FailureLog
from indexer.pipeline.index import index_paths
from indexer.store.folder import LibraryFolder
from indexer.store.library import Library
from indexer.subtitles.sidecar_names import SidecarFiles
from tests.helpers.faulty_run import NAMES, FaultyRun, draw_films

pytestmark = pytest.mark.thorough

STAGE_MODULES = "indexer.pipeline.stages"
ERRORS: dict[str, Exception] = {"b": ValueError("a shape that nobody foresaw"), "c": MemoryError("too little")}
"""The videos that fail, and how; they lie between two that do not."""
OTHERS: dict[str, Exception] = {"b": OSError(errno.EIO, "a bad block"), "c": DeviceMemoryError("no memory there")}
WHOLE = {name: set(STAGES) for name in NAMES}


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    draw_films(folder)
    return folder


@pytest.fixture
def run(films: Path, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> FaultyRun:
    """Without a library yet."""
    module = f"{STAGE_MODULES}.screen_text_worker"
    monkeypatch.setattr(f"{module}.ScreenTextReader", lambda **given: None)
    monkeypatch.setattr(f"{module}.read_changed_frames", lambda frames, **given: list(frames)[:0])
    settings = settings_for(screen_text=True, captions=True, speech_model="given", speech_beside_subtitles=True)
    return FaultyRun(films, settings)


@pytest.fixture
def indexed(run: FaultyRun, tmp_path_factory: pytest.TempPathFactory, films: Path) -> FaultyRun:
    """With a library in which everything is made."""
    kept = films.parent / "indexed films"
    if not kept.exists():
        run()
        assert run.made() == WHOLE
        shutil.copytree(run.settings.library, kept)
    else:
        shutil.copytree(kept, run.settings.library)
    return run


Arm = Callable[[FaultyRun, pytest.MonkeyPatch], None]


def calling(name: str) -> Arm:
    """A point where a function is called with a video: by its path, its row, its job, or its sidecars."""

    def arm(run: FaultyRun, monkeypatch: pytest.MonkeyPatch) -> None:
        module, _, function = f"{STAGE_MODULES}.{name}".rpartition(".")
        real = getattr(importlib.import_module(module), function)

        def strike_or_call(*given: Any, **named: Any) -> Any:
            run.fault.strike(name_of(given[0]))
            return real(*given, **named)

        monkeypatch.setattr(f"{module}.{function}", strike_or_call)

    return arm


def name_of(value: Any) -> str:
    while not isinstance(value, Path):
        if isinstance(value, SidecarFiles):
            value = value.read[0]
        else:
            value = value.job.files[0].path if hasattr(value, "job") else Path(value.video.path)
    return value.stem


def running(model: str) -> Arm:
    """A point inside a model, in a batch that spans videos; see `FaultyRun.failing`."""

    def arm(run: FaultyRun, monkeypatch: pytest.MonkeyPatch) -> None:
        run.failing = model

    return arm


def committing(stage: StageName) -> Arm:
    """The point that each stage passes, whatever it does: the rows of a video are queued."""

    def arm(run: FaultyRun, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Commits.add

        def add(self: Commits, video: Any, finished: Any, **given: Any) -> None:
            if any(name == stage for name, _, _ in finished):
                run.fault.strike(Path(video.path).stem)
            real(self, video, finished, **given)

        monkeypatch.setattr(Commits, "add", add)

    return arm


POINTS: dict[tuple[StageName, str], Arm] = {
    ("picture", "decoding"): calling("picture_worker.open_video"),
    ("picture", "embedding"): running("picture"),
    ("picture", "cutting"): calling("picture.rows_of_pending_video"),
    ("subtitles", "reading"): calling("subtitles.collect_subtitles"),
    ("subtitles", "embedding"): running("text Words"),
    ("screen_text", "decoding"): calling("screen_text_worker.open_video"),
    ("screen_text", "collecting"): calling("screen_text_worker._texts_of"),
    ("speech", "decoding"): calling("speech_worker.open_audio"),
    ("speech", "transcribing"): running("speech"),
    ("speech", "embedding"): running("text Saying"),
    ("captions", "decoding"): calling("caption_worker.open_video"),
    ("captions", "describing"): running("captions"),
    ("captions", "embedding"): running("text Showing"),
}


def without(stage: StageName) -> dict[str, set[StageName]]:
    """What is made when the videos that are to fail miss a stage. Without its pictures, a video has nothing."""
    left = set[StageName]() if stage == FIRST_STAGE else set(STAGES) - {stage}
    return {name: left if name in ERRORS else set(STAGES) for name in NAMES}


def check_listed(run: FaultyRun, stage: StageName) -> None:
    """`status` names the videos, the stage, the reasons and the log with the tracebacks."""
    status = run.status()
    log, told = Path(status["failure_log"]).read_text(), run.command("status").stdout
    assert status["failure_log"] in told
    failures = {Path(one["video"]).stem: one for one in status["failures"]}
    assert set(failures) == set(run.fault.errors) and len(status["failures"]) == len(failures)
    for name, error in run.fault.errors.items():
        assert (failures[name]["stage"], failures[name]["kind"]) == (stage, "unexpected")
        assert f"unexpected {type(error).__name__}: {error}" in failures[name]["reason"]
        assert f"{name}.mp4: unexpected {type(error).__name__}" in told
        assert f"{stage} of {run.films / name}.mp4\nTraceback" in log and f"{type(error).__name__}: {error}" in log


@pytest.mark.parametrize("stage", STAGES)
def test_whatever_stage_fails_costs_itself_alone_and_a_new_version_heals_it(
    run: FaultyRun, monkeypatch: pytest.MonkeyPatch, stage: StageName
) -> None:
    committing(stage)(run, monkeypatch)
    run.fault.errors = ERRORS
    finished = run()
    assert (finished.failed, finished.failed_stages) == ((2, 0) if stage == FIRST_STAGE else (0, 2))
    assert run.made() == without(stage)
    check_listed(run, stage)
    assert run().skipped == 4 and run.fault.raised == 2, "the same software is not tried again"
    run.fault.errors = {}
    monkeypatch.setattr("indexer.pipeline.fingerprints.running_software", lambda: "the next version")
    assert run().indexed == 2
    assert run.made() == WHOLE
    assert run.status()["failures"] == []


@pytest.mark.parametrize(("stage", "point"), POINTS)
def test_wherever_a_stage_fails_it_costs_itself_alone_and_a_retry_heals_it(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, stage: StageName, point: str
) -> None:
    run: FaultyRun = request.getfixturevalue("run" if stage in {"picture", "subtitles"} else "indexed")
    if stage not in {"picture", "subtitles"}:
        run.forget(stage)
    POINTS[stage, point](run, monkeypatch)
    run.fault.errors = ERRORS
    run()
    assert run.made() == without(stage)
    check_listed(run, stage)
    run.fault.errors = OTHERS
    assert run().skipped == 4
    run(retry_failed=True)
    assert run.made() == without(stage)
    check_listed(run, stage)
    run.fault.errors = {}
    run(retry_failed=True)
    assert run.made() == WHOLE
    assert run.status()["failures"] == []


def test_every_stage_fails_at_a_point_of_its_own() -> None:
    assert {stage for stage, _ in POINTS} == set(STAGES), "a new stage needs one here"


@pytest.mark.parametrize("stage", ["screen_text", "speech", "captions"])
def test_a_decoder_that_dies_costs_the_stage_alone(
    indexed: FaultyRun, monkeypatch: pytest.MonkeyPatch, stage: StageName
) -> None:
    real = DecodeChild.send

    def die_and_send(self: DecodeChild, request: DecodeRequest) -> None:
        if Path(request.path).stem in ERRORS:
            self.process.kill()
            self.process.wait()
        real(self, request)

    indexed.forget(stage)
    with monkeypatch.context() as patch:
        patch.setattr(DecodeChild, "send", die_and_send)
        assert indexed().failed_stages == 2
    assert indexed.made() == without(stage)
    failures = indexed.status()["failures"]
    assert [(one["stage"], one["kind"]) for one in failures] == [(stage, "crashed")] * 2
    indexed(retry_failed=True)
    assert indexed.made() == WHOLE


def test_what_was_made_before_stays_when_it_cannot_be_made_anew(
    indexed: FaultyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{STAGE_MODULES}.picture.SEGMENTER_VERSION", "another segmenter")
    calling("picture.rows_of_pending_video")(indexed, monkeypatch)
    indexed.fault.errors = ERRORS
    finished = indexed()
    assert (finished.failed, finished.failed_stages) == (0, 2)
    assert indexed.made() == WHOLE
    check_listed(indexed, FIRST_STAGE)
    listed = indexed.command("videos", "--failed").stdout.splitlines()
    assert len(listed) == 2 and all("failed:picture" in line for line in listed)
    indexed.fault.errors = {}
    assert indexed(retry_failed=True).indexed == 2
    assert indexed.status()["failures"] == []


def test_a_stage_that_fails_as_a_whole_leaves_the_others_alone(
    indexed: FaultyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**given: Any) -> Any:
        raise RuntimeError("no engine today")

    indexed.forget("screen_text")
    indexed.forget("captions")
    with monkeypatch.context() as patch:
        patch.setattr(f"{STAGE_MODULES}.screen_text_worker.ScreenTextReader", refuse)
        assert indexed().failed_stages == 1
    (told,) = [event for event in indexed.events if isinstance(event, StageLeftOut)]
    assert told.stage == "screen_text" and "no engine today" in told.reason
    assert indexed.made() == {name: set(STAGES) - {"screen_text"} for name in NAMES}
    indexed()
    assert indexed.made() == WHOLE, "the next run tries again, without being told to"


@pytest.mark.parametrize("stage", [FIRST_STAGE, "captions"])
def test_a_stage_that_fails_for_many_in_a_row_goes_on_and_is_told(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, stage: StageName
) -> None:
    run: FaultyRun = request.getfixturevalue("run" if stage == FIRST_STAGE else "indexed")
    monkeypatch.setattr("indexer.pipeline.run_context.MANY_IN_A_ROW", 3)
    if stage != FIRST_STAGE:
        run.forget(stage)
    committing(stage)(run, monkeypatch)
    run.fault.errors = dict.fromkeys(NAMES, RuntimeError("no device today"))
    finished = run()
    assert run.fault.raised == 4
    assert finished.failing_stages == {stage: 4}


def test_a_success_between_failures_ends_the_row(indexed: FaultyRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.pipeline.run_context.MANY_IN_A_ROW", 2)
    indexed.forget("captions")
    committing("captions")(indexed, monkeypatch)
    indexed.fault.errors = {"a": ValueError(), "c": ValueError()}
    finished = indexed()
    assert (finished.failed_stages, finished.failing_stages) == (2, {})


def test_the_service_lists_what_failed_without_the_folders_of_this_machine(
    indexed: FaultyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexed.forget("speech")
    committing("speech")(indexed, monkeypatch)
    indexed.fault.errors = ERRORS
    indexed()
    with Library.open(Path(indexed.settings.library)) as library:
        service = SimpleNamespace(roots=(indexed.films,))
        runtime: Any = SimpleNamespace(
            library=library, service=service, upload_folder=Path("/uploads"), settings=indexed.settings
        )
        views = VideoViews(runtime)
        sound, failed = (views.view(library.find_video(name)) for name in ("a.mp4", "b.mp4"))
    assert (sound.state, sound.stage_failures) == ("ready", [])
    assert (failed.state, failed.failure) == ("partial", None)
    (failure,) = failed.stage_failures
    assert (failure.stage, failure.kind, failure.log) == ("speech", "unexpected", "failures.log")
    assert "ValueError" in failure.reason


def test_who_listens_to_the_events_may_fail_and_ends_the_run(run: FaultyRun) -> None:
    def hang_up(event: IndexEvent) -> None:
        if isinstance(event, StageFinished):
            raise BrokenPipeError(errno.EPIPE, "the reader is finished")

    with pytest.raises(BrokenPipeError, match="the reader is finished"):
        index_paths([run.films], settings=run.settings, models=Models(PROFILES["demo"], None, None), on_event=hang_up)


def test_the_log_keeps_the_newest_within_its_bound(tmp_path: Path) -> None:
    log = FailureLog(LibraryFolder(tmp_path))
    for number in range(60):
        log.write(f"captions of film {number}", ValueError("long " * 20_000))
    text = (tmp_path / "failures.log").read_text()
    assert len(text.encode()) <= MAX_BYTES
    assert text.startswith("=== ") and "captions of film 59" in text and "captions of film 0\n" not in text
    FailureLog(LibraryFolder(tmp_path / "no folder")).write("captions", ValueError())
