"""Ctrl-C during long work: the first asks to stop, the second kills."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_signal(cancel: threading.Event, say: Callable[[], None]) -> Generator[None]:
    """Within it the first SIGINT or SIGTERM sets `cancel` and calls `say`; the second has its usual deadly effect.

    The deadly effect is the system's, not Python's, so that it also ends a process stuck inside a library.
    """

    def ask(number: int, frame: FrameType | None) -> None:
        for name in SIGNALS:
            signal.signal(name, signal.SIG_DFL)
        cancel.set()
        say()

    # Python lets only the main thread set handlers; a test's runner may be another one.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.signal(name, ask) for name in SIGNALS}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
