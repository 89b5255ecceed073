"""The library: a folder with LanceDB tables, thumbnails and a writer's lock.

`Library` is built in layers, each a file: `store_tables` (folder, tables, errors), `store_keeping` (small tables in
memory: `store_kept`, `store_kept_texts`), `store_read` (records), `store_sample` (a fixed part of it),
`store_search` (nearest and full text), `store_index` (indexes and compaction), `store_write` (replacing, sweeping),
`store_audit` (what `reelseek verify` looks at). This file opens, creates and closes.
These files and no others import LanceDB.

Processes: any number of readers, one writer; start others with `spawn`, never `fork` (LanceDB has threads).
Threads: every reading call is safe from any thread beside a writing one; writing calls exclude one another.
"""

import os

# LanceDB reads it once, when it is first imported; its warnings ("partition 21 is empty") tell a user nothing.
os.environ.setdefault("LANCEDB_LOG", "error")

from pathlib import Path
from typing import Self

from indexer.closeable import Closeable
from indexer.errors import LibraryMissingError
from indexer.store.auditing import Auditing
from indexer.store.lock import WriterLock
from indexer.store.schema import Maker
from indexer.store.tables import MAKER_FILE, OWN_NAMES, check_maker, create_tables, read_maker
from indexer.store.writing import prepare_folder


class Library(Auditing, Closeable):
    """An open library. Make one with `Library.open` or `Library.open_writer`, both also context managers."""

    def __init__(self, path: Path, maker: Maker, *, lock: WriterLock | None = None) -> None:
        super().__init__(path, maker)
        self._lock = lock
        self._may_write = lock is not None

    @classmethod
    def open(cls, path: Path, *, maker: Maker | None = None) -> Self:
        """Open for reading; needs no lock and sees each commit of a writer at once.

        Raises:
            LibraryMissingError: there is none at `path`.
            LibraryModelsError: `maker` is given and is not who made it.
            LibraryBrokenError: its files are damaged or of another version.
        """
        path = Path(path).absolute()
        found = read_maker(path)
        if maker:
            check_maker(path, found, maker)
        return cls(path, found)

    @classmethod
    def open_writer(cls, path: Path, *, maker: Maker) -> Self:
        """Open for reading and writing; makes the library where there is none, and sweeps what a crash left.

        Raises:
            LibraryLockedError: another process writes to it.
            LibraryModelsError: another maker made it.
            LibraryBrokenError: its files are damaged or of another version.
            LibraryError: the folder holds other things, or cannot be written to.
        """
        path = Path(path).absolute()
        if not (path / MAKER_FILE).is_file():
            prepare_folder(path, OWN_NAMES)
        lock = WriterLock(path)
        lock.acquire()
        try:
            library = cls(path, _found_or_made(path, maker), lock=lock)
            library.ensure_text_indexes()
            library.sweep()
        except BaseException:
            lock.release()
            raise
        return library

    def close(self) -> None:
        """Let go of the writer's lock and the tables; safe to repeat."""
        self._may_write = False
        if self._lock:
            self._lock.release()


def _found_or_made(path: Path, maker: Maker) -> Maker:
    try:
        found = read_maker(path)
    except LibraryMissingError:
        create_tables(path, maker)
        return maker
    check_maker(path, found, maker)
    return found
