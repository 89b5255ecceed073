"""The request queue of a model that serves few requests at a time: first in, first out, of bounded length."""

import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import islice

from indexer.errors import GenerationCancelledError, ModelBusyError

CANCELLATION_CHECK_SECONDS = 0.05
"""A waiting request checks for cancellation at this interval."""


class RequestQueue:
    """A queue of bounded length in front of one model."""

    def __init__(self, most_waiting: int, *, at_once: int = 1) -> None:
        self._most_waiting, self._at_once = most_waiting, at_once
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """Number of requests that wait for their turn."""
        with self._changed:
            return max(0, len(self._queue) - self._at_once)

    @contextmanager
    def turn(self, is_cancelled: Callable[[], bool] | None = None) -> Generator[None]:
        """Waits until the request is among those that the model serves, and holds its place inside the context.

        Raises:
            ModelBusyError: the queue is full.
            GenerationCancelledError: `is_cancelled` returned True while waiting.
        """
        ticket = object()
        with self._changed:
            if len(self._queue) >= self._most_waiting + self._at_once:
                raise ModelBusyError(
                    f"{self._most_waiting} requests are already waiting for the model; try again shortly"
                )
            self._queue.append(ticket)
        try:
            self._wait(ticket, is_cancelled)
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _wait(self, ticket: object, is_cancelled: Callable[[], bool] | None) -> None:
        with self._changed:
            while ticket not in islice(self._queue, self._at_once):
                self._changed.wait(CANCELLATION_CHECK_SECONDS)
                if is_cancelled is not None and is_cancelled():
                    raise GenerationCancelledError("the question was cancelled while waiting for the model")
