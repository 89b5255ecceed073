"""Salvage of one table: which fragments can still be read, and a new table of their rows in place of the damaged one.

LanceDB stores rows in fragments of immutable files. Reading by row number touches one fragment only, so a lost file
costs its own rows and no others.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa
from lancedb.background_loop import LOOP

from indexer.errors import LibraryBrokenError
from indexer.store.database_errors import convert_errors
from indexer.store.folder import LibraryFolder
from indexer.store.schema import ArrowTable, Maker, TableName, table_schema

_ROWS = 4096
_FRAGMENT_SHIFT = 32
"""A row's number is its fragment's number and its position in it."""


@dataclass(frozen=True, slots=True)
class Salvage:
    """What is left of a table."""

    name: TableName
    row_numbers: list[list[int]] | None
    """Row numbers of each fragment that can be read; None where the table cannot be opened."""
    lost_rows: int

    @property
    def is_whole(self) -> bool:
        return self.row_numbers is not None and not self.lost_rows


class TableSalvage:
    """Reads tables with caches of its own, since others may hold what a file was before."""

    def __init__(self, folder: LibraryFolder, maker: Maker) -> None:
        self._folder = folder
        self._maker = maker

    def place(self, name: TableName) -> Path:
        """The table's folder."""
        return self._folder.tables / f"{name}.lance"

    def newest_version(self, name: TableName) -> str:
        """Name of the newest manifest; empty without one."""
        # LanceDB numbers manifests downwards, so that the newest comes first in a listing.
        return min((path.name for path in (self.place(name) / "_versions").glob("*.manifest")), default="")

    def examine(self, name: TableName) -> Salvage:
        """Read every row of a table. Where its newest version cannot be opened, it goes back to one that can be."""
        while True:
            try:
                numbers = self._row_numbers(name)
                break
            except LibraryBrokenError:
                if not self._drop_newest_version(name):
                    return Salvage(name, None, 0)
        readable = [rows for rows in numbers if self._is_readable(name, rows)]
        return Salvage(name, readable, sum(map(len, numbers)) - sum(map(len, readable)))

    def rows(self, salvage: Salvage) -> Iterator[ArrowTable]:
        """The readable rows, a few thousand at a time."""
        for fragment in salvage.row_numbers or ():
            yield from self._read(salvage.name, fragment)

    def rewrite(self, name: TableName, parts: Iterator[ArrowTable]) -> None:
        """Make a table of these rows, without indexes, and put it in place of the damaged one.

        Raises:
            LibraryError: the disk is full.
        """
        schema = table_schema(name, self._maker)
        staging = self._folder.staging() / "repaired"
        with convert_errors(self._folder.path, f"rewriting {name}"):
            shutil.rmtree(staging, ignore_errors=True)
            batches = (batch for part in parts for batch in _fitted(part, schema).to_batches())
            reader = pa.RecordBatchReader.from_batches(schema, batches)
            lancedb.connect(str(staging)).create_table(name, data=reader, schema=schema)
            shutil.rmtree(self.place(name), ignore_errors=True)
            (staging / f"{name}.lance").rename(self.place(name))

    def drop_indexes(self, name: TableName) -> bool:
        """Drop all indexes of a table. Returns whether that was possible."""
        try:
            with convert_errors(self._folder.path, f"dropping the indexes of {name}"):
                table: Any = lancedb.connect(str(self._folder.tables)).open_table(name)
                for index in table.list_indices():
                    table.drop_index(index.name)
        except LibraryBrokenError:
            return False
        return True

    def _row_numbers(self, name: TableName) -> list[list[int]]:
        """Of each fragment, from the manifest and the lists of deleted rows alone."""
        with convert_errors(self._folder.path, f"reading {name}"):
            found = LOOP.run(_numbers(self._folder.tables, name)).column("_rowid").to_pylist()
        fragments: dict[int, list[int]] = {}
        for number in found:
            fragments.setdefault(number >> _FRAGMENT_SHIFT, []).append(number)
        return list(fragments.values())

    def _is_readable(self, name: TableName, rows: list[int]) -> bool:
        try:
            for _ in self._read(name, rows):
                pass
        except LibraryBrokenError:
            return False
        return True

    def _read(self, name: TableName, rows: list[int]) -> Iterator[ArrowTable]:
        for start in range(0, len(rows), _ROWS):
            with convert_errors(self._folder.path, f"reading {name}"):
                part = LOOP.run(_take(self._folder.tables, name, rows[start : start + _ROWS]))
                part.validate(full=True)
            yield part

    def _drop_newest_version(self, name: TableName) -> bool:
        versions = sorted((self.place(name) / "_versions").glob("*.manifest"))
        if not versions:
            return False
        versions[0].unlink()
        (self.place(name) / "_versions" / "latest_version_hint.json").unlink(missing_ok=True)
        return len(versions) > 1


async def _numbers(place: Path, name: str) -> Any:
    table = await (await lancedb.connect_async(str(place))).open_table(name)
    return await table.query().with_row_id().select([]).to_arrow()


async def _take(place: Path, name: str, rows: list[int]) -> Any:
    table = await (await lancedb.connect_async(str(place))).open_table(name)
    return await table.take_row_ids(rows).to_arrow()


def _fitted(part: ArrowTable, schema: Any) -> ArrowTable:
    """The part with the columns of the schema; those that it lacks are null."""
    columns = [
        part.column(field.name).cast(field.type) if field.name in part.schema.names else pa.nulls(len(part), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
