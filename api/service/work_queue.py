"""Queues for blocking work: a few threads, a limit on waiting requests, and a deadline.

A full queue refuses immediately, so that no client waits in vain.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from api.errors import DeadlineError, QueueFullError

Result = TypeVar("Result")


class WorkQueue:
    """Threads for one kind of work. Call `run` on the event loop; the numbers may be read from any thread."""

    def __init__(self, name: str, *, workers: int, limit: int, deadline_seconds: float) -> None:
        """
        Args:
            limit: maximum number of waiting requests while all workers are busy.
            deadline_seconds: from the request to its end, unless `run` says otherwise.
        """
        self.name = name
        self.workers = workers
        self.limit = limit
        self.deadline_seconds = deadline_seconds
        self.refused = 0
        self._inside = 0
        self._mutex = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=f"reelseek-{name}")

    @property
    def running(self) -> int:
        return min(self.workers, self._inside)

    @property
    def waiting(self) -> int:
        return max(0, self._inside - self.workers)

    async def run(self, work: Callable[[], Result], *, deadline_seconds: float | None = None) -> Result:
        """The result of `work()`, run in a thread.

        If the caller is cancelled or the deadline passes, waiting work never starts; running work continues and
        occupies its worker until it ends, so it needs a way to be cancelled.

        Raises:
            QueueFullError: too many requests are waiting; nothing was started.
            DeadlineError: the deadline has passed.
        """
        future = self._enter(work)
        seconds = self.deadline_seconds if deadline_seconds is None else deadline_seconds
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            if future.done() and not future.cancelled():
                return future.result()
            raise DeadlineError(f"{self.name} took longer than {seconds:g} s; request less, or try again") from None

    def close(self) -> None:
        """Starts no more work; does not wait for running work."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _enter(self, work: Callable[[], Result]) -> Future[Result]:
        with self._mutex:
            if self._inside >= self.workers + self.limit:
                self.refused += 1
                raise QueueFullError(
                    f"{self._inside} requests of this kind ({self.name}) are running or waiting; try again later"
                )
            self._inside += 1
        try:
            future = self._pool.submit(work)
        except RuntimeError as error:
            self._leave(None)
            raise QueueFullError("the service is stopping") from error
        future.add_done_callback(self._leave)
        return future

    def _leave(self, future: object) -> None:
        with self._mutex:
            self._inside -= 1
