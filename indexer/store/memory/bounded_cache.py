"""What was made last is kept, so that what is asked for again is not made again. Safe from several threads."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The last values, by key; two threads that ask for a new one at once may both make it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Key, Value] = {}
        self._keeping = threading.Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value that is kept, or a new one."""
        with self._keeping:
            if key in self._kept:
                return self._kept[key]
        value = make()
        with self._keeping:
            self._kept[key] = value
            while len(self._kept) > self._most:
                self._kept.pop(next(iter(self._kept)))
        return value
