"""The base of workers with threads: results come out one by one, and the threads end with the iteration."""

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

Result = TypeVar("Result")


class ThreadedWorker(Generic[Result]):
    """Threads put results, or the error that stopped them, into a queue; iterate `results` once."""

    def __init__(self, *, count: int, ahead: int, cancel: threading.Event) -> None:
        """
        Args:
            count: number of results.
            ahead: how many may be in progress or waiting in the queue.
            cancel: set to stop.
        """
        self._left = count
        self._cancel = cancel
        self._slots = threading.Semaphore(ahead)
        self._results: queue.Queue[Result | BaseException] = queue.Queue()
        self._stopped = False
        self._threads: Sequence[threading.Thread] = ()

    def results(self) -> Iterator[Result | None]:
        """Results as they are finished; None now and then, so that the caller can do other work.

        Raises:
            BaseException: the error that stopped a thread.
        """
        for thread in self._threads:
            thread.start()
        try:
            while self._left and not self._cancel.is_set():
                try:
                    item = self._results.get(timeout=0.2)
                except queue.Empty:
                    yield None
                    continue
                if isinstance(item, BaseException):
                    raise item
                yield item
                self._left -= 1
                self._slots.release()
        finally:
            self._left = 0
            self._stopped = True
            self._stop()
            for thread in self._threads:
                thread.join()
            while not self._results.empty():
                item = self._results.get_nowait()
                if not isinstance(item, BaseException):
                    self._discard(item)

    def _is_over(self) -> bool:
        return self._stopped or self._cancel.is_set()

    def _stop(self) -> None:
        """Makes the threads end soon; a hook."""

    def _discard(self, result: Result) -> None:
        """Frees the resources of a result that was not taken; a hook."""
