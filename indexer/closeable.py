"""Base class of resources that are opened, used as context managers, and closed."""

from types import TracebackType
from typing import Self


class Closeable:
    """Context manager that calls `close` on exit."""

    def close(self) -> None:
        """Release everything. Safe to call twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
