"""The library's folder: the names of the files in it."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import LibraryError
from indexer.store.database_errors import convert_errors
from indexer.store.lock import HOLDER_FILE, LOCK_FILE

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
COLLECTIONS_LOCK = "collections.lock"
UNFINISHED_COLLECTIONS = {COLLECTIONS_FILE + ".part", COLLECTIONS_COPY + ".part"}
"""Drafts of the collections, which a crash may leave."""
SERVICE_NAMES = {"cache", "jobs", "keys.json", "service.json", "uploads"}
"""Entries that the HTTP service adds."""
OWN_NAMES = (
    SERVICE_NAMES
    | UNFINISHED_COLLECTIONS
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
    """Paths inside a library."""

    path: Path
    """Absolute."""

    @property
    def maker_file(self) -> Path:
        return self.path / MAKER_FILE

    @property
    def tables(self) -> Path:
        return self.path / TABLE_FOLDER

    @property
    def thumbnails(self) -> Path:
        return self.path / THUMBNAIL_FOLDER

    def staging(self) -> Path:
        """The folder for a writer's temporary files, created if absent; emptied when a library opens for writing."""
        folder = self.path / STAGING_FOLDER
        folder.mkdir(exist_ok=True)
        return folder


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
