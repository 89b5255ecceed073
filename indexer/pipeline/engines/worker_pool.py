"""The pool: gives jobs to workers, and a lost worker's job to another one. Knows nothing of where workers run.

Each place of the pool is a thread here that starts a worker, sends it one job after the other, and starts a new worker
in place of one that died. Results come out one by one in the caller's thread.
"""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from indexer.errors import EngineError, VideoError, WorkerLostError
from indexer.pipeline.engines.messages import FileNotSeen, JobOrder, JobResult, RunStopped
from indexer.pipeline.engines.seen_files import reason_not_seen
from indexer.pipeline.engines.worker import Worker, WorkerDiedError
from indexer.pipeline.events import IndexEvent, StageProgress, VideoWarned
from indexer.pipeline.plan import Job

MOST_TRIES = 3
"""Workers that a video may lose before it is given up."""
MOST_STARTS = 3
"""Workers in a row that may die before they are ready, until their place is given up."""
PLACE_SECONDS = 300.0
"""How long a run without any worker waits for one: a cluster that grows on demand takes minutes."""
STOP_SECONDS = 30.0
"""How long a cancelled run waits for what its workers have finished."""
_POLL_SECONDS = 0.2


class _FileNotSeenError(WorkerDiedError):
    """A worker does not see a file that others may see: it is sent nothing more."""


@dataclass(slots=True)
class _Task:
    job: Job
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Made:
    """What the workers made of a job, or why they made nothing."""

    job: Job
    outcome: JobResult | VideoError


@dataclass
class _State:
    """Guarded by `WorkerPool._changed`."""

    tasks: deque[_Task]
    unfinished: int
    """Tasks without an outcome, also those in work."""
    placed: set[int] = field(default_factory=set[int])
    """Places with a worker that a machine has taken."""
    retired: int = 0
    """Places that start no further worker."""
    busy: int = 0
    why_retired: str = ""


