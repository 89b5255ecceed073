"""Nearest neighbours of a query vector: frames and texts."""

from collections.abc import Collection
from typing import Any

import numpy as np

from indexer.catalog import TextSource
from indexer.store.filters import where_one_of, where_source
from indexer.store.hits import FrameHit, QueryVector, TextHit
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.memory.table_cache import TableValues
from indexer.store.queries.text_hits import TextHits
from indexer.store.schema import TableName
from indexer.store.tables import Tables

MIN_PROBES = 80
ROWS_A_PROBE = 8_192
"""Partitions of the vector index that a query probes: one for so many rows of the table, and `MIN_PROBES` at least. A
partition has about 4,096 rows, so from 655,000 rows on half of them are probed. What is lost is lost to probing, not to
quantization; docs/benchmarks.md has the figures."""
MIN_REFINE_FACTOR = 2
"""Candidates re-measured with their stored vectors, for each wanted result."""
MIN_REFINE_CANDIDATES = 100
"""The same in all, at least."""


class VectorSearch:
    """Filters apply before the ranking, so they never cost results."""

    def __init__(self, tables: Tables, memory: InMemoryTables, text_hits: TextHits, values: TableValues) -> None:
        self._tables = tables
        self._memory = memory
        self._text_hits = text_hits
        self._values = values

    def nearest_frames(self, vector: QueryVector, *, limit: int, video_ids: Collection[str] | None) -> list[FrameHit]:
        """The `limit` frames most similar to a query vector (dim,), best first; fewer only where there are fewer.

        Raises:
            ValueError: the vector has another shape.
        """
        if not self._can_compare("frames", vector, limit):
            return []
        if (frames := self._memory.frames()) is not None:
            return frames.nearest(vector, limit=limit, video_ids=video_ids)
        where = None if video_ids is None else where_one_of("video_id", video_ids)
        query = self._nearest("frames", vector, limit=limit, where=where)
        columns = ["video_id", "segment_index", "time_seconds", "_distance"]
        rows = self._tables.fetch("searching frames", query.select(columns))
        hits = [
            FrameHit(row["video_id"], row["segment_index"], row["time_seconds"], 1.0 - row["_distance"])
            for row in rows.to_pylist()
        ]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.video_id, hit.time_seconds))

    def nearest_texts(
        self, vector: QueryVector, *, source: TextSource, limit: int, video_ids: Collection[str] | None
    ) -> list[TextHit]:
        """The `limit` texts of one source most similar in meaning to a query vector (dim,), best first.

        Raises:
            ValueError: the vector has another shape.
        """
        if not self._can_compare("texts", vector, limit):
            return []
        if (texts := self._memory.texts()) is not None:
            return texts.nearest(vector, source=source, limit=limit, video_ids=video_ids)
        if not self._text_hits.has_source(source):
            return []
        where = where_source(source, video_ids)
        return self._text_hits.fetch("_distance", lambda: self._nearest("texts", vector, limit=limit, where=where))

    def _nearest(self, table: TableName, vector: QueryVector, *, limit: int, where: str | None) -> Any:
        """A query by vector without selected columns."""
        query = self._tables.query(table).nearest_to(np.asarray(vector, np.float32)).column("vector")
        query = (
            query.distance_type("cosine").nprobes(self._probes(table)).refine_factor(_refine_factor(limit)).limit(limit)
        )
        return query.where(where) if where else query

    def _probes(self, table: TableName) -> int:
        rows = self._values.get(f"rows of {table}", table, lambda: self._tables.count(table))
        return max(MIN_PROBES, -(-rows // ROWS_A_PROBE))

    def _can_compare(self, table: TableName, vector: QueryVector, limit: int) -> bool:
        maker = self._tables.maker
        dim = maker.picture_dim if table == "frames" else maker.text_dim
        if not dim or limit < 1:
            return False
        if vector.shape != (dim,):
            raise ValueError(f"a query vector for {table} must have the shape ({dim},), got {vector.shape}")
        return True


def _refine_factor(limit: int) -> int:
    return max(MIN_REFINE_FACTOR, -(-MIN_REFINE_CANDIDATES // limit))
