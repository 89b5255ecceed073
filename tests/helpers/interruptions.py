"""Functions that are interrupted after a number of calls, counted over all of them."""

from collections.abc import Callable
from typing import Any


class InterruptedAfter:
    """Wraps functions; the call after `steps` calls of any of them raises KeyboardInterrupt, as does each later one."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if not self._left:
                raise KeyboardInterrupt
            self._left -= 1
            return function(*arguments, **named)

        return call
