"""What a library needs of the place where it is, beside its tables: small files, pictures, and locks.

`indexer.store.folder.LibraryFolder` and `indexer.store.storage.object_storage.ObjectStorage` implement it; one contract
test holds for both. Names are relative to the library, with `/`. A missing file is FileNotFoundError; other faults are
OSError in a folder and LibraryError in an object store, which `indexer.store.database_errors` converts alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from indexer.library_place import LibraryPlace


class WriterGuard(Protocol):
    """The one writer's right to write."""

    @property
    def follows_whole_work(self) -> bool:
        """Whether the writer before is known to have left nothing half done; told once it is taken."""
        ...

    def acquire(self) -> None:
        """Take it without waiting. Raises LibraryLockedError, which names who holds it, and LibraryError."""
        ...

    def check(self) -> None:
        """Called before each commit. Raises LibraryLeaseLostError where another writer may have taken it."""
        ...

    def release(self, *, whole: bool = False) -> None:
        """Give it back; does nothing when it is not held.

        Args:
            whole: nothing is left half done.
        """
        ...


class Storage(Protocol):
    """The place of one library."""

    @property
    def path(self) -> LibraryPlace:
        """For messages."""
        ...

    @property
    def tables_address(self) -> str:
        """Of the tables, as LanceDB takes it."""
        ...

    @property
    def table_options(self) -> Mapping[str, str]:
        """LanceDB's `storage_options`. They may hold keys: neither print nor store them."""
        ...

    @property
    def seen_after(self) -> timedelta:
        """After how long a reader sees a commit of another process, at the latest; zero: at once."""
        ...

    def prepare(self) -> None:
        """Make the place ready for a new library. Raises LibraryError where something else is there."""
        ...

    def check_writable(self) -> None:
        """Raises LibraryError where the place cannot keep two writers apart."""
        ...

    def writer_lock(self) -> WriterGuard:
        """The writer's lock, not taken yet."""
        ...

    def changing_collections(self) -> AbstractContextManager[None]:
        """Keeps others from changing the collections. Waits up to half a minute, then raises LibraryLockedError."""
        ...

    def staging(self) -> Path:
        """A folder of this machine for a writer's temporary files, created if absent."""
        ...

    def empty_staging(self) -> None:
        """Delete what is in the staging folder."""
        ...

    def exists(self, name: str) -> bool:
        """Whether there is a file."""
        ...

    def read(self, name: str) -> bytes:
        """A file's content."""
        ...

    def size(self, name: str) -> int:
        """A file's length in bytes; 0 where there is none."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Write a file as a whole, so that a crash leaves the old one or the new one, and wait until it is kept."""
        ...

    def append(self, name: str, lines: bytes) -> None:
        """Append whole lines to a file that one process writes, and wait until they are kept."""
        ...

    def delete(self, name: str) -> None:
        """Delete a file, also one that is not there."""
        ...

    def write_picture(self, folder: str, name: str, content: bytes) -> None:
        """Write a picture as a whole. It is kept for certain once `keep_pictures` has returned."""
        ...

    def keep_pictures(self, folder: str) -> int | None:
        """Wait until the pictures in a folder are kept; their checksum, as `pictures_checksum`."""
        ...

    def pictures_checksum(self, folder: str) -> int | None:
        """Checksum over the names and contents of a folder; None without one, or where the store checks contents."""
        ...

    def pictures_in(self, folder: str) -> list[str]:
        """Names of the files in a folder; none where there is no folder."""
        ...

    def numbers_of_pictures(self, folders: Sequence[str]) -> list[int]:
        """How many files each folder holds; 0 where there is no folder."""
        ...

    def pictures_written(self, folder: str) -> float:
        """When the pictures in a folder were written, in seconds since 1970; 0 where there is no folder."""
        ...

    def picture_folders(self) -> Iterator[tuple[str, int]]:
        """Of each folder two below `thumbnails`: its name, and how many files it holds."""
        ...

    def delete_pictures(self, folder: str, names: Sequence[str] | None = None) -> None:
        """Delete these pictures of a folder; None: all, with the folder."""
        ...

    def local_files(self, names: Sequence[str]) -> list[Path]:
        """Files of this machine with the contents of pictures; one does not exist where its picture does not."""
        ...

    def size_bytes(self) -> int:
        """Total size of the library's files."""
        ...
