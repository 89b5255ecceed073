"""The two files that hold a library's collections: the newer one that is whole counts, and damage of either is seen.

Both hold all collections, a number that grows with each change, and a checksum. Each is replaced as a whole, the copy
first, so that a crash or the loss of one file loses nothing.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from indexer.errors import LibraryBrokenError, UsageError
from indexer.store.collections.records import Collection, collection_from_json, collection_to_json
from indexer.store.database_errors import convert_errors
from indexer.store.folder import COLLECTIONS_COPY, COLLECTIONS_FILE
from indexer.store.recovery.audit_checks import Problem
from indexer.store.storage.protocol import Storage

_FILES = (COLLECTIONS_COPY, COLLECTIONS_FILE)
"""In the order in which they are written."""


@dataclass(frozen=True, slots=True)
class _Content:
    number: int
    """Of the change."""
    collections: tuple[Collection, ...]


class CollectionFiles:
    """The files of one library. Whoever writes holds the lock of the collections."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def read(self) -> tuple[Collection, ...]:
        """All collections; none where nothing was collected.

        Raises:
            LibraryBrokenError: both files are damaged.
        """
        return self._newest().collections

    def write(self, collections: Sequence[Collection]) -> None:
        """Replace all collections, and wait until they are on the disk. Raises LibraryError."""
        number = self._newest().number + 1
        with convert_errors(self._storage.path, "writing collections"):
            if not any(map(self._storage.exists, _FILES)):
                self._replace(COLLECTIONS_FILE, _Content(0, ()))  # tells a crash before the copy from a lost file
            for name in _FILES:
                self._replace(name, _Content(number, tuple(collections)))

    def problems(self) -> list[Problem]:
        """Files that are damaged or lost."""
        found = {name: self._read(name) for name in _FILES}
        problems = [
            Problem("damaged_file", "", f"{name} cannot be read")
            for name, content in found.items()
            if content is None and self._storage.exists(name)
        ]
        for name, other in (_FILES, _FILES[::-1]):
            content = found[other]
            has_begun = content is not None and (content.number > 0 or other == COLLECTIONS_COPY)
            if not self._storage.exists(name) and (has_begun or (content is None and self._storage.exists(other))):
                problems.append(Problem("lost_file", "", f"{name} is gone"))
        return problems

    def repair(self) -> str:
        """Bring both files back from the one that is whole; what was done, in words. Raises LibraryError."""
        try:
            collections = self.read()
            done = f"restored {len(collections):,} collections from their other file"
        except LibraryBrokenError:
            collections, done = (), "both files of the collections were damaged, and are empty now"
            for name in _FILES:
                self._storage.delete(name)
        self.write(collections)
        return done

    def _newest(self) -> _Content:
        found = [content for name in _FILES if (content := self._read(name)) is not None]
        if not found and any(map(self._storage.exists, _FILES)):
            raise LibraryBrokenError(
                f"the collections of {self._storage.path} cannot be read; check them with `reelseek verify` and"
                " repair them with `reelseek repair`"
            )
        return max(found, key=lambda content: content.number, default=_Content(0, ()))

    def _read(self, name: str) -> _Content | None:
        """None where there is no file, or it is damaged."""
        try:
            crc, _, text = self._storage.read(name).partition(b"\n")
            if int(crc, 16) != zlib.crc32(text):
                return None
            content: Any = json.loads(text)
            rows = cast(list[dict[str, Any]], content["collections"])
            return _Content(int(content["number"]), tuple(map(collection_from_json, rows)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError):
            return None

    def _replace(self, name: str, content: _Content) -> None:
        rows = [collection_to_json(one) for one in content.collections]
        text = json.dumps({"number": content.number, "collections": rows}).encode()
        self._storage.replace(name, b"%08x\n%s" % (zlib.crc32(text), text))
