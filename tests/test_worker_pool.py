"""The pool of an engine: what becomes of jobs when workers die, see no file, never come, or are stopped."""

import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from indexer.errors import EngineError, ModelUnreachableError, WorkerLostError
from indexer.pipeline.engines.messages import Answer, FileNotSeen, JobOrder, JobResult, RunStopped
from indexer.pipeline.engines.worker import WorkerDiedError
from indexer.pipeline.engines.worker_pool import MOST_STARTS, MOST_TRIES, WorkerPool
from indexer.pipeline.events import IndexEvent, StageProgress, VideoWarned
from indexer.pipeline.plan import Job
from indexer.pipeline.scan import FoundFile
from tests.helpers.fakes_engine import Answers, FakeWorker

RESULT = JobResult(None, (), None, (), (), None, {}, 0, b"")


def makes_all(worker: FakeWorker, order: JobOrder) -> Generator[Answer]:
    yield StageProgress(order.job.files[0].path.name, "picture", 1.0, 2.0)
    yield RESULT


class Pool:
    """A run of a pool over files `0`, `1` and so on."""

    def __init__(self, folder: Path, answer: Answers, *, jobs: int = 6, size: int = 3, place_seconds: float = 60):
        self.workers: list[FakeWorker] = []
        self.events: list[IndexEvent] = []
        self.cancel = threading.Event()
        self.make_worker: Callable[[int], FakeWorker] = lambda number: FakeWorker(number, answer)
        for name in range(jobs):
            (folder / str(name)).touch()
        files = [FoundFile(path, 0, path.stat().st_mtime_ns) for path in sorted(folder.iterdir())]
        self.pool = WorkerPool(
            [Job((file,), "", None, ("picture",)) for file in files],
            start=self._start,
            size=size,
            order_of=JobOrder,
            emit=self.events.append,
            cancel=self.cancel,
            place_seconds=place_seconds,
        )

    def _start(self) -> FakeWorker:
        self.workers.append(self.make_worker(len(self.workers)))
        return self.workers[-1]

    def outcomes(self) -> dict[str, object]:
        """File name -> what became of it; each once."""
        found = [made for made in self.pool.results() if made is not None]
        names = [made.job.files[0].path.name for made in found]
        assert len(set(names)) == len(names)
        assert all(worker.killed.is_set() for worker in self.workers)
        return dict(zip(names, (made.outcome for made in found), strict=True))


def test_every_job_comes_out_once_with_its_progress(tmp_path: Path) -> None:
    pool = Pool(tmp_path, makes_all)
    assert pool.outcomes() == dict.fromkeys("012345", RESULT)
    assert {event.path for event in pool.events if isinstance(event, StageProgress)} == set("012345")
    assert 1 <= len(pool.workers) <= 3


def test_the_job_of_a_worker_that_dies_goes_to_another_one(tmp_path: Path) -> None:
    died: list[int] = []

    def dies_once(worker: FakeWorker, order: JobOrder) -> Generator[Answer]:
        if order.job.files[0].path.name == "2" and not died:
            died.append(worker.number)
            raise WorkerDiedError("its machine died")
        yield from makes_all(worker, order)

    pool = Pool(tmp_path, dies_once)
    assert pool.outcomes() == dict.fromkeys("012345", RESULT)
    makers = {worker.number for worker in pool.workers if "2" in worker.orders}
    assert len(makers) == 2 and makers > {*died}


def test_a_video_that_kills_every_worker_fails_alone(tmp_path: Path) -> None:
    def dies(worker: FakeWorker, order: JobOrder) -> Generator[Answer]:
        if order.job.files[0].path.name == "1":
            raise WorkerDiedError(f"the worker on {worker.place} was killed since its machine lacks memory")
        yield from makes_all(worker, order)

    pool = Pool(tmp_path, dies)
    outcomes = pool.outcomes()
    failed = outcomes.pop("1")
    assert outcomes == dict.fromkeys("02345", RESULT)
    assert isinstance(failed, WorkerLostError)
    assert str(tmp_path / "1") in str(failed) and "lacks memory" in str(failed)
    assert sum("1" in worker.orders for worker in pool.workers) == MOST_TRIES


def test_a_worker_that_sees_no_file_is_sent_no_more_and_others_make_them(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def first_is_blind(worker: FakeWorker, order: JobOrder) -> Generator[Answer]:
        if len(worker.orders) == 1:
            both.wait(30)
        yield FileNotSeen("No such file or directory") if worker.number == 0 else RESULT

    pool = Pool(tmp_path, first_is_blind, size=2)
    assert pool.outcomes() == dict.fromkeys("012345", RESULT)
    assert len(pool.workers) == 2 and len(pool.workers[0].orders) == 1
    (warned,) = [event for event in pool.events if isinstance(event, VideoWarned)]
    assert "machine 0 does not see it" in warned.warning and "under the same path" in warned.warning


def test_a_file_that_no_worker_sees_fails_and_says_why(tmp_path: Path) -> None:
    def blind_to_one(worker: FakeWorker, order: JobOrder) -> Generator[Answer]:
        yield FileNotSeen("Permission denied") if order.job.files[0].path.name == "3" else RESULT

    outcomes = Pool(tmp_path, blind_to_one, size=1).outcomes()
    failed = outcomes.pop("3")
    assert outcomes == dict.fromkeys("01245", RESULT)
    assert isinstance(failed, WorkerLostError) and "Permission denied" in str(failed)


def test_workers_that_never_start_end_the_run(tmp_path: Path) -> None:
    pool = Pool(tmp_path, makes_all, size=2)
    pool.make_worker = lambda number: FakeWorker(number, makes_all, dies_at_start=True)
    with pytest.raises(EngineError, match=r"no worker is left: the worker on machine .* died"):
        pool.outcomes()
    assert len(pool.workers) == 2 * MOST_STARTS


def test_a_place_without_a_machine_holds_nobody_up(tmp_path: Path) -> None:
    pool = Pool(tmp_path, makes_all, size=2)
    pool.make_worker = lambda number: FakeWorker(number, makes_all, is_there=number == 0)
    assert pool.outcomes() == dict.fromkeys("012345", RESULT)


def test_without_any_machine_the_run_ends(tmp_path: Path) -> None:
    pool = Pool(tmp_path, makes_all, size=2, place_seconds=0.1)
    pool.make_worker = lambda number: FakeWorker(number, makes_all, is_there=False)
    with pytest.raises(EngineError, match="no machine took a worker"):
        pool.outcomes()


def test_what_concerns_the_run_ends_it(tmp_path: Path) -> None:
    def cannot(worker: FakeWorker, order: JobOrder) -> Generator[Answer]:
        yield RunStopped(ModelUnreachableError("no server there"))

    with pytest.raises(ModelUnreachableError, match="no server there"):
        Pool(tmp_path, cannot).outcomes()


def test_a_cancelled_run_takes_what_its_workers_have_finished(tmp_path: Path) -> None:
    def waits_until_stopped(worker: FakeWorker, order: JobOrder) -> Generator[Answer]:
        pool.cancel.set()
        assert worker.stopped.wait(30)
        yield RESULT

    pool = Pool(tmp_path, waits_until_stopped, size=1)
    assert pool.outcomes() == {"0": RESULT}
