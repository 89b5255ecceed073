"""A pool of idle decoder children with their libraries loaded, for interactive requests."""

import threading

from indexer.closeable import Closeable
from indexer.decode.child import DecodeChild


class DecodeChildPool(Closeable):
    """Keeps idle children ready. Thread-safe.

    A child still serves only one request; a background thread then starts its replacement. An idle child costs about
    50 MiB and no CPU time.
    """

    def __init__(self, count: int = 2) -> None:
        self._count = count
        self._waiting: list[DecodeChild] = []
        self._lock = threading.Lock()
        self._closed = False
        self._filling: threading.Thread | None = None
        self._fill()

    def take(self) -> DecodeChild:
        """An idle child, or a new one when none is ready. The caller closes it."""
        with self._lock:
            child = self._waiting.pop(0) if self._waiting else None
        self._fill()
        if child is None or child.process.poll() is not None:
            if child is not None:
                child.close()
            return DecodeChild()
        return child

    def close(self) -> None:
        """End all idle children. Safe to call twice."""
        with self._lock:
            self._closed = True
            filling = self._filling
        if filling is not None and filling is not threading.current_thread():
            filling.join()
        for child in self._waiting:
            child.close()
        self._waiting.clear()

    def __del__(self) -> None:
        """A pool that is forgotten leaves no children behind."""
        if hasattr(self, "_waiting"):
            self.close()

    def _fill(self) -> None:
        with self._lock:
            if self._closed or (self._filling is not None and self._filling.is_alive()):
                return
            self._filling = threading.Thread(target=self._start_missing, name="decode-spares", daemon=True)
            self._filling.start()

    def _start_missing(self) -> None:
        while True:
            with self._lock:
                if self._closed or len(self._waiting) >= self._count:
                    self._filling = None
                    return
            child = DecodeChild()
            with self._lock:
                self._waiting.append(child)
