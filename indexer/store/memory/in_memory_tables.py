"""Which tables are held in memory: small ones whole, row locators of larger ones.

The database needs milliseconds for any query, however small, and a search makes fifteen. The tables of a library of a
few hours are some megabytes: they are read whole, and again when they have changed. To a row locator, rows that were
added are added; it is read again only where others have gone or have got new ids.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from indexer.store.memory.frames import InMemoryFrames
from indexer.store.memory.row_locator import LOCATOR_COLUMNS, RowLocator, SegmentLocator, TextLocator
from indexer.store.memory.segments import InMemorySegments
from indexer.store.memory.table_cache import TableValues
from indexer.store.memory.texts import InMemoryTexts
from indexer.store.schema import ArrowTable, TableName
from indexer.store.tables import Tables

Held = TypeVar("Held")
Locator = TypeVar("Locator", RowLocator, SegmentLocator, TextLocator)


@dataclass(frozen=True, slots=True)
class MemoryLimits:
    """How large a table may be to be held in memory."""

    table_rows: int = 50_000
    """Of a whole table."""
    vector_bytes: int = 64 << 20
    """Of a whole table's vectors, as float32: 32,000 frames of 512 dimensions, nine hours at one a second."""
    locator_rows: int = 2_000_000
    """Of a table with a row locator: 500,000 rows are read in 0.2 s."""
    locator_text_bytes: int = 256 << 20
    """Of the texts in a locator. The captions and lines of 2,000 hours are about 140 MB."""


class InMemoryTables:
    """Each method returns None where the table is too large, or where nothing is held in memory.

    Args:
        limits: None holds nothing in memory. So do writers, who would read the table again after each commit.
    """

    def __init__(self, tables: Tables, values: TableValues, limits: MemoryLimits | None) -> None:
        self._tables = tables
        self._values = values
        self._limits = limits

    def segments(self) -> InMemorySegments | None:
        return self._whole("segments", InMemorySegments)

    def frames(self) -> InMemoryFrames | None:
        return self._whole("frames", InMemoryFrames)

    def texts(self) -> InMemoryTexts | None:
        return self._whole("texts", InMemoryTexts)

    def segment_locator(self) -> SegmentLocator | None:
        return self._locator("segments", SegmentLocator)

    def text_locator(self) -> TextLocator | None:
        return self._locator("texts", TextLocator)

    def row_locator(self, table: TableName) -> RowLocator | None:
        """The row locator of `segments`, `frames` or `texts`."""
        if table == "frames":
            return self._locator(table, RowLocator)
        locator = self.text_locator() if table == "texts" else self.segment_locator()
        return None if locator is None else locator.rows

    def _whole(self, table: TableName, hold: Callable[[ArrowTable], Held]) -> Held | None:
        if (limits := self._limits) is None:
            return None

        def load() -> Held | None:
            if not self._is_small(table, limits):
                return None
            query = self._tables.query(table).with_row_id()
            return hold(self._tables.fetch(f"reading {table}", query))

        return self._values.get(table, table, load)

    def _locator(self, table: TableName, hold: Callable[[ArrowTable], Locator]) -> Locator | None:
        if (limits := self._limits) is None:
            return None

        def load() -> Locator | None:
            if self._tables.count(table) > limits.locator_rows:
                return None
            query = self._tables.query(table).select(LOCATOR_COLUMNS[table]).with_row_id()
            rows = self._tables.fetch(f"reading {table}", query)
            if table == "texts" and rows.column("text").nbytes > limits.locator_text_bytes:
                return None
            return hold(rows)

        def extend(held: Locator | None) -> Locator | None:
            if held is None:
                return None
            known = held if isinstance(held, RowLocator) else held.rows
            rows = self._tables.rows_added(table, len(known), known.last_id, LOCATOR_COLUMNS[table])
            return None if rows is None or len(known) + len(rows) > limits.locator_rows else held.extended(rows)

        return self._values.get(f"locator of {table}", table, load, extend=extend)

    def _is_small(self, table: TableName, limits: MemoryLimits) -> bool:
        maker = self._tables.maker
        dim = maker.text_dim if table == "texts" else maker.picture_dim
        return self._tables.count(table) <= min(limits.table_rows, limits.vector_bytes // (4 * max(dim, 1)))
