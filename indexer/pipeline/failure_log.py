"""The log of unexpected failures: their tracebacks, in one file of bounded size, the newest last."""

import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

MAX_BYTES = 1 << 20
"""When the file would grow beyond this, its older half goes."""
MAX_ENTRY_CHARACTERS = 30_000
"""Of a longer traceback the end is kept, which names the exception."""
_MARK = "=== "


class FailureLog:
    """Written by the library's writer alone."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, subject: str, error: BaseException) -> None:
        """Adds the traceback of an error, or of what caused it. A log that cannot be written is no failure of its own.

        Args:
            subject: what failed, for the entry's first line.
        """
        lines = traceback.format_exception(error.__cause__ or error)
        trace = "".join(lines)[-MAX_ENTRY_CHARACTERS:].rstrip().replace(f"\n{_MARK}", "\n")
        self.append(
            f"{_MARK}{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, {subject}\n{trace}\n\n".encode(errors="replace")
        )

    def read(self) -> bytes:
        """All entries; empty where there are none."""
        return self._path.read_bytes() if self._path.exists() else b""

    def append(self, entry: bytes) -> None:
        """Adds entries of another log."""
        with suppress(OSError):
            if self._path.exists() and self._path.stat().st_size + len(entry) > MAX_BYTES:
                kept = self._path.read_bytes()[-MAX_BYTES // 2 :]
                start = kept.find(f"\n{_MARK}".encode()) + 1
                self._path.write_bytes(kept[start:] if start else b"")
            with self._path.open("ab") as stream:
                stream.write(entry)
