"""Ctrl-C during long work: the first one stops it, the second one kills the process."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_signal(cancel: threading.Event, on_stop: Callable[[], None]) -> Generator[None]:
    """Inside the context, the first SIGINT or SIGTERM sets `cancel` and calls `on_stop`; the second kills the process.

    The second is handled by the system, not by Python, so that it also ends a process stuck in a library.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        for name in SIGNALS:
            signal.signal(name, signal.SIG_DFL)
        cancel.set()
        on_stop()

    # Python sets handlers only in the main thread; a test may run in another one.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.signal(name, stop) for name in SIGNALS}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
