"""Similarities of a query to a fixed sample of the library: what is usual here for that query."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
    rows: ArrowTable
    """The rows with the smallest lots, also those without a vector."""
    known: int
    """Rows of the table when the sample was drawn."""
    last_id: int
    """The greatest of their ids; -1 where there are none."""


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
            known, last_id = self._tables.count(table), self._tables.last_row_id(table, "true")
            last_id = -1 if last_id is None else last_id
            where = f"_rowid <= {last_id}"  # what is added meanwhile is for `extend`
            where = where if table == "frames" else where_all(where, where_equals("source", what))
            return _sample_of(self._smallest_lots(table, where, size), known, last_id)

        def extend(before: _Sample) -> _Sample | None:
            return self._with_added(before, what, table, size)

        return self._values.get(f"sample of {size} {what}", table, load, extend=extend)

    def _with_added(self, before: _Sample, what: SampleSource, table: TableName, size: int) -> _Sample | None:
        """The sample after rows were added; None where others have gone."""
        columns = ["lot", *(["source"] if table == "texts" else [])]
        added = self._tables.rows_added(table, before.known, before.last_id, columns)
        if added is None:
            return None
        known = before.known + len(added)
        last_id = max([before.last_id, *added.column("_rowid").to_pylist()])
        if table == "texts":
            added = added.filter(pc.field("source") == what)
        if len(before.rows) == size:
            added = added.filter(pc.field("lot") <= before.rows.column("lot")[size - 1].as_py())
        ids = added.sort_by("lot").column("_rowid").slice(0, size).to_pylist()
        rows = self._tables.rows_by_id(table, ids, before.rows.column_names) if ids else before.rows.slice(0, 0)
        return None if rows is None else _sample_of(_first(pa.concat_tables([before.rows, rows]), size), known, last_id)

    def _smallest_lots(self, table: TableName, where: str, size: int) -> ArrowTable:
        """The `size` rows with the smallest lots (`indexer.store.rows.draw_row_lots`)."""
        count = self._tables.count(table, where)
        # Half as many again plus a few: it is all but impossible that fewer than `size` lots lie below the bound.
        bound = min(2**32 - 1, int((1.5 * size + 50) / max(count, 1) * 2**32))
        columns = ["video_id", "lot", "vector", *(["text"] if table == "texts" else [])]
        return _first(self._tables.rows(table, where_all(f"lot <= {bound}", where), columns), size)


def _first(rows: ArrowTable, size: int) -> ArrowTable:
    return rows.sort_by([("lot", "ascending"), ("video_id", "ascending")]).slice(0, size)


def _sample_of(rows: ArrowTable, known: int, last_id: int) -> _Sample:
    compared = rows.filter(rows.column("vector").is_valid())
    texts = tuple(compared.column("text").to_pylist()) if "text" in rows.column_names else ()
    return _Sample(np.asarray(decode_vectors(compared), np.float32), texts, rows, known, last_id)
