"""Frames and texts of given segments, compared with a query vector."""

from collections.abc import Collection, Sequence

import numpy as np

from indexer.catalog import TextSource
from indexer.store.filters import where_all, where_in_segments, where_one_of
from indexer.store.hits import QueryVector, SegmentKey, Similarities, TextHit
from indexer.store.memory.dot_products import row_products
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.queries.segment_rows import fetch_segment_rows
from indexer.store.queries.text_hits import TEXT_HIT_COLUMNS, text_hit
from indexer.store.rows import decode_vectors
from indexer.store.schema import ArrowTable
from indexer.store.tables import Tables


class SegmentSimilarity:
    """Similarities inside segments that a search has found."""

    def __init__(self, tables: Tables, memory: InMemoryTables) -> None:
        self._tables = tables
        self._memory = memory

    def frames(self, vector: QueryVector, keys: Sequence[SegmentKey]) -> dict[SegmentKey, list[tuple[float, float]]]:
        """For each given segment its frames' (time in seconds, cosine with the query), in order of time."""
        result: dict[SegmentKey, list[tuple[float, float]]] = {key: [] for key in keys}
        if not result or not self._tables.maker.picture_dim:
            return result
        if (frames := self._memory.frames()) is not None:
            return frames.similarities(vector, result)
        columns = ["video_id", "segment_index", "time_seconds", "vector"]
        rows = fetch_segment_rows(
            self._tables, self._memory, "frames", result, where=where_in_segments(result), columns=columns
        )
        rows = rows.filter(rows.column("vector").is_valid()).sort_by("time_seconds")
        names, indices = rows.column("video_id").to_pylist(), rows.column("segment_index").to_pylist()
        times = rows.column("time_seconds").to_pylist()
        for name, index, time, similarity in zip(names, indices, times, _cosines(rows, vector), strict=True):
            if (name, index) in result:
                result[name, index].append((time, float(similarity)))
        return result

    def texts(
        self,
        vector: QueryVector | None,
        keys: Collection[SegmentKey],
        *,
        sources: Collection[TextSource],
    ) -> dict[SegmentKey, list[TextHit]]:
        """The texts of some sources in the given segments, in order of time; similarity 0 without a vector (dim,)."""
        result: dict[SegmentKey, list[TextHit]] = {}
        if not keys or not sources:
            return result
        vector = vector if self._tables.maker.text_dim else None
        if (texts := self._memory.texts()) is not None:
            return texts.in_segments(vector, keys, sources=sources)
        if vector is None and (locator := self._memory.text_locator()) is not None:
            for hit in locator.in_segments(keys, sources=sources):
                result.setdefault((hit.video_id, hit.segment_index), []).append(hit)
            return result
        where = where_all(where_in_segments(keys), where_one_of("source", sources))
        columns = ["source", *TEXT_HIT_COLUMNS, *([] if vector is None else ["vector"])]
        rows = fetch_segment_rows(self._tables, self._memory, "texts", keys, where=where, columns=columns)
        rows = rows.sort_by("start_seconds")
        cosines = np.zeros(rows.num_rows, np.float32) if vector is None else _cosines(rows, vector)
        wanted = set(keys)
        for row, cosine in zip(rows.select(["source", *TEXT_HIT_COLUMNS]).to_pylist(), cosines, strict=True):
            if row["source"] in sources and (row["video_id"], row["segment_index"]) in wanted:
                hit = text_hit(row, float(cosine))
                result.setdefault((hit.video_id, hit.segment_index), []).append(hit)
        return result


def _cosines(rows: ArrowTable, vector: QueryVector) -> Similarities:
    vectors = decode_vectors(rows)
    return row_products(np.zeros((0, len(vector)), np.float32) if vectors is None else vectors, vector)
