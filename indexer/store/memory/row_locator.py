"""Where the rows of a segment are, in a table that is too large to lie in memory. Pure.

A filter that names many segments is slow: it is planned for every one of them, and two lists (videos, numbers within
them) let through nearly all rows. Row ids are looked up here and fetched by themselves.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.records import SegmentRow, TimeSpan
from indexer.store.hits import SegmentKey
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
