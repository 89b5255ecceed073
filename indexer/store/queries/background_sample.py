"""Similarities of a query to a fixed sample of the library: what is usual here for that query."""

from dataclasses import dataclass

import numpy as np

from indexer.catalog import TextSource
from indexer.store.filters import where_all, where_equals
from indexer.store.hits import QueryVector, SampleSource, Similarities
from indexer.store.memory.dot_products import row_products
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.memory.table_cache import TableValues
from indexer.store.rows import decode_vectors
from indexer.store.schema import ArrowTable, TableName
from indexer.store.tables import Tables


@dataclass(frozen=True, slots=True)
class _Sample:
    vectors: Similarities
    """(n, dim)"""
    texts: tuple[str, ...]
    """n of them; none of frames."""


class BackgroundSample:
    """The sample depends on the rows' keys alone: it is the same in every library made from the same files."""

    def __init__(self, tables: Tables, memory: InMemoryTables, values: TableValues) -> None:
        self._tables = tables
        self._memory = memory
        self._values = values

    def similarities(self, vector: QueryVector, *, what: SampleSource, size: int) -> Similarities:
        """(n,) cosines of a query (dim,) with the sample; n is `size`, or the number of rows if there are fewer."""
        maker = self._tables.maker
        if not (maker.picture_dim if what == "frames" else maker.text_dim):
            return np.empty(0, np.float32)
        if what == "frames":
            if (frames := self._memory.frames()) is not None:
                return frames.background(vector, size)
        elif (texts := self._memory.texts()) is not None:
            return texts.background(vector, what, size)
        return row_products(self._sample(what, size).vectors, vector)

    def texts(self, source: TextSource, *, size: int) -> tuple[str, ...]:
        """The texts that `similarities` compares with, in the same order; none without a text model."""
        if not self._tables.maker.text_dim:
            return ()
        if (texts := self._memory.texts()) is not None:
            return texts.sample(source, size)
        return self._sample(source, size).texts

    def _sample(self, what: SampleSource, size: int) -> _Sample:
        table: TableName = "frames" if what == "frames" else "texts"

        def load() -> _Sample:
            rows = self._smallest_lots(table, None if table == "frames" else where_equals("source", what), size)
            rows = rows.filter(rows.column("vector").is_valid())
            texts = () if table == "frames" else tuple(rows.column("text").to_pylist())
            return _Sample(np.asarray(decode_vectors(rows), np.float32), texts)

        return self._values.get(f"sample of {size} {what}", table, load)

    def _smallest_lots(self, table: TableName, where: str | None, size: int) -> ArrowTable:
        """The `size` rows with the smallest lots (`indexer.store.rows.draw_row_lots`)."""
        count = self._tables.count(table, where)
        # Half as many again plus a few: it is all but impossible that fewer than `size` lots lie below the bound.
        bound = min(2**32 - 1, int((1.5 * size + 50) / max(count, 1) * 2**32))
        columns = ["video_id", "lot", "vector", *(["text"] if table == "texts" else [])]
        rows = self._tables.rows(table, where_all(f"lot <= {bound}", where), columns)
        return rows.sort_by([("lot", "ascending"), ("video_id", "ascending")]).slice(0, size)
