"""Work that Ctrl-C ends at once while the command goes on: it runs beside, and is left behind when it is stopped."""

import threading
from collections.abc import Callable
from typing import TypeVar

from indexer.errors import Interrupted

Result = TypeVar("Result")
LAST_WAIT_SECONDS = 10.0
"""For work that was stopped and still runs when the command ends."""


class InterruptibleWork:
    """Runs one piece of work after the other. Call it from the main thread, which receives Ctrl-C."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        """The last piece of work has. A thread is not joined: one that Ctrl-C interrupts while it joins takes the other
        for ended (Python 3.11)."""
        self._ended.set()

    def run(self, work: Callable[[Callable[[], bool]], Result]) -> Result:
        """The result of the work, which gets a function that says whether it was stopped.

        A model that reads a long prompt cannot be stopped in the middle: it goes on unheard, and the next piece of work
        waits until it has ended.

        Raises:
            Interrupted: Ctrl-C; the work was told to stop.
            Exception: what the work raised.
        """
        stopped, before, ended = threading.Event(), self._ended, threading.Event()
        results: list[Result] = []
        errors: list[BaseException] = []

        def run() -> None:
            before.wait()
            try:
                if not stopped.is_set():
                    results.append(work(stopped.is_set))
            except BaseException as error:  # noqa: BLE001 - raised again in the main thread
                errors.append(error)
            finally:
                ended.set()

        self._ended = ended
        try:
            threading.Thread(target=run, daemon=True).start()
            while not ended.wait(0.1):
                pass  # a signal is handled between two waits on every system
        except KeyboardInterrupt:
            stopped.set()
            raise Interrupted("stopped") from None
        if errors:
            raise errors[0]
        return results[0]

    def close(self) -> None:
        """Waits a while for stopped work; safe to repeat."""
        self._ended.wait(LAST_WAIT_SECONDS)
