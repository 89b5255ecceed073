"""A library in an object store; what its methods do is said in `indexer.store.storage.protocol`.

A store appends to no object. A file that grows is an object and numbered parts beside it, each made once; what they say
may be read twice after a crash, which changes nothing for lines of which the last one counts.
"""

import secrets
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import LibraryError, LibraryLeaseLostError, LibraryLockedError
from indexer.library_place import ObjectPlace
from indexer.store.folder import FAILURE_LOG, JOURNAL_FILE, OWN_NAMES, TABLE_FOLDER, THUMBNAIL_FOLDER
from indexer.store.storage.connection import table_options
from indexer.store.storage.lease import Lease
from indexer.store.storage.objects import Objects
from indexer.store.storage.picture_cache import process_cache

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SEEN_AFTER = timedelta(seconds=5)
"""A look for newer versions costs a request for each table."""
WRITER_LEASE = "writer.lease"
COLLECTIONS_LEASE = "collections.lease"
_GROWING = (JOURNAL_FILE, FAILURE_LOG)
MOST_PARTS = 100
"""Of a file that grows; it is then written as a whole."""
_COLLECTIONS_WAIT_SECONDS = 30.0
_REQUESTS = 8
"""For pictures at once: a request takes some hundredths of a second, whatever its size."""


