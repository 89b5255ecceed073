"""Small tables are read into memory and searched there; the layer below `store_read`.

The database needs milliseconds for any question, however little it is asked for, and a search asks fifteen times. A
library of a few hours is some megabytes: its tables are read whole, and again when they have changed. A larger one
is asked as before.
"""

from collections.abc import Callable
from typing import TypeVar

from indexer.schema import ArrowTable, TableName
from indexer.store_kept import KeptFrames, KeptSegments
from indexer.store_kept_texts import KeptTexts
from indexer.store_tables import Tables

KEPT_BYTES = 64 << 20
"""Of a table's vectors, as float32: 32,000 frames of 512 dimensions, nine hours at one a second."""
KEPT_ROWS = 50_000
"""And at most so many rows, whatever their vectors."""
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
