"""What keeps a library's files true to what was written: a record in a folder; an object store does so by itself."""

from typing import Protocol

from indexer.store.folder import LibraryFolder
from indexer.store.recovery.file_record import FileRecord
from indexer.store.storage.protocol import Storage, WriterGuard


class WrittenFiles(Protocol):
    """What a writer tells of its files; `FileRecord` says more. Each method raises OSError."""

    @property
    def is_finished(self) -> bool:
        """Whether the last writer came to its end; False where that is not known."""
        ...

    def begin(self) -> None:
        """Files will change."""
        ...

    def sync(self) -> None:
        """Wait until all files of the tables are kept."""
        ...

    def finish(self) -> None:
        """No file changes any more."""
        ...


class FilesOfStore:
    """An object store keeps an object before it says so, and checks contents: there is nothing to do."""

    def __init__(self, lock: WriterGuard) -> None:
        self._lock = lock

    @property
    def is_finished(self) -> bool:
        return self._lock.follows_whole_work

    def begin(self) -> None: ...

    def sync(self) -> None: ...

    def finish(self) -> None: ...


def written_files(storage: Storage, lock: WriterGuard) -> WrittenFiles:
    """The record of a library in a folder; nothing to do for another."""
    return FileRecord(storage) if isinstance(storage, LibraryFolder) else FilesOfStore(lock)