class ObjectStorage:
    """One library. Safe from several threads."""

    def __init__(self, place: ObjectPlace, store: "ObjectStore") -> None:
        """
        Args:
            store: its root is the library.
        """
        self._place = place
        self._objects = Objects(place, store)
        self._next_part: dict[str, int] = {}
        self._writing: defaultdict[str, list[Future[object]]] = defaultdict(list)

    @property
    def path(self) -> ObjectPlace:
        return self._place

    @property
    def tables_address(self) -> str:
        return f"{self._place.url}/{TABLE_FOLDER}"

    @property
    def table_options(self) -> Mapping[str, str]:
        return table_options()

    @property
    def seen_after(self) -> timedelta:
        return SEEN_AFTER

    def prepare(self) -> None:
        known = OWN_NAMES | {f"{name}.parts" for name in _GROWING}
        leases = (WRITER_LEASE, COLLECTIONS_LEASE, "probe-")
        foreign = [name for name in self._objects.names_here() if name not in known and not name.startswith(leases)]
        if foreign:
            raise LibraryError(
                f"{self._place} is not a library: it holds {foreign[0]!r} and {len(foreign) - 1} other entries;"
                " choose an empty or new place with --library"
            )

    def check_writable(self) -> None:
        """Try on an object of its own whether the store keeps two writers apart."""
        name = f"probe-{secrets.token_hex(8)}"
        try:
            first = self._objects.create(name, b"1")
            second = self._objects.update(name, b"2", first) if first else None
            is_exact = (
                second is not None
                and self._objects.create(name, b"3") is None
                and first is not None
                and self._objects.update(name, b"4", first) is None
            )
        finally:
            self._objects.delete([name])
        if not is_exact:
            raise LibraryError(
                f"library {self._place}: the object store ignores conditional writes (If-None-Match and If-Match), so"
                " two writers would overwrite each other; use a store that honours them, or a library in a folder"
            )

    def writer_lock(self) -> Lease:
        return Lease(self._objects, WRITER_LEASE)

    @contextmanager
    def changing_collections(self) -> Generator[None]:
        lease, last = Lease(self._objects, COLLECTIONS_LEASE), time.monotonic() + _COLLECTIONS_WAIT_SECONDS
        while True:
            try:
                lease.acquire()
                break
            except LibraryLockedError:
                if time.monotonic() > last:
                    raise LibraryLockedError(
                        f"the collections of {self._place} are being changed by another process; try again"
                    ) from None
                time.sleep(0.1)
        try:
            yield
        finally:
            lease.release()

    def staging(self) -> Path:
        return Path(self._temporary.name)

    def empty_staging(self) -> None:
        for path in self.staging().iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def exists(self, name: str) -> bool:
        if name not in _GROWING:
            return self._content(name) is not None  # the reply to a HEAD says no reason for a refusal
        return self._objects.size(name) is not None or bool(self._parts(name))

    def read(self, name: str) -> bytes:
        parts = self._parts(name)
        whole = self._content(name)
        if whole is None and not parts:
            raise FileNotFoundError(f"{self._place}/{name} is not there")
        return b"".join([whole or b"", *(self._content(part) or b"" for part in parts)])

    def size(self, name: str) -> int:
        sizes = [self._objects.size(one) for one in (name, *self._parts(name))]
        return sum(size or 0 for size in sizes)

    def replace(self, name: str, content: bytes) -> None:
        parts = self._parts(name)
        self._objects.put(name, content)
        self._objects.delete(parts)

    def append(self, name: str, lines: bytes) -> None:
        if name not in self._next_part:
            parts = self._parts(name)
            self._next_part[name] = int(parts[-1].rpartition("/")[2]) + 1 if parts else 0
        number = self._next_part[name]
        part = f"{name}.parts/{number:012d}"
        if self._objects.create(part, lines) is None and self._content(part) != lines:
            raise LibraryLeaseLostError(
                f"library {self._place}: another writer has written {name} meanwhile; run the same again"
            )
        self._next_part[name] = number + 1
        if len(parts := self._parts(name)) >= MOST_PARTS:
            self._objects.put(name, self.read(name))
            self._objects.delete(parts)

    def delete(self, name: str) -> None:
        self._objects.delete([name, *self._parts(name)])

    def write_picture(self, folder: str, name: str, content: bytes) -> None:
        self._writing[folder].append(self._requests.submit(self._objects.put, f"{folder}/{name}", content))

    def keep_pictures(self, folder: str) -> None:
        for future in self._writing.pop(folder, ()):
            future.result()

    def pictures_checksum(self, folder: str) -> None:
        return None

    def pictures_in(self, folder: str) -> list[str]:
        return [one["path"].rpartition("/")[2] for one in self._objects.below(folder)]

    def numbers_of_pictures(self, folders: Sequence[str]) -> list[int]:
        return [len(names) for names in self._requests.map(self.pictures_in, folders)]

    def pictures_written(self, folder: str) -> float:
        return max((one["last_modified"].timestamp() for one in self._objects.below(folder)), default=0.0)

    def picture_folders(self) -> Iterator[tuple[str, int]]:
        counted = Counter(one["path"].split("/")[2] for one in self._objects.below(THUMBNAIL_FOLDER))
        yield from sorted(counted.items())

    def delete_pictures(self, folder: str, names: Sequence[str] | None = None) -> None:
        self.keep_pictures(folder)
        names = self.pictures_in(folder) if names is None else names
        self._objects.delete([f"{folder}/{name}" for name in names])

    def local_files(self, names: Sequence[str]) -> list[Path]:
        if len(names) == 1:
            return [process_cache().file(self._objects, names[0])]
        return list(self._requests.map(partial(process_cache().file, self._objects), names))

    def size_bytes(self) -> int:
        return sum(one["size"] for one in self._objects.below())

    def _content(self, name: str) -> bytes | None:
        """An object's content; None where there is none."""
        try:
            found = self._objects.get(name)
        except FileNotFoundError:
            return None
        return found.content if found else None

    def _parts(self, name: str) -> list[str]:
        """Names of the parts of a file that grows, in order."""
        if name not in _GROWING:
            return []
        return sorted(one["path"] for one in self._objects.below(f"{name}.parts"))

    @cached_property
    def _temporary(self) -> "tempfile.TemporaryDirectory[str]":
        return tempfile.TemporaryDirectory(prefix="reelseek-staging-")

    @cached_property
    def _requests(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_REQUESTS, thread_name_prefix="pictures")
