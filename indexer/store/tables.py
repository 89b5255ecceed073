"""The library's four LanceDB tables: creating, opening, and the queries that return rows.

Left out: which rows are read, searched or written, and when.
"""

from contextlib import AbstractContextManager
from datetime import timedelta
from functools import cache
from typing import Any

import lancedb
from lancedb.background_loop import LOOP
from lancedb.table import Table

from indexer.errors import LibraryBrokenError, LibraryError, LibraryMissingError
from indexer.store.database_errors import convert_errors
from indexer.store.folder import MAKER_FILE, LibraryFolder
from indexer.store.maker_file import check_maker, read_maker, write_maker
from indexer.store.schema import LATE_COLUMNS, TABLES, VECTOR, ArrowTable, Maker, TableName, table_schema

INDEX_CACHE_BYTES = 1 << 30
"""A million vectors of 512 dimensions at 4 bits each are 0.26 GB; LanceDB's own default is 6 GiB."""
METADATA_CACHE_BYTES = 128 << 20
"""LanceDB's own default is 1 GiB."""
CONSISTENCY = timedelta(0)
"""Readers look for a newer version before each read. It costs 0.3 ms, and a search always sees the last commit."""


class Tables:
    """The open tables of one library. Reading is safe from any thread; each call sees one committed version."""

    def __init__(self, folder: LibraryFolder, maker: Maker) -> None:
        """
        Raises:
            LibraryBrokenError: a table cannot be opened, or has other columns.
        """
        self.folder = folder
        self.maker = maker
        with convert_errors(folder.path, "opening the tables"):
            database = _connect(folder)
            self._tables: dict[TableName, Table] = {name: database.open_table(name) for name in TABLES}
            self._async_tables: dict[TableName, Any] = LOOP.run(_open_async_tables(folder))
        for name, table in self._tables.items():
            _check_schema(folder, name, table, maker)

    def table(self, name: TableName) -> Table:
        """LanceDB's table, for writing and for its indexes."""
        return self._tables[name]

    def version(self, name: TableName) -> int:
        """Version of the last commit."""
        with self.errors(f"reading {name}"):
            return self._tables[name].version

    def count(self, name: TableName, where: str | None = None) -> int:
        """Number of rows that meet a condition."""
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

    def errors(self, action: str) -> AbstractContextManager[None]:
        """`convert_errors` for this library."""
        return convert_errors(self.folder.path, action)


def find_or_create(folder: LibraryFolder, maker: Maker) -> Maker:
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


def _create_tables(folder: LibraryFolder, maker: Maker) -> None:
    """Create empty tables, then the maker file that turns the folder into a library."""
    with convert_errors(folder.path, "creating the tables"):
        database = _connect(folder)
        for name in TABLES:
            if _has_rows(database, name):
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


def _connect(folder: LibraryFolder) -> Any:
    return lancedb.connect(str(folder.tables), session=_shared_session(), read_consistency_interval=CONSISTENCY)


async def _open_async_tables(folder: LibraryFolder) -> dict[TableName, Any]:
    database: Any = await lancedb.connect_async(
        str(folder.tables), session=_shared_session(), read_consistency_interval=CONSISTENCY
    )
    return {name: await database.open_table(name) for name in TABLES}


def _has_rows(database: Any, name: TableName) -> bool:
    try:
        return database.open_table(name).count_rows() > 0
    except (ValueError, RuntimeError, OSError):  # absent, or interrupted before its first version
        return False


def _check_schema(folder: LibraryFolder, name: TableName, table: Table, maker: Maker) -> None:
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