class WorkerPool:
    """Carries out jobs on a number of workers; iterate `results` once."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        start: Callable[[], Worker],
        size: int,
        order_of: Callable[[Job], JobOrder],
        emit: Callable[[IndexEvent], None],
        cancel: threading.Event,
        place_seconds: float = PLACE_SECONDS,
    ) -> None:
        """
        Args:
            jobs: in the order in which they are begun.
            start: asks for a new worker and returns at once; called from several threads.
            size: number of workers.
            order_of: what a worker is sent for a job; called from several threads when it is its turn.
            emit: called with progress and warnings, from several threads.
            cancel: set to stop; what is finished by then still comes out.
            place_seconds: how long to wait for a worker where there is none.
        """
        self._start, self._order_of, self._emit, self._cancel = start, order_of, emit, cancel
        self._place_seconds = place_seconds
        self._size = max(1, min(size, len(jobs)))
        self._state = _State(deque(map(_Task, jobs)), len(jobs))
        self._changed = threading.Condition()
        self._over = False
        self._workers: dict[int, Worker] = {}
        self._made: queue.SimpleQueue[Made | BaseException] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._run_place, args=(n,), name=f"worker-{n}", daemon=True)
            for n in range(self._size)
        ]

    def results(self) -> Generator[Made | None]:
        """Outcomes as they come; None now and then, so that the caller can do other work.

        Raises:
            EngineError: no worker is left, or none could be had.
            ReelseekError: what a worker met that concerns the whole run.
        """
        for thread in self._threads:
            thread.start()
        try:
            yield from self._outcomes()
        finally:
            self._end()

    def _outcomes(self) -> Generator[Made | None]:
        alone_since = time.monotonic()
        stop_by: float | None = None
        while True:
            try:
                item = self._made.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                item = None
            if isinstance(item, BaseException):
                raise item
            yield item
            with self._changed:
                state = self._state
                is_done = self._made.empty() and (not state.unfinished or (self._cancel.is_set() and not state.busy))
                alone_since = time.monotonic() if state.placed else alone_since
                is_lost = state.retired == self._size and self._made.empty()
            if is_done:
                return
            if self._cancel.is_set():
                stop_by = stop_by or self._ask_to_stop()
                if time.monotonic() > stop_by:
                    return
            elif is_lost:
                raise EngineError(f"no worker is left: {self._state.why_retired}; run the same command again")
            elif time.monotonic() - alone_since > self._place_seconds:
                raise EngineError(
                    f"no machine took a worker within {self._place_seconds:g} s: each is too small for one, or busy;"
                    " add machines, or ask for less for each worker"
                )

    def _ask_to_stop(self) -> float:
        """Asks every worker; returns the time until which to wait for them."""
        for worker in list(self._workers.values()):
            try:
                worker.stop()
            except WorkerDiedError:
                continue
        return time.monotonic() + STOP_SECONDS

    def _end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        for worker in list(self._workers.values()):
            worker.kill()
        for thread in self._threads:
            thread.join()

    def _is_needed(self) -> bool:
        return not (self._over or self._cancel.is_set()) and self._state.unfinished > 0

    def _run_place(self, number: int) -> None:
        """The thread of one place."""
        deaths = 0
        try:
            while self._is_needed():
                try:
                    if not self._open_place(number):
                        break
                    deaths = 0
                    while (task := self._next_task()) is not None:
                        self._carry_out(number, task)
                except WorkerDiedError as error:
                    deaths += 1
                    self._close_place(number)
                    self._state.why_retired = str(error)
                    if deaths >= MOST_STARTS or isinstance(error, _FileNotSeenError):
                        break
        except BaseException as error:  # noqa: BLE001 - passed to the thread that iterates
            self._made.put(error)
        finally:
            self._close_place(number)
            with self._changed:
                self._state.retired += 1
                self._changed.notify_all()

    def _open_place(self, number: int) -> bool:
        """Starts a worker and waits until it is ready; returns False when it is needed no more."""
        worker = self._workers[number] = self._start()
        while not (is_placed := worker.is_placed(_POLL_SECONDS)) and self._is_needed():
            continue
        if not (is_placed and self._is_needed()):
            return False
        with self._changed:
            self._state.placed.add(number)
        worker.load()
        return True

    def _close_place(self, number: int) -> None:
        with self._changed:
            self._state.placed.discard(number)
        worker = self._workers.pop(number, None)
        if worker is not None:
            worker.kill()

    def _next_task(self) -> _Task | None:
        """Waits for a task: one that a lost worker leaves may still come. None when no more are to be begun."""
        with self._changed:
            while self._is_needed() and not self._state.tasks:
                self._changed.wait(_POLL_SECONDS)
            if not self._is_needed():
                return None
            self._state.busy += 1
            return self._state.tasks.popleft()

    def _carry_out(self, number: int, task: _Task) -> None:
        worker, path = self._workers[number], task.job.files[0].path
        try:
            answer = self._last_answer(worker, task.job)
        except WorkerDiedError as error:
            self._take_back(task, WorkerLostError(f"{path}: {MOST_TRIES} workers died while they indexed it: {error}"))
            raise
        if isinstance(answer, RunStopped):
            raise answer.error
        if isinstance(answer, JobResult):
            self._finish(task, answer)
        else:
            self._do_without(number, task, f"the worker on {worker.place} does not see it ({answer.reason})")

    def _finish(self, task: _Task, outcome: JobResult | VideoError) -> None:
        with self._changed:
            self._made.put(Made(task.job, outcome))
            self._state.busy -= 1
            self._state.unfinished -= 1
            self._changed.notify_all()

    def _take_back(self, task: _Task, error: VideoError) -> None:
        """Puts the task of a dead worker behind all others: it may be what kills them."""
        task.tries += 1
        if task.tries >= MOST_TRIES:
            self._finish(task, error)
            return
        with self._changed:
            self._state.tasks.append(task)
            self._state.busy -= 1
            self._changed.notify_all()

    def _do_without(self, number: int, task: _Task, reason: str) -> None:
        """Leaves a file to the other workers, since all that lies beside it is out of sight, too; fails it without."""
        path = task.job.files[0].path
        way_out = "every machine must reach the videos under the same path"
        with self._changed:
            has_others = len(self._state.placed) > 1
            if has_others and not reason_not_seen(task.job.files[0]):
                self._state.placed.discard(number)
                self._state.tasks.appendleft(task)
                self._state.busy -= 1
                self._changed.notify_all()
            else:
                has_others = False
        if not has_others:
            self._finish(task, WorkerLostError(f"{path}: {reason}; {way_out}"))
            return
        self._emit(VideoWarned(str(path), f"{reason}, and is sent no more videos: {way_out}"))
        raise _FileNotSeenError(reason)

    def _last_answer(self, worker: Worker, job: Job) -> JobResult | FileNotSeen | RunStopped:
        for answer in worker.answers(self._order_of(job)):
            if not isinstance(answer, StageProgress):
                return answer
            self._emit(answer)
        raise WorkerDiedError(f"the worker on {worker.place} ended without a result")
