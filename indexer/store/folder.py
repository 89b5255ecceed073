"""The library's folder: the names of the files in it, and how they are read and written."""

import os
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from indexer.errors import LibraryError
from indexer.store.database_errors import convert_errors
from indexer.store.durable_files import append_durably, files_below, folder_checksum, replace_durably
from indexer.store.lock import COLLECTIONS_LOCK, HOLDER_FILE, LOCK_FILE, WriterLock, collections_locked

MAKER_FILE = "library.json"
TABLE_FOLDER = "lance"
THUMBNAIL_FOLDER = "thumbnails"
STAGING_FOLDER = "staging"
FAILURE_LOG = "failures.log"
JOURNAL_FILE = "videos.journal"
RECOVERY_FOLDER = "recovery"
SNAPSHOT_FOLDER = "snapshot"
BACKUP_FILE = "backup.json"
"""Marks a folder that a backup was made into."""
COLLECTIONS_FILE = "collections.json"
COLLECTIONS_COPY = "collections.copy.json"
DRAFT_ENDING = ".part"
UNFINISHED_FILES = {name + DRAFT_ENDING for name in (MAKER_FILE, JOURNAL_FILE, COLLECTIONS_FILE, COLLECTIONS_COPY)}
"""Drafts, which a crash may leave."""
SERVICE_NAMES = {"cache", "jobs", "keys.json", "service.json", "uploads"}
"""Entries that the HTTP service adds."""
OWN_NAMES = (
    SERVICE_NAMES
    | UNFINISHED_FILES
    | {
        COLLECTIONS_FILE,
        COLLECTIONS_COPY,
        COLLECTIONS_LOCK,
        MAKER_FILE,
        TABLE_FOLDER,
        THUMBNAIL_FOLDER,
        STAGING_FOLDER,
        FAILURE_LOG,
        JOURNAL_FILE,
        RECOVERY_FOLDER,
        SNAPSHOT_FOLDER,
        BACKUP_FILE,
        LOCK_FILE,
        HOLDER_FILE,
    }
)
"""Every entry that Reelseek creates in a library's folder."""


@dataclass(frozen=True, slots=True)
class LibraryFolder:
    """A library in a folder of this machine; what its methods do is said in `indexer.store.storage.protocol`."""

    path: Path
    """Absolute."""

    @property
    def tables(self) -> Path:
        return self.path / TABLE_FOLDER

    @property
    def thumbnails(self) -> Path:
        return self.path / THUMBNAIL_FOLDER

    @property
    def tables_address(self) -> str:
        return str(self.tables)

    @property
    def table_options(self) -> Mapping[str, str]:
        return {}

    @property
    def seen_after(self) -> timedelta:
        """At once: readers look for a newer version before each read, which costs 0.3 ms."""
        return timedelta(0)

    def prepare(self) -> None:
        prepare_folder(self)

    def check_writable(self) -> None:
        """Nothing to check before the lock is taken."""

    def writer_lock(self) -> WriterLock:
        return WriterLock(self.path)

    def changing_collections(self) -> AbstractContextManager[None]:
        return collections_locked(self.path)

    def staging(self) -> Path:
        """The folder for a writer's temporary files, created if absent; emptied when a library opens for writing."""
        folder = self.path / STAGING_FOLDER
        folder.mkdir(exist_ok=True)
        return folder

    def empty_staging(self) -> None:
        shutil.rmtree(self.staging(), ignore_errors=True)
        self.staging()

    def exists(self, name: str) -> bool:
        return (self.path / name).is_file()

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def size(self, name: str) -> int:
        return (self.path / name).stat().st_size if self.exists(name) else 0

    def replace(self, name: str, content: bytes) -> None:
        draft = self.path / (name + DRAFT_ENDING)
        try:
            draft.write_bytes(content)
            replace_durably(draft, self.path / name)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise

    def append(self, name: str, lines: bytes) -> None:
        append_durably(self.path / name, lines)

    def delete(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)

    def write_picture(self, folder: str, name: str, content: bytes) -> None:
        target = self.path / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = self.staging() / f"{target.parent.name}-{name}"
        draft.write_bytes(content)
        os.replace(draft, target)  # noqa: PTH105 - atomic

    def keep_pictures(self, folder: str) -> int | None:
        return folder_checksum(self.path / folder, sync=True)

    def pictures_checksum(self, folder: str) -> int | None:
        return folder_checksum(self.path / folder, sync=False)

    def pictures_in(self, folder: str) -> list[str]:
        try:
            return os.listdir(self.path / folder)  # noqa: PTH208 - names only: many folders
        except (FileNotFoundError, NotADirectoryError):
            return []

    def numbers_of_pictures(self, folders: Sequence[str]) -> list[int]:
        return [len(self.pictures_in(folder)) for folder in folders]

    def pictures_written(self, folder: str) -> float:
        try:
            return (self.path / folder).stat().st_mtime
        except OSError:
            return 0.0

    def picture_folders(self) -> Iterator[tuple[str, int]]:
        for place in self.thumbnails.glob("*/*"):
            yield place.name, len(self.pictures_in(f"{THUMBNAIL_FOLDER}/{place.parent.name}/{place.name}"))

    def delete_pictures(self, folder: str, names: Sequence[str] | None = None) -> None:
        if names is None:
            shutil.rmtree(self.path / folder, ignore_errors=True)
        for name in names or ():
            (self.path / folder / name).unlink(missing_ok=True)

    def local_files(self, names: Sequence[str]) -> list[Path]:
        return [self.path / name for name in names]

    def size_bytes(self) -> int:
        return sum(status.st_size for _, status in files_below(self.path))


def prepare_folder(folder: LibraryFolder) -> None:
    """Create the library's folder, or accept one that is empty or holds only entries of Reelseek.

    Raises:
        LibraryError: it holds other entries, is not a folder, or cannot be created.
    """
    path = folder.path
    with convert_errors(path, "making the folder"):
        if path.exists() and not path.is_dir():
            raise LibraryError(f"library {path} is a file, not a folder; choose another place with --library")
        path.mkdir(parents=True, exist_ok=True)
        foreign = sorted(entry.name for entry in path.iterdir() if entry.name not in OWN_NAMES)
        if foreign:
            raise LibraryError(
                f"{path} is not a library: it holds {foreign[0]!r} and {len(foreign) - 1} other entries;"
                " choose an empty or new folder with --library"
            )


@contextmanager
def temporary_files_in(folder: Path) -> Generator[None]:
    """Makes LanceDB put its temporary files (index shuffles, merge spills) there instead of `/tmp`.

    LanceDB reads TMPDIR each time and has no other setting. Only the library's writer may use this.
    """
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
