"""What is opened and must be closed, also as a context manager."""

from types import TracebackType
from typing import Self


class Closeable:
    """Gives `with` to whatever has a `close`."""

    def close(self) -> None:
        """Let go; safe to repeat."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
