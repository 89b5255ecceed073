"""The table `texts` in memory. Pure."""

from collections.abc import Callable, Collection
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.records import TextRow, TimeSpan
from indexer.store.hits import QueryVector, SegmentKey, Similarities, TextHit, sort_hits_by_similarity
from indexer.store.memory.bounded_cache import BoundedCache
from indexer.store.memory.vectors import (
    CACHED_QUERIES,
    Positions,
    RowSample,
    RowVectors,
    row_is_in_videos,
    top_vector_rows,
)
from indexer.store.rows import decode_texts
from indexer.store.schema import ArrowTable

WordMatches = tuple[Positions, Similarities]
"""Rows that contain a word of a query, with their BM25 scores (n,); in no order."""


class InMemoryTexts:
    """One version of the table `texts`, read with its row ids."""

    def __init__(self, table: ArrowTable) -> None:
        order = [("video_id", "ascending"), ("source", "ascending"), ("text_index", "ascending")]
        self._table: ArrowTable = table.sort_by(order)
        columns = self._table.select(["video_id", "segment_index", "text", "letters", "is_scenery"]).to_pydict()
        self._videos: list[str] = columns["video_id"]
        self._segments: list[int] = columns["segment_index"]
        self._texts: list[str] = columns["text"]
        self._scenery: list[bool] = columns["is_scenery"]
        self.letters: list[str] = columns["letters"]
        """The column `letters`, by position."""
        starts, stops = (self._table.column(name).to_pylist() for name in ("start_seconds", "stop_seconds"))
        self._spans = [TimeSpan(start, stop) for start, stop in zip(starts, stops, strict=True)]
        self._vectors = RowVectors(self._table)
        ids = self._table.column("_rowid").to_numpy()
        self._id_order = np.argsort(ids)
        self._sorted_ids = ids[self._id_order]
        sources: list[TextSource] = self._table.column("source").to_pylist()
        by_source: dict[str, list[int]] = {}
        self._by_segment: dict[tuple[str, str, int], list[int]] = {}
        self._by_video: dict[tuple[str, str], list[int]] = {}
        for position, (source, video_id, index) in enumerate(zip(sources, self._videos, self._segments, strict=True)):
            by_source.setdefault(source, []).append(position)
            self._by_segment.setdefault((source, video_id, index), []).append(position)
            self._by_video.setdefault((source, video_id), []).append(position)
        self._by_source: dict[str, Positions] = {
            source: np.array(positions, np.intp) for source, positions in by_source.items()
        }
        with_vector = self._vectors.present
        self._with_vector = {source: rows[np.isin(rows, with_vector)] for source, rows in self._by_source.items()}
        self._samples = {source: RowSample(self._table, positions) for source, positions in self._with_vector.items()}
        self._matches: BoundedCache[tuple[str, str], WordMatches | None] = BoundedCache(CACHED_QUERIES)

    def __len__(self) -> int:
        return len(self._texts)

    @cached_property
    def distinct_texts(self) -> list[str]:
        """Every text once."""
        return list(dict.fromkeys(self._texts))

    def nearest(
        self, vector: QueryVector, *, source: TextSource, limit: int, video_ids: Collection[str] | None
    ) -> list[TextHit]:
        """As `indexer.store.queries.vector_search.VectorSearch.nearest_texts`."""
        comparable = self._with_vector.get(source, np.empty(0, np.intp))
        positions = row_is_in_videos(comparable, self._videos, video_ids)
        return self.hits(*top_vector_rows(positions, self._vectors.cosines(vector), limit))

    def cached_matches(
        self, query: str, source: TextSource | None, search: Callable[[], WordMatches | None]
    ) -> WordMatches | None:
        """The result of a full-text search of this version of the table, which runs once for a query and source."""
        return self._matches.get((query, source or ""), search)

    def positions(self, row_ids: NDArray[np.integer[Any]]) -> Positions | None:
        """Positions of the rows with these ids; None when an id is unknown."""
        if not len(self._sorted_ids):
            return None if len(row_ids) else np.empty(0, np.intp)
        ranks = np.minimum(np.searchsorted(self._sorted_ids, row_ids), len(self._sorted_ids) - 1)
        return self._id_order[ranks] if np.array_equal(self._sorted_ids[ranks], row_ids) else None

    def best_matches(
        self, matches: WordMatches, *, source: TextSource, limit: int, video_ids: Collection[str] | None
    ) -> WordMatches:
        """The `limit` matches of one source with the greatest scores, best first."""
        scores = np.full(len(self), -1.0, np.float32)
        scores[matches[0]] = matches[1]
        positions = self._of_source(source, video_ids)
        return top_vector_rows(positions[scores[positions] >= 0], scores, limit)

    def hits(self, positions: Positions, similarities: Similarities) -> list[TextHit]:
        """Rows as hits, best first."""
        return sort_hits_by_similarity(
            [
                TextHit(
                    self._videos[position],
                    self._segments[position],
                    self._spans[position],
                    self._texts[position],
                    similarity,
                    self._scenery[position],
                )
                for position, similarity in zip(positions.tolist(), similarities.tolist(), strict=True)
            ]
        )

    def in_segments(
        self,
        vector: QueryVector | None,
        keys: Collection[SegmentKey],
        *,
        sources: Collection[TextSource],
    ) -> dict[SegmentKey, list[TextHit]]:
        """As `indexer.store.queries.segment_similarity.SegmentSimilarity.texts`."""
        products = np.zeros(len(self), np.float32) if vector is None else self._vectors.products(vector)
        found: dict[SegmentKey, list[TextHit]] = {}
        for video_id, index in dict.fromkeys(keys):
            if rows := [row for source in sources for row in self._by_segment.get((source, video_id, index), ())]:
                positions = np.array(rows, np.intp)
                hits = self.hits(positions, products[positions])
                found[video_id, index] = sorted(hits, key=lambda hit: hit.span.start_seconds)
        return found

    def background(self, vector: QueryVector, source: TextSource, size: int) -> Similarities:
        """(n,) cosines with a sample of at most `size` rows of one source."""
        if source not in self._samples:
            return np.empty(0, np.float32)
        return self._vectors.products(vector)[self._samples[source].first(size)]

    def sample(self, source: TextSource, size: int) -> tuple[str, ...]:
        """The texts of that sample, in the same order."""
        if source not in self._samples:
            return ()
        return tuple(self._texts[position] for position in self._samples[source].first(size).tolist())

    def rows(self, video_id: str, source: TextSource) -> list[TextRow]:
        """Texts of one video, in the order in which they were written."""
        positions = self._by_video.get((source, video_id), [])
        return decode_texts(self._table.slice(positions[0], len(positions))) if positions else []

    def _of_source(self, source: TextSource, video_ids: Collection[str] | None) -> Positions:
        return row_is_in_videos(self._by_source.get(source, np.empty(0, np.intp)), self._videos, video_ids)
