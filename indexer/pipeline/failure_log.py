"""The log of unexpected failures: their tracebacks, in one file of bounded size, the newest last."""

import traceback
from contextlib import suppress
from datetime import UTC, datetime

from indexer.errors import LibraryError
from indexer.library_place import LibraryPlace, name_inside
from indexer.store.folder import FAILURE_LOG
from indexer.store.storage.opening import storage_at
from indexer.store.storage.protocol import Storage

MAX_BYTES = 1 << 20
"""When the file would grow beyond this, its older half goes."""
MAX_ENTRY_CHARACTERS = 30_000
"""Of a longer traceback the end is kept, which names the exception."""
_MARK = "=== "


class FailureLog:
    """Written by the library's writer alone."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

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
        return self._storage.read(FAILURE_LOG) if self._storage.exists(FAILURE_LOG) else b""

    def append(self, entry: bytes) -> None:
        """Adds entries of another log."""
        with suppress(OSError, LibraryError):
            if self._storage.size(FAILURE_LOG) + len(entry) > MAX_BYTES:
                kept = self._storage.read(FAILURE_LOG)[-MAX_BYTES // 2 :]
                start = kept.find(f"\n{_MARK}".encode()) + 1
                self._storage.replace(FAILURE_LOG, kept[start:] if start else b"")
            self._storage.append(FAILURE_LOG, entry)


def existing_failure_log(place: LibraryPlace) -> str | None:
    """Full name of a library's log; None where nothing failed unexpectedly, or it cannot be reached."""
    with suppress(LibraryError):
        return name_inside(place, FAILURE_LOG) if storage_at(place).exists(FAILURE_LOG) else None
    return None
