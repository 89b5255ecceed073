"""Where the rows of a segment are, in a table that is too large to lie in memory. Pure.

A filter that names many segments is slow: it is planned for every one of them, and two lists (videos, numbers within
them) let through nearly all rows. Row ids are looked up here and fetched by themselves.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.records import SegmentRow, TimeSpan
from indexer.store.hits import SegmentKey, Similarities, TextHit, best_first
from indexer.store.schema import ArrowTable

PLACED_COLUMNS = {
    "segments": ["video_id", "segment_index", "start_seconds", "stop_seconds", "best_frame_seconds"],
    "frames": ["video_id", "segment_index"],
    "texts": ["video_id", "segment_index", "source", "start_seconds", "stop_seconds", "text", "is_scenery"],
}
"""What is read of a table."""


class Places:
    """The row ids of one version of a table, by segment; 16 bytes a row."""

    def __init__(self, table: ArrowTable) -> None:
        """
        Args:
            table: `PLACED_COLUMNS` with the row ids.
        """
        names = table.column("video_id").combine_chunks().dictionary_encode()
        self._codes = {name: code for code, name in enumerate(names.dictionary.to_pylist())}
        keys = _key(names.indices.to_numpy(), table.column("segment_index").to_numpy())
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        self._ids = table.column("_rowid").to_numpy()[self._order]

    def row_ids(self, keys: Iterable[SegmentKey]) -> list[int]:
        """Of all rows of these segments."""
        wanted = np.unique(self._keys_of([key for key in keys if key[0] in self._codes]))
        first, stop = (np.searchsorted(self._keys, wanted, side=side) for side in ("left", "right"))
        runs = [self._ids[low:high] for low, high in zip(first.tolist(), stop.tolist(), strict=True)]
        return np.concatenate(runs).tolist() if runs else []

    def ids_in_video(self, video_id: str) -> NDArray[Any]:
        """(n,) row ids of one video."""
        if (code := self._codes.get(video_id)) is None:
            return self._ids[:0]
        first, stop = np.searchsorted(self._keys, np.array([code, code + 1], np.int64) << 32)
        return self._ids[first:stop]

    def _keys_of(self, keys: Sequence[SegmentKey]) -> NDArray[np.int64]:
        codes = np.array([self._codes[name] for name, _ in keys], np.int64)
        return _key(codes, np.array([index for _, index in keys], np.int64))


class SegmentPlaces(Places):
    """Of the table `segments`, with their times; another 24 bytes a row."""

    def __init__(self, table: ArrowTable) -> None:
        super().__init__(table)
        times = [table.column(name).to_numpy() for name in PLACED_COLUMNS["segments"][2:]]
        self._times: NDArray[np.float64] = np.stack(times, axis=1)[self._order]  # (n, 3)

    def rows(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]:
        """Without vectors, in the same order; unknown keys are left out."""
        known = [key for key in keys if key[0] in self._codes]
        wanted = self._keys_of(known)
        places = np.minimum(np.searchsorted(self._keys, wanted), max(len(self._keys) - 1, 0))
        found = {}
        for key, code, place in zip(known, wanted.tolist(), places.tolist(), strict=True):
            if self._keys[place] == code:
                start, stop, best = self._times[place].tolist()
                found[key] = SegmentRow(key[1], TimeSpan(start, stop), best, None)
        return found


def _key(codes: NDArray[Any], indices: NDArray[Any]) -> NDArray[np.int64]:
    return (codes.astype(np.int64) << 32) | indices.astype(np.int64)


MOST_TEXT_BYTES = 256 << 20
"""Of the texts alone. The captions and lines of 2,000 hours are about 140 MB."""


class TextPlaces(Places):
    """The rows of one version of the table `texts`, by segment and by row id; some 60 bytes a row beside its text."""

    def __init__(self, table: ArrowTable) -> None:
        super().__init__(table)
        table = table.sort_by("_rowid")
        self._by_id: NDArray[np.uint64] = table.column("_rowid").to_numpy()
        names = table.column("video_id").combine_chunks().dictionary_encode()
        self._names: list[str] = names.dictionary.to_pylist()
        self._videos: NDArray[np.int32] = names.indices.to_numpy()
        self._segments: NDArray[Any] = table.column("segment_index").to_numpy()
        times = [table.column(name).to_numpy() for name in ("start_seconds", "stop_seconds")]
        self._times: NDArray[np.float64] = np.stack(times, axis=1)  # (n, 2)
        self._scenery: NDArray[np.bool_] = table.column("is_scenery").combine_chunks().to_numpy(zero_copy_only=False)
        self._sources: Any = table.column("source").combine_chunks().dictionary_encode()
        self._texts: Any = table.column("text").combine_chunks()

    def hits(self, row_ids: NDArray[Any], similarities: Similarities) -> list[TextHit] | None:
        """These rows as hits, best first; None when one of them is not here."""
        places = self._places_of(row_ids)
        return None if places is None else best_first(self._hits(places, similarities))

    def in_segments(self, keys: Collection[SegmentKey], *, sources: Collection[TextSource]) -> list[TextHit]:
        """The texts of these segments by these sources, in order of time; similarity 0."""
        places = self._places_of(np.array(self.row_ids(keys), np.uint64))
        assert places is not None  # the ids are its own
        said_by = self._sources.take(places).to_pylist()
        wanted = places[np.array([source in sources for source in said_by], bool)]
        return sorted(self._hits(wanted, np.zeros(len(wanted), np.float32)), key=lambda hit: hit.span)

    def ids_between(self, spans: Sequence[tuple[str, TimeSpan]], source: TextSource) -> list[int]:
        """Row ids of the texts of one source that overlap a (video id, span)."""
        found: set[int] = set()
        for video_id, span in spans:
            ids = self.ids_in_video(video_id)
            places = self._places_of(ids)
            assert places is not None  # the ids are its own
            starts, stops = self._times[places].T
            inside = (starts < span.stop_seconds) & (stops > span.start_seconds)
            said_by = self._sources.take(places[inside]).to_pylist()
            found.update(one for one, by in zip(ids[inside].tolist(), said_by, strict=True) if by == source)
        return sorted(found)

    def _places_of(self, row_ids: NDArray[Any]) -> NDArray[np.intp] | None:
        if not len(row_ids):
            return np.empty(0, np.intp)
        if not len(self._by_id):
            return None
        places = np.minimum(np.searchsorted(self._by_id, row_ids), len(self._by_id) - 1)
        return places if np.array_equal(self._by_id[places], row_ids) else None

    def _hits(self, places: NDArray[np.intp], similarities: Similarities) -> list[TextHit]:
        columns = (
            self._videos[places].tolist(),
            self._segments[places].tolist(),
            self._times[places].tolist(),
            self._texts.take(places).to_pylist(),
            similarities.tolist(),
            self._scenery[places].tolist(),
        )
        return [
            TextHit(self._names[video], segment, TimeSpan(*span), text, similarity, is_scenery)
            for video, segment, span, text, similarity, is_scenery in zip(*columns, strict=True)
        ]
