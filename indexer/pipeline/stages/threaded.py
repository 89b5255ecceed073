"""What a stage that works in threads shares with the others: results come out one by one, the threads end with it."""

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

Result = TypeVar("Result")


class ThreadedWorker(Generic[Result]):
    """Threads put results, or what stopped them; iterate `results` once."""

    def __init__(self, *, count: int, ahead: int, cancel: threading.Event) -> None:
        """
        Args:
            count: how many results come.
            ahead: how many may be under way or waiting to be taken.
            cancel: set to stop.
        """
        self._left = count
        self._cancel = cancel
        self._slots = threading.Semaphore(ahead)
        self._results: queue.Queue[Result | BaseException] = queue.Queue()
        self._stopped = False
        self._threads: Sequence[threading.Thread] = ()

    def results(self) -> Iterator[Result | None]:
        """Results as they come; None now and then, so that the caller can do other work.

        Raises:
            ReelseekError: whatever stopped a thread.
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
        """Make the threads end soon."""

    def _discard(self, result: Result) -> None:
        """Free what a result that nobody took holds."""
