"""Tables that lie in memory: a small library answers from here, in a fraction of what asking the database costs. Pure.

Each value holds one version of one table and answers as the database does, by the same cosine over the same float16
vectors. Texts are in `store_kept_texts`. Left out: when a table is small enough, and when it is read again
(`store_keeping`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.records import SegmentRow, Vector
from indexer.store.hits import FrameHit, SegmentKey, Similarities
from indexer.store.memory.bounded_cache import Recent
from indexer.store.memory.dot_products import row_products
from indexer.store.rows import read_segments, read_vectors
from indexer.store.schema import ArrowTable

KEPT_QUERIES = 16
"""Of which the cosines are kept: one search asks for them several times, and its next page again."""
Places = NDArray[np.intp]
"""(n,) numbers of rows."""


class KeptVectors:
    """The vectors of a table, compared with queries."""

    def __init__(self, table: ArrowTable) -> None:
        vectors = read_vectors(table)
        self.rows = np.zeros((len(table), 0), np.float32) if vectors is None else vectors.astype(np.float32)
        """(n, dim)"""
        lengths = np.sqrt(np.einsum("ij,ij->i", self.rows, self.rows))
        self._lengths = np.maximum(lengths, 1e-6)  # float16 rounds: a stored vector is not quite of length 1
        self._kept: Recent[bytes, Similarities] = Recent(KEPT_QUERIES)

    def products(self, vector: NDArray[np.floating[Any]]) -> Similarities:
        """(n,) inner products with a query (dim,)."""
        asked = np.ascontiguousarray(vector, np.float32)
        return self._kept.get(asked.tobytes(), lambda: row_products(self.rows, asked))

    def cosines(self, vector: NDArray[np.floating[Any]]) -> Similarities:
        """(n,)"""
        length = float(np.linalg.norm(np.asarray(vector, np.float32)))
        return self.products(vector) / (self._lengths * max(length, 1e-6))


class Sample:
    """The rows with the smallest lots: the same in every library of the same files (`indexer.store.rows.lots`)."""

    def __init__(self, table: ArrowTable, places: Places) -> None:
        lots = table.column("lot").to_numpy()[places]
        self._places = places[np.argsort(lots, kind="stable")]  # rows of equal lots are in order of their videos

    def first(self, size: int) -> Places:
        return self._places[:size]


class KeptSegments:
    """The table `segments`."""

    def __init__(self, table: ArrowTable) -> None:
        table = table.sort_by([("video_id", "ascending"), ("segment_index", "ascending")])
        rows = {(video_id, row.index): row for video_id, row in read_segments(table)}
        self._vectors = {key: row.vector for key, row in rows.items() if row.vector is not None}
        self._rows = {key: replace(row, vector=None) for key, row in rows.items()}
        self._of_video: dict[str, list[SegmentRow]] = {}
        for (video_id, _), row in rows.items():
            self._of_video.setdefault(video_id, []).append(row)

    def of_video(self, video_id: str) -> list[SegmentRow]:
        """In order of time."""
        return list(self._of_video.get(video_id, []))

    def by_key(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]:
        """Without vectors; unknown keys are left out."""
        return {key: self._rows[key] for key in keys if key in self._rows}

    def vectors(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, Vector]:
        """Mean pictures (dim,); unknown keys are left out."""
        return {key: self._vectors[key] for key in keys if key in self._vectors}


class KeptFrames:
    """The table `frames`."""

    def __init__(self, table: ArrowTable) -> None:
        order = [("video_id", "ascending"), ("segment_index", "ascending"), ("time_seconds", "ascending")]
        table = table.sort_by(order)
        self._videos: list[str] = table.column("video_id").to_pylist()
        self._segments: list[int] = table.column("segment_index").to_pylist()
        self._times: list[float] = table.column("time_seconds").to_pylist()
        self._vectors = KeptVectors(table)
        self._sample = Sample(table, np.arange(len(table)))
        keys = list(zip(self._videos, self._segments, strict=True))
        self._first = {key: place for place, key in reversed(list(enumerate(keys)))}
        self._last = {key: place for place, key in enumerate(keys)}

    def nearest(
        self, vector: NDArray[np.floating[Any]], *, limit: int, video_ids: Collection[str] | None
    ) -> list[FrameHit]:
        """As `Searching.nearest_frames`."""
        cosines = self._vectors.cosines(vector)
        places = in_videos(np.arange(len(cosines)), self._videos, video_ids)
        best, similarities = greatest(places, cosines, limit)
        hits = [
            FrameHit(self._videos[place], self._segments[place], self._times[place], similarity)
            for place, similarity in zip(best.tolist(), similarities.tolist(), strict=True)
        ]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.video_id, hit.time_seconds))

    def similarities(
        self, vector: NDArray[np.floating[Any]], keys: Iterable[SegmentKey]
    ) -> dict[SegmentKey, list[tuple[float, float]]]:
        """As `Searching.frame_similarities`."""
        products = self._vectors.products(vector)
        found: dict[SegmentKey, list[tuple[float, float]]] = {}
        for key in keys:
            own = slice(self._first.get(key, 0), self._last.get(key, -1) + 1)
            found[key] = list(zip(self._times[own], products[own].tolist(), strict=True))
        return found

    def background(self, vector: NDArray[np.floating[Any]], size: int) -> Similarities:
        """(n,) cosines with the sample."""
        return self._vectors.products(vector)[self._sample.first(size)]


def in_videos(places: Places, videos: Sequence[str], video_ids: Collection[str] | None) -> Places:
    if video_ids is None:
        return places
    wanted = frozenset(video_ids)
    return np.array([place for place in places.tolist() if videos[place] in wanted], np.intp)


def greatest(places: Places, values: Similarities, limit: int) -> tuple[Places, Similarities]:
    """Of these rows the `limit` with the greatest values, with these; the first rows where values are equal."""
    order = np.argsort(-values[places], kind="stable")[: max(limit, 0)]
    return places[order], values[places[order]]
