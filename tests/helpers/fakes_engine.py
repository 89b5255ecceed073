"""A fake cluster for tests of the engine's logic: its workers run in this process, and die when they are told to."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from indexer.models.loading import Models
from indexer.pipeline.engines.job_runner import JobRunner
from indexer.pipeline.engines.messages import Answer, JobOrder, WorkerSetup
from indexer.pipeline.engines.result_commits import ResultCommits, order_of
from indexer.pipeline.engines.worker import WorkerDiedError
from indexer.pipeline.engines.worker_pool import WorkerPool
from indexer.pipeline.fingerprints import running_software
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.base import Stage

_ONE_LIBRARY = threading.Lock()
"""Held by who writes: LanceDB's temporary folder is that of the process, and each library sets its own."""

Answers = Callable[["FakeWorker", JobOrder], Generator[Answer]]


@dataclass
class FakeWorker:
    """A worker that says what a function says."""

    number: int
    answer: Answers
    dies_at_start: bool = False
    is_there: bool = True
    stopped: threading.Event = field(default_factory=threading.Event)
    killed: threading.Event = field(default_factory=threading.Event)
    orders: list[str] = field(default_factory=list[str])

    @property
    def place(self) -> str:
        return f"machine {self.number}"

    def is_placed(self, timeout_seconds: float) -> bool:
        return self.is_there or self.killed.wait(min(timeout_seconds, 0.02))

    def load(self) -> None:
        if self.dies_at_start:
            raise WorkerDiedError(f"the worker on {self.place} died, or its machine did")

    def answers(self, order: JobOrder) -> Generator[Answer]:
        self.orders.append(order.job.files[0].path.name)
        yield from self.answer(self, order)

    def stop(self) -> None:
        self.stopped.set()

    def kill(self) -> None:
        self.killed.set()


class FakeEngine:
    """Makes videos with the real runner and the real models of the settings, on fake workers."""

    def __init__(self, *, size: int = 2, tamper: Callable[[FakeWorker, JobOrder], None] = lambda worker, order: None):
        """
        Args:
            tamper: called before each video; may raise WorkerDiedError.
        """
        self._size, self._tamper = size, tamper
        self.workers: list[FakeWorker] = []

    def make_stages(
        self, run: RunContext, stages: Sequence[Stage], jobs: Sequence[Job], *, load: Callable[[], Models]
    ) -> None:
        """As `Engine.make_stages`."""
        maker, cwd = run.library.maker, str(Path.cwd())
        setup = WorkerSetup(run.settings, maker, running_software(), run.retry_failed, 1, cwd)

        def start() -> FakeWorker:
            runner = JobRunner(setup)

            def answer(worker: FakeWorker, order: JobOrder) -> Generator[Answer]:
                self._tamper(worker, order)
                with _ONE_LIBRARY:
                    yield from runner.carry_out(order)

            self.workers.append(FakeWorker(len(self.workers), answer))
            return self.workers[-1]

        pool = WorkerPool(
            jobs,
            start=start,
            size=self._size,
            order_of=lambda job: order_of(job, run),
            emit=run.emit,
            cancel=run.cancel,
        )
        commits = ResultCommits(run)
        with closing(pool.results()) as results:
            for made in results:
                if made is not None:
                    commits.add(made.job, made.outcome)
        with _ONE_LIBRARY:
            run.commits.flush()
