"""Reading ahead: a thread takes items from an iterator while the caller works on the ones before."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

Item = TypeVar("Item")
_END = object()
_WAIT_SECONDS = 0.1


def read_ahead(items: Iterator[Item], *, depth: int = 1) -> Generator[Item]:
    """The items in order; up to `depth` of them wait while the caller works. Closing the generator ends the thread.

    Raises:
        BaseException: what the iterator raised, after the items before it.
    """
    waiting: queue.Queue[object] = queue.Queue(depth)
    is_over = threading.Event()

    def put(item: object) -> bool:
        while not is_over.is_set():
            try:
                waiting.put(item, timeout=_WAIT_SECONDS)
                return True
            except queue.Full:
                continue
        return False

    def run() -> None:
        try:
            if all(put((item, None)) for item in items):
                put(_END)
        except BaseException as error:  # noqa: BLE001 - passed to the thread that iterates
            put((None, error))

    thread = threading.Thread(target=run, name="read-ahead", daemon=True)
    thread.start()
    try:
        while (taken := waiting.get()) is not _END:
            item, error = taken  # pyright: ignore[reportGeneralTypeIssues]
            if error is not None:
                raise error
            yield item
    finally:
        is_over.set()
        thread.join()
