"""The library's four LanceDB tables: creating, opening, and the queries that return rows.

Left out: which rows are read, searched or written, and when.
"""

import threading
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import lancedb
from lancedb.background_loop import LOOP
from lancedb.table import Table

from indexer.errors import LibraryBrokenError, LibraryError, LibraryMissingError
from indexer.store.database_errors import convert_errors
from indexer.store.folder import MAKER_FILE
from indexer.store.maker_file import check_maker, read_maker, write_maker
from indexer.store.schema import LATE_COLUMNS, TABLES, VECTOR, ArrowTable, Maker, TableName, table_schema
from indexer.store.storage.protocol import Storage

INDEX_CACHE_BYTES = 1 << 30
"""A million vectors of 512 dimensions at 4 bits each are 0.26 GB; LanceDB's own default is 6 GiB."""
METADATA_CACHE_BYTES = 128 << 20
"""LanceDB's own default is 1 GiB."""


class Tables:
    """The open tables of one library. Reading is safe from any thread; each call sees one committed version."""

    def __init__(self, folder: Storage, maker: Maker, *, to_write: bool = False) -> None:
        """
        Args:
            to_write: see every commit at once, however long that takes.

        Raises:
            LibraryBrokenError: a table cannot be opened, or has other columns.
        """
        self.folder = folder
        self.maker = maker
        with convert_errors(folder.path, "opening the tables"):
            self._seen_after = timedelta(0) if to_write else folder.seen_after
            self._seen, self._seeing = time.monotonic(), threading.Lock()
            database = _connect(folder, self._seen_after)
            self._tables: dict[TableName, Table] = {name: database.open_table(name) for name in TABLES}
            self._async_tables: dict[TableName, Any] = LOOP.run(_open_async_tables(folder, self._seen_after))
        for name, table in self._tables.items():
            _check_schema(folder, name, table, maker)

    def table(self, name: TableName) -> Table:
        """LanceDB's table, for writing and for its indexes."""
        return self._tables[name]

    def version(self, name: TableName) -> int:
        """Version of the last commit that `fetch` sees."""
        self._see_newer()
        with self.errors(f"reading {name}"):
            return LOOP.run(self._async_tables[name].version())

    def count(self, name: TableName, where: str | None = None) -> int:
        """Number of rows that meet a condition."""
        self._see_newer()
        with self.errors(f"counting {name}"):
            return self._tables[name].count_rows(where)

    def query(self, name: TableName) -> Any:
        """A new query of LanceDB, for `fetch`."""
        return self._async_tables[name].query()

    def fetch(self, action: str, query: Any) -> ArrowTable:
        """The rows of a query.

        Asynchronous queries take half the time of LanceDB's synchronous ones, each of which crosses to its event loop
        five times or more.
        """
        self._see_newer()
        with self.errors(action):
            return LOOP.run(query.to_arrow())

    def rows(self, name: TableName, where: str | None = None, columns: list[str] | None = None) -> ArrowTable:
        """All rows that meet a condition, in no particular order."""
        query = self.query(name)
        query = query.where(where) if where else query
        query = query.select(columns) if columns else query
        return self.fetch(f"reading {name}", query)

    def rows_by_id(self, name: TableName, row_ids: list[int], columns: list[str]) -> ArrowTable | None:
        """The rows with these ids, in no particular order; None where a compaction has given them new ids."""
        try:
            query = self._async_tables[name].take_row_ids(row_ids).select(columns)
            rows = self.fetch(f"reading {name}", query)
        except LibraryError:
            return None
        return rows if len(rows) == len(row_ids) else None

    def last_row_id(self, name: TableName, where: str) -> int | None:
        """The greatest id of the rows that meet a condition; rows that are added later have greater ones."""
        query = self.query(name).where(where).select([]).with_row_id()
        return max(self.fetch(f"reading {name}", query).column("_rowid").to_pylist(), default=None)

    def rows_added(self, name: TableName, known: int, last_id: int, columns: list[str]) -> ArrowTable | None:
        """The rows that were added, with their ids, since there were `known` rows up to this id.

        None where some of those have gone since, or have new ids: then all must be read again.
        """
        added = self.fetch(
            f"reading {name}", self.query(name).where(f"_rowid > {last_id}").select(columns).with_row_id()
        )
        return added if self.count(name) == known + len(added) else None

    def video_ids(self, name: TableName, where: str | None = None) -> set[str]:
        """Ids of the videos that have rows. Read in batches: a table may have tens of millions of rows."""
        found: set[str] = set()
        with self.errors(f"reading {name}"):
            query: Any = self._tables[name].search()
            query = query.where(where) if where else query
            for batch in query.select(["video_id"]).to_batches():
                found.update(batch.column("video_id").unique().to_pylist())
        return found

    def add_late_columns(self) -> None:
        """Give the tables of a library that was made before the columns that have come since. Only for its writer."""
        for name, columns in LATE_COLUMNS.items():
            schema = table_schema(name, self.maker)
            absent = [schema.field(column) for column in columns if column not in self._tables[name].schema.names]
            if absent:
                with self.errors(f"adding columns to {name}"):
                    self._tables[name].add_columns(absent)

    def fit_vector_columns(self, maker: Maker) -> None:
        """Give each table the vectors that a maker has, empty at first, and take those that it has not. Only for the
        writer of a library that gets a model, or did when it was killed. Safe to repeat."""
        for name in TABLES:
            found = self._tables[name].schema
            wanted = table_schema(name, maker)
            types = [schema.field(VECTOR).type if VECTOR in schema.names else None for schema in (found, wanted)]
            if types[0] == types[1]:
                continue
            with self.errors(f"fitting the vectors of {name}"):
                if types[0] is not None:
                    self._tables[name].drop_columns([VECTOR])
                if types[1] is not None:
                    self._tables[name].add_columns([wanted.field(VECTOR)])

    def _see_newer(self) -> None:
        """Go on to the last commits where LanceDB does not look for them before each read, once in a while.

        The table of videos comes first: the rows of a video are written before its own, so those of a video that is
        seen are seen as well.
        """
        if not self._seen_after or time.monotonic() - self._seen < self._seen_after.total_seconds():
            return
        with self._seeing, self.errors("looking for newer versions"):
            begun = time.monotonic()
            if begun - self._seen < self._seen_after.total_seconds():
                return  # another thread has done it
            for name in TABLES:
                LOOP.run(self._async_tables[name].checkout_latest())
                self._tables[name].checkout_latest()
            self._seen = begun

    def errors(self, action: str) -> AbstractContextManager[None]:
        """`convert_errors` for this library."""
        return convert_errors(self.folder.path, action)


