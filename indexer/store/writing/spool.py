"""A writer's temporary file inside the library: pieces of bytes that are appended, then read back by their index."""

from contextlib import suppress
from pathlib import Path
from typing import IO

from indexer.library_place import LibraryPlace
from indexer.store.database_errors import convert_errors


class Spool:
    """One temporary file. Raises LibraryError where the disk is full, or may not be written to."""

    def __init__(self, library: LibraryPlace, path: Path) -> None:
        """
        Args:
            library: its place, for messages.
            path: of the file, which is overwritten.
        """
        self._library, self._path = library, path
        self._offsets = [0]
        with convert_errors(library, "spooling thumbnails"):
            self._stream: IO[bytes] = path.open("w+b")

    def append(self, piece: bytes) -> None:
        """Adds the next piece."""
        with convert_errors(self._library, "spooling thumbnails"):
            self._stream.write(piece)
        self._offsets.append(self._offsets[-1] + len(piece))

    def read(self, index: int) -> bytes:
        """The piece with that index, from 0."""
        with convert_errors(self._library, "spooling thumbnails"):
            self._stream.flush()
            self._stream.seek(self._offsets[index])
            return self._stream.read(self._offsets[index + 1] - self._offsets[index])

    def close(self) -> None:
        """Deletes the file; safe to call twice."""
        with suppress(OSError):  # what is still to be written need not be
            self._stream.close()
        self._path.unlink(missing_ok=True)
