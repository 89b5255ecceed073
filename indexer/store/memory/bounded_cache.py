"""A bounded cache of computed values. Safe from several threads."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """The latest values by key; the oldest is evicted. Two threads that miss the same key may both compute it."""

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._values: dict[Key, Value] = {}
        self._lock = threading.Lock()

    def get(self, key: Key, compute: Callable[[], Value]) -> Value:
        """The cached value, or a newly computed one."""
        with self._lock:
            if key in self._values:
                return self._values[key]
        value = compute()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._max_entries:
                self._values.pop(next(iter(self._values)))
        return value