def find_or_create(folder: Storage, maker: Maker) -> Maker:
    """The maker of the library in a folder; where there is none, one is created. Safe to repeat after a crash.

    It may lack a picture model or a text model that the maker has: see `indexer.store.writing.growth`.

    Raises:
        LibraryModelsError: another maker made it.
        LibraryBrokenError: its files are damaged; or there are tables with rows and no maker file, so this is not an
            unfinished creation.
    """
    try:
        found = read_maker(folder)
    except LibraryMissingError:
        _create_tables(folder, maker)
        return maker
    check_maker(folder.path, found.with_models_of(maker), maker)
    return found


def _create_tables(folder: Storage, maker: Maker) -> None:
    """Create empty tables, then the maker file that turns the folder into a library."""
    with convert_errors(folder.path, "creating the tables"):
        database = _connect(folder, timedelta(0))
        for name in TABLES:
            if _has_rows(database, name, is_local=isinstance(folder.path, Path)):
                raise LibraryBrokenError(
                    f"library {folder.path} has lost its file {MAKER_FILE}, which names its models;"
                    " restore that file, or delete the folder and index again"
                )
            database.create_table(name, schema=table_schema(name, maker), mode="overwrite")
        write_maker(folder, maker)


@cache
def _shared_session() -> lancedb.Session:
    """One bounded cache for all libraries of this process."""
    return lancedb.Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES)


def _connect(folder: Storage, seen_after: timedelta) -> Any:
    return lancedb.connect(folder.tables_address, **_connection_options(folder, seen_after))


async def _open_async_tables(folder: Storage, seen_after: timedelta) -> dict[TableName, Any]:
    database: Any = await lancedb.connect_async(folder.tables_address, **_connection_options(folder, seen_after))
    return {name: await database.open_table(name) for name in TABLES}


def _connection_options(folder: Storage, seen_after: timedelta) -> dict[str, Any]:
    return {
        "session": _shared_session(),
        "read_consistency_interval": None if seen_after else timedelta(0),
        "storage_options": dict(folder.table_options) or None,
    }


def _has_rows(database: Any, name: TableName, *, is_local: bool) -> bool:
    try:
        return database.open_table(name).count_rows() > 0
    except (ValueError, RuntimeError, OSError) as error:  # absent, or interrupted before its first version
        if is_local or "not found" in str(error).lower():
            return False
        raise  # a store that did not answer


def _check_schema(folder: Storage, name: TableName, table: Table, maker: Maker) -> None:
    found = {(column.name, str(column.type)) for column in table.schema}
    wanted = {(column.name, str(column.type)) for column in table_schema(name, maker)}
    late = {column for column in wanted if column[0] in LATE_COLUMNS.get(name, ())}
    # Those of a model that was being added when its writer was killed, see `fit_vector_columns`.
    unused = set() if VECTOR in dict(wanted) else {column for column in found if column[0] == VECTOR}
    if not wanted - late <= found <= wanted | unused:
        raise LibraryBrokenError(
            f"library {folder.path}: table {name} has other columns than this software writes;"
            " use the version of Reelseek that made it, or index again into another folder"
        )
