"""The table `texts` in memory; see `store_kept`. Pure."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.records import TextRow, TimeSpan
from indexer.store.hits import SegmentKey, Similarities, TextHit, best_first
from indexer.store.memory.bounded_cache import Recent
from indexer.store.memory.vectors import KEPT_QUERIES, KeptVectors, Places, Sample, greatest, in_videos
from indexer.store.rows import read_texts
from indexer.store.schema import ArrowTable

Matches = tuple[Places, Similarities]
"""Rows that hold a word of a query, with their scores (n,); in no order."""


class KeptTexts:
    """The table `texts`, its rows with their row ids."""

    def __init__(self, table: ArrowTable) -> None:
        order = [("video_id", "ascending"), ("source", "ascending"), ("text_index", "ascending")]
        self._table: ArrowTable = table.sort_by(order)
        columns = self._table.select(["video_id", "segment_index", "text", "letters", "is_scenery"]).to_pydict()
        self._videos: list[str] = columns["video_id"]
        self._segments: list[int] = columns["segment_index"]
        self._texts: list[str] = columns["text"]
        self._scenery: list[bool] = columns["is_scenery"]
        self.letters: list[str] = columns["letters"]
        """Of each row."""
        starts, stops = (self._table.column(name).to_pylist() for name in ("start_seconds", "stop_seconds"))
        self._spans = [TimeSpan(start, stop) for start, stop in zip(starts, stops, strict=True)]
        self._vectors = KeptVectors(self._table)
        ids = self._table.column("_rowid").to_numpy()
        self._by_id = np.argsort(ids)
        self._ids = ids[self._by_id]
        sources: list[TextSource] = self._table.column("source").to_pylist()
        named: dict[str, list[int]] = {}
        self._of_segment: dict[tuple[str, str, int], list[int]] = {}
        self._of_video: dict[tuple[str, str], list[int]] = {}
        for place, (source, video_id, index) in enumerate(zip(sources, self._videos, self._segments, strict=True)):
            named.setdefault(source, []).append(place)
            self._of_segment.setdefault((source, video_id, index), []).append(place)
            self._of_video.setdefault((source, video_id), []).append(place)
        self._of_source: dict[str, Places] = {source: np.array(places, np.intp) for source, places in named.items()}
        self._samples = {source: Sample(self._table, places) for source, places in self._of_source.items()}
        self.matches: Recent[tuple[str, str], Matches | None] = Recent(KEPT_QUERIES)
        """By query and source, for `Searching.match_words`."""

    def __len__(self) -> int:
        return len(self._texts)

    def nearest(
        self, vector: NDArray[np.floating[Any]], *, source: TextSource, limit: int, video_ids: Collection[str] | None
    ) -> list[TextHit]:
        """As `Searching.nearest_texts`."""
        return self.hits(*greatest(self._places(source, video_ids), self._vectors.cosines(vector), limit))

    def places_of(self, row_ids: NDArray[np.integer[Any]]) -> Places | None:
        """The rows with these ids; None when one of them is not here."""
        if not len(self._ids):
            return None if len(row_ids) else np.empty(0, np.intp)
        places = np.minimum(np.searchsorted(self._ids, row_ids), len(self._ids) - 1)
        return self._by_id[places] if np.array_equal(self._ids[places], row_ids) else None

    def best(
        self, matches: Matches, *, source: TextSource, limit: int, video_ids: Collection[str] | None
    ) -> tuple[Places, Similarities]:
        """The matches of one source with the greatest scores, in no order."""
        scores = np.full(len(self), -1.0, np.float32)
        scores[matches[0]] = matches[1]
        places = self._places(source, video_ids)
        return greatest(places[scores[places] >= 0], scores, limit)

    def hits(self, places: Places, similarities: Similarities) -> list[TextHit]:
        """Rows as hits, best first."""
        return best_first(
            [
                TextHit(
                    self._videos[place],
                    self._segments[place],
                    self._spans[place],
                    self._texts[place],
                    similarity,
                    self._scenery[place],
                )
                for place, similarity in zip(places.tolist(), similarities.tolist(), strict=True)
            ]
        )

    def in_segments(
        self,
        vector: NDArray[np.floating[Any]] | None,
        keys: Collection[SegmentKey],
        *,
        sources: Collection[TextSource],
    ) -> dict[SegmentKey, list[TextHit]]:
        """As `Searching.segment_texts`."""
        measured = np.zeros(len(self), np.float32) if vector is None else self._vectors.products(vector)
        found: dict[SegmentKey, list[TextHit]] = {}
        for video_id, index in dict.fromkeys(keys):
            if own := [place for source in sources for place in self._of_segment.get((source, video_id, index), ())]:
                places = np.array(own, np.intp)
                hits = self.hits(places, measured[places])
                found[video_id, index] = sorted(hits, key=lambda hit: hit.span.start_seconds)
        return found

    def background(self, vector: NDArray[np.floating[Any]], source: TextSource, size: int) -> Similarities:
        """(n,) cosines with the sample of one source."""
        if source not in self._samples:
            return np.empty(0, np.float32)
        return self._vectors.products(vector)[self._samples[source].first(size)]

    def sampled(self, source: TextSource, size: int) -> tuple[str, ...]:
        """As `Sampling.sampled_texts`."""
        if source not in self._samples:
            return ()
        return tuple(self._texts[place] for place in self._samples[source].first(size).tolist())

    def rows(self, video_id: str, source: TextSource) -> list[TextRow]:
        """Of one video, in the order in which they were written."""
        own = self._of_video.get((source, video_id), [])
        return read_texts(self._table.slice(own[0], len(own))) if own else []

    def _places(self, source: TextSource, video_ids: Collection[str] | None) -> Places:
        return in_videos(self._of_source.get(source, np.empty(0, np.intp)), self._videos, video_ids)
