"""The table `frames` in memory. Pure."""

from collections.abc import Collection, Iterable

import numpy as np

from indexer.store.hits import FrameHit, QueryVector, SegmentKey, Similarities
from indexer.store.memory.vectors import RowSample, RowVectors, row_is_in_videos, top_vector_rows
from indexer.store.schema import ArrowTable


class InMemoryFrames:
    """One version of the table `frames`."""

    def __init__(self, table: ArrowTable) -> None:
        order = [("video_id", "ascending"), ("segment_index", "ascending"), ("time_seconds", "ascending")]
        table = table.sort_by(order)
        self._videos: list[str] = table.column("video_id").to_pylist()
        self._segments: list[int] = table.column("segment_index").to_pylist()
        self._times: list[float] = table.column("time_seconds").to_pylist()
        self._vectors = RowVectors(table)
        self._has_vector: list[bool] = np.isin(np.arange(len(table)), self._vectors.present).tolist()
        self._sample = RowSample(table, self._vectors.present)
        keys = list(zip(self._videos, self._segments, strict=True))
        self._first = {key: position for position, key in reversed(list(enumerate(keys)))}
        self._last = {key: position for position, key in enumerate(keys)}

    def nearest(self, vector: QueryVector, *, limit: int, video_ids: Collection[str] | None) -> list[FrameHit]:
        """As `indexer.store.queries.vector_search.VectorSearch.nearest_frames`."""
        cosines = self._vectors.cosines(vector)
        positions = row_is_in_videos(self._vectors.present, self._videos, video_ids)
        best, similarities = top_vector_rows(positions, cosines, limit)
        hits = [
            FrameHit(self._videos[position], self._segments[position], self._times[position], similarity)
            for position, similarity in zip(best.tolist(), similarities.tolist(), strict=True)
        ]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.video_id, hit.time_seconds))

    def similarities(
        self, vector: QueryVector, keys: Iterable[SegmentKey]
    ) -> dict[SegmentKey, list[tuple[float, float]]]:
        """As `indexer.store.queries.segment_similarity.SegmentSimilarity.frames`."""
        products = self._vectors.products(vector)
        found: dict[SegmentKey, list[tuple[float, float]]] = {}
        for key in keys:
            rows = slice(self._first.get(key, 0), self._last.get(key, -1) + 1)
            frames = zip(self._times[rows], products[rows].tolist(), self._has_vector[rows], strict=True)
            found[key] = [(time, product) for time, product, has_vector in frames if has_vector]
        return found

    def background(self, vector: QueryVector, size: int) -> Similarities:
        """(n,) cosines with a sample of at most `size` rows."""
        return self._vectors.products(vector)[self._sample.first(size)]
