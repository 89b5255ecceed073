"""Small tables are read into memory and searched there; the layer below `store_read`.

The database needs milliseconds for any question, however little it is asked for, and a search asks fifteen times. A
library of a few hours is some megabytes: its tables are read whole, and again when they have changed. A larger one
is asked as before.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from indexer.errors import LibraryError
from indexer.store.hits import SegmentKey
from indexer.store.memory.row_locator import MOST_TEXT_BYTES, PLACED_COLUMNS, Places, SegmentPlaces, TextPlaces
from indexer.store.memory.texts import KeptTexts
from indexer.store.memory.vectors import KeptFrames, KeptSegments
from indexer.store.schema import ArrowTable, TableName
from indexer.store.tables import Tables

KEPT_BYTES = 64 << 20
"""Of a table's vectors, as float32: 32,000 frames of 512 dimensions, nine hours at one a second."""
KEPT_ROWS = 50_000
"""And at most so many rows, whatever their vectors."""
PLACED_ROWS = 2_000_000
"""A table of at most so many rows has the places of its rows kept: 500,000 are read in 0.2 s."""
Kept = TypeVar("Kept")


class Keeping(Tables):
    """A writer keeps nothing: after each of its commits it would read the table again."""

    def _kept_segments(self) -> KeptSegments | None:
        """None where the table is too large; so for the others."""
        return self._keep("segments", KeptSegments)

    def _kept_frames(self) -> KeptFrames | None:
        return self._keep("frames", KeptFrames)

    def _kept_texts(self) -> KeptTexts | None:
        return self._keep("texts", KeptTexts)

    def side_by_side(self, asks: Sequence[Callable[[], Kept]]) -> list[Kept]:
        """Asks several things of the library: at once where the database answers, in turn where memory does."""
        if len(asks) < 2 or self._kept_texts() is not None:
            return [ask() for ask in asks]
        with ThreadPoolExecutor(len(asks)) as pool:
            return [future.result() for future in [pool.submit(ask) for ask in asks]]

    def _rows_of(self, table: TableName, keys: Collection[SegmentKey], where: str, columns: list[str]) -> ArrowTable:
        """The rows of these segments, and maybe others, in no particular order.

        Args:
            where: the same as a filter, for a table whose places are not kept or have just changed.
        """
        places = self._places(table)
        rows = None if places is None else self._taken(table, places.row_ids(keys), columns)
        return self._rows(table, where, columns) if rows is None else rows

    def _taken(self, table: TableName, row_ids: Sequence[int], columns: list[str]) -> ArrowTable | None:
        """The rows with these ids, in no particular order; None where a compaction has given them new ones."""
        try:
            rows = self._fetch(f"reading {table}", self._readable[table].take_row_ids(row_ids).select(columns))[0]
        except LibraryError:
            return None
        return rows if len(rows) == len(row_ids) else None

    def _segment_places(self) -> SegmentPlaces | None:
        places = self._places("segments")
        return places if isinstance(places, SegmentPlaces) else None

    def _text_places(self) -> TextPlaces | None:
        places = self._places("texts")
        return places if isinstance(places, TextPlaces) else None

    def _places(self, table: TableName) -> Places | None:
        if self._may_write:
            return None

        def read() -> Places | None:
            if self._count(table) > PLACED_ROWS:
                return None
            query = self._readable[table].query().select(PLACED_COLUMNS[table]).with_row_id()
            rows = self._fetch(f"reading {table}", query)[0]
            if table == "texts" and rows.column("text").nbytes > MOST_TEXT_BYTES:
                return None
            kinds: dict[TableName, type[Places]] = {"segments": SegmentPlaces, "texts": TextPlaces}
            return kinds.get(table, Places)(rows)

        return self._while_same(f"places of {table}", table, read)

    def _keep(self, table: TableName, read: Callable[[ArrowTable], Kept]) -> Kept | None:
        if self._may_write:
            return None
        return self._while_same(table, table, lambda: read(self._whole(table)) if self._is_small(table) else None)

    def _whole(self, table: TableName) -> ArrowTable:
        """All columns of all rows, and their row ids."""
        return self._fetch(f"reading {table}", self._readable[table].query().with_row_id())[0]

    def _is_small(self, table: TableName) -> bool:
        dim = self.maker.text_dim if table == "texts" else self.maker.picture_dim
        return self._count(table) <= min(KEPT_ROWS, KEPT_BYTES // (4 * max(dim, 1)))
