"""What workers make is what a local run makes: the same rows, failures, totals and events, whatever the workers meet.

The workers are in this process; everything else is real. Ray's own are tested in `tests/test_ray_engine.py`.
"""

import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.support.library_contents import contents, differences
from indexer.catalog import FIRST_STAGE
from indexer.config import Settings
from indexer.errors import EngineError
from indexer.pipeline.engines import job_runner
from indexer.pipeline.engines.engine import Engine
from indexer.pipeline.engines.messages import JobOrder
from indexer.pipeline.engines.worker import WorkerDiedError
from indexer.pipeline.events import IndexEvent, IndexFinished, StageFinished, StageProgress, VideoFailed
from indexer.pipeline.index import index_paths
from indexer.store.library import Library
from tests.helpers.fakes_engine import FakeEngine, FakeWorker

pytestmark = pytest.mark.slow

Make = Callable[..., Settings]


@pytest.fixture(scope="module")
def films(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world and two files that cannot be read; nobody changes it."""
    films = Path(shutil.copytree(world, tmp_path_factory.mktemp("engines") / "films"))
    (films / "broken.mp4").write_bytes(b"no film" * 1000)
    (films / "empty.mkv").write_bytes(b"")
    return films


@pytest.fixture
def own_films(films: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(films, tmp_path / "films"))


class Run:
    """Indexes the folder by an engine into a library of its own."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings

    def __call__(self, engine: Engine | None = None, **options: object) -> IndexFinished:
        self.events: list[IndexEvent] = []
        self.finished = index_paths(
            [self.folder],
            settings=self.settings,
            on_event=self.events.append,
            engine=engine,
            **options,  # pyright: ignore[reportArgumentType]
        )
        return self.finished

    def made(self) -> dict[str, object]:
        with Library.open(Path(self.settings.library)) as library:
            assert library.audit() == []
        return contents(Path(self.settings.library))

    def told(self) -> list[str]:
        """Events but for progress and times, sorted."""
        kept = [event for event in self.events if not isinstance(event, StageProgress | IndexFinished)]
        return sorted(repr(replace(one, wall_seconds=0.0) if isinstance(one, StageFinished) else one) for one in kept)


@pytest.fixture
def run(films: Path, settings_for: Make) -> Run:
    return Run(films, settings_for())


@pytest.fixture
def own_run(own_films: Path, settings_for: Make) -> Run:
    return Run(own_films, settings_for())


@pytest.fixture(scope="module")
def local_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("engines") / "local"


@pytest.fixture
def local(run: Run, local_library: Path) -> Run:
    """A local run over the same films, done once."""
    done = Run(run.folder, replace(run.settings, library=str(local_library)))
    done(retry_failed=True)
    return done


@pytest.fixture
def own_local(own_run: Run, tmp_path: Path) -> Run:
    """A local run over the films of the test, done."""
    done = Run(own_run.folder, replace(own_run.settings, library=str(tmp_path / "local")))
    done()
    return done


def test_the_library_the_events_and_the_totals_are_those_of_a_local_run(run: Run, tmp_path: Path) -> None:
    local = Run(run.folder, replace(run.settings, library=str(tmp_path / "local")))
    local()
    run(FakeEngine())
    assert differences(local.made(), run.made()) == []
    assert run.told() == local.told()
    assert replace(run.finished, seconds=0, stage_seconds={}) == replace(local.finished, seconds=0, stage_seconds={})
    assert run.finished.stage_seconds.keys() == local.finished.stage_seconds.keys()
    assert any(isinstance(event, StageProgress) for event in run.events)


@pytest.mark.thorough
def test_a_second_run_asks_no_worker(run: Run) -> None:
    run(FakeEngine())
    engine = FakeEngine()
    assert run(engine).skipped == 5
    assert engine.workers == []


@pytest.mark.thorough
def test_a_single_stage_is_made_from_what_the_library_has(own_local: Run, own_run: Run) -> None:
    own_run(FakeEngine())
    for film in own_run.folder.glob("*.mp4"):
        film.with_suffix(".en.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nOther words\n")
    own_local()
    own_run(FakeEngine())
    assert {event.stage for event in own_run.events if isinstance(event, StageFinished)} == {"subtitles"}
    assert differences(own_local.made(), own_run.made()) == []


@pytest.mark.thorough
def test_pictures_that_come_later_leave_the_texts_as_a_local_run_does(
    films: Path, clip_checkpoint: Path, settings_for: Make, tmp_path: Path
) -> None:
    without = settings_for(models="text", clip_model="", speech=False)
    run, local = Run(films, without), Run(films, replace(without, library=str(tmp_path / "local")))
    run(FakeEngine()), local()
    for one in (run, local):
        one.settings = replace(one.settings, clip_model=str(clip_checkpoint))
    run(FakeEngine()), local()
    assert differences(local.made(), run.made()) == []
    assert run.told() == local.told()


@pytest.mark.thorough
def test_a_video_that_breaks_leaves_the_library_as_a_local_run_does(own_local: Run, own_run: Run) -> None:
    own_run(FakeEngine())
    film = next(iter(sorted(own_run.folder.glob("*.mp4"))))
    film.write_bytes(film.read_bytes()[:200])
    own_local()
    own_run(FakeEngine())
    assert differences(own_local.made(), own_run.made()) == []
    assert own_run.told() == own_local.told()


def test_workers_that_die_cost_no_row(local: Run, run: Run) -> None:
    seen: set[str] = set()

    def die_at_first_sight(worker: FakeWorker, order: JobOrder) -> None:
        name = order.job.files[0].path.name
        if name not in seen:
            seen.add(name)
            raise WorkerDiedError(f"the worker on {worker.place} died")

    run(FakeEngine(tamper=die_at_first_sight))
    assert differences(local.made(), run.made()) == []


@pytest.mark.thorough
def test_what_no_worker_could_make_is_not_recorded_and_made_by_the_next_run(local: Run, run: Run) -> None:
    film = sorted(run.folder.glob("*.mp4"))[1]

    def die_of_one(worker: FakeWorker, order: JobOrder) -> None:
        if order.job.files[0].path == film:
            raise WorkerDiedError(f"the worker on {worker.place} died")

    finished = run(FakeEngine(tamper=die_of_one))
    failed = [event for event in run.events if isinstance(event, VideoFailed) and event.kind == "worker"]
    assert [event.path for event in failed] == [str(film)]
    assert finished.failed == 3
    run(FakeEngine())
    assert differences(local.made(), run.made()) == []


@pytest.mark.thorough
def test_a_file_that_disappears_before_its_turn_is_told_as_in_a_local_run(own_run: Run) -> None:
    film = sorted(own_run.folder.glob("*.mp4"))[-1]
    finished = own_run(FakeEngine(tamper=lambda worker, order: film.unlink(missing_ok=True)))
    kinds = {event.path: event.kind for event in own_run.events if isinstance(event, VideoFailed)}
    assert kinds[str(film)] == "vanished" and finished.failed == 3
    assert str(film) not in {video.path for video in _videos(own_run)}


@pytest.mark.thorough
def test_a_stopped_run_keeps_what_is_finished_and_the_next_one_does_the_rest(local: Run, run: Run) -> None:
    cancel = threading.Event()

    def stop_at_second(worker: FakeWorker, order: JobOrder) -> None:
        if len(worker.orders) == 2:
            cancel.set()

    finished = run(FakeEngine(size=1, tamper=stop_at_second), cancel=cancel)
    assert finished.interrupted
    made = [video for video in _videos(run) if FIRST_STAGE in video.stages]
    assert len(made) < 3
    run(FakeEngine())
    assert differences(local.made(), run.made()) == []


def test_other_software_on_a_worker_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_runner, "running_software", lambda: "reelseek 0.0.1 beef")
    with pytest.raises(EngineError, match=r"reelseek 0\.0\.1 beef.*install the same"):
        run(FakeEngine())


@pytest.mark.thorough
def test_unexpected_failures_bring_their_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.pipeline.stages.picture.rows_of_pending_video", lambda *given: 1 // 0)
    run(FakeEngine())
    with Library.open(Path(run.settings.library)) as library:
        log = Path(library.failure_log).read_text()
    assert log.count("ZeroDivisionError") >= 3
    assert "reelseek-job" not in "".join(run.told())


def _videos(run: Run) -> list:
    with Library.open(Path(run.settings.library)) as library:
        return library.videos()
