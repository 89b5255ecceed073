"""Lookup of row ids by segment, for tables that are too large to hold in memory. Pure.

A filter that names many segments is slow: LanceDB plans it for every one of them, and two lists (of videos, of segment
indices) let nearly all rows through. Row ids found here are fetched directly.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.records import SegmentRow, TimeSpan
from indexer.store.hits import SegmentKey, Similarities, TextHit, sort_hits_by_similarity
from indexer.store.schema import ArrowTable, TableName

LOCATOR_COLUMNS: dict[TableName, list[str]] = {
    "segments": ["video_id", "segment_index", "start_seconds", "stop_seconds", "best_frame_seconds"],
    "frames": ["video_id", "segment_index"],
    "texts": ["video_id", "segment_index", "source", "start_seconds", "stop_seconds", "text", "is_scenery"],
}
"""The columns that a locator reads, beside the row ids."""


class RowLocator:
    """Row ids of one version of a table, by segment; 16 bytes a row."""

    def __init__(self, table: ArrowTable, *, before: "RowLocator | None" = None) -> None:
        """
        Args:
            table: `LOCATOR_COLUMNS` with the row ids.
            before: of the rows that come before those of the table, and have smaller ids.
        """
        names = table.column("video_id").combine_chunks().dictionary_encode()
        self._codes: dict[str, int] = {} if before is None else dict(before._codes)
        codes = [self._codes.setdefault(name, len(self._codes)) for name in names.dictionary.to_pylist()]
        keys = _pack(np.array(codes, np.int64)[names.indices.to_numpy()], table.column("segment_index").to_numpy())
        ids: NDArray[Any] = table.column("_rowid").to_numpy()
        self.last_id = int(ids.max()) if len(ids) else -1 if before is None else before.last_id
        if before is not None:
            keys, ids = np.concatenate([before._keys, keys]), np.concatenate([before._ids, ids])
        self.order = np.argsort(keys, kind="stable")
        """(n,) positions of the rows, by video and segment: in `table`, or in those of `before` and then it."""
        self._keys = keys[self.order]
        self._ids = ids[self.order]

    def __len__(self) -> int:
        return len(self._ids)

    def extended(self, table: ArrowTable) -> "RowLocator":
        """With rows that were added since."""
        return RowLocator(table, before=self)

    def row_ids(self, keys: Iterable[SegmentKey]) -> list[int]:
        """Ids of all rows of these segments."""
        wanted = np.unique(self._packed([key for key in keys if key[0] in self._codes]))
        first, stop = (np.searchsorted(self._keys, wanted, side=side) for side in ("left", "right"))
        runs = [self._ids[low:high] for low, high in zip(first.tolist(), stop.tolist(), strict=True)]
        return np.concatenate(runs).tolist() if runs else []

    def ids_in_video(self, video_id: str) -> NDArray[Any]:
        """(n,) row ids of one video."""
        if (code := self._codes.get(video_id)) is None:
            return self._ids[:0]
        first, stop = np.searchsorted(self._keys, np.array([code, code + 1], np.int64) << 32)
        return self._ids[first:stop]

    def ranks(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, int]:
        """For each segment the index of its first row in `order`; unknown segments are left out."""
        known = [key for key in keys if key[0] in self._codes]
        wanted = self._packed(known)
        ranks = np.minimum(np.searchsorted(self._keys, wanted), max(len(self._keys) - 1, 0))
        return {
            key: rank
            for key, packed, rank in zip(known, wanted.tolist(), ranks.tolist(), strict=True)
            if self._keys[rank] == packed
        }

    def _packed(self, keys: Sequence[SegmentKey]) -> NDArray[np.int64]:
        codes = np.array([self._codes[name] for name, _ in keys], np.int64)
        return _pack(codes, np.array([index for _, index in keys], np.int64))


class SegmentLocator:
    """The table `segments` by segment, with times; another 24 bytes a row."""

    def __init__(self, table: ArrowTable, *, before: "SegmentLocator | None" = None) -> None:
        self.rows = RowLocator(table, before=None if before is None else before.rows)
        times = np.stack([table.column(name).to_numpy() for name in LOCATOR_COLUMNS["segments"][2:]], axis=1)
        if before is not None:
            times = np.concatenate([before._times, times])
        self._times: NDArray[np.float64] = times[self.rows.order]  # (n, 3)

    def extended(self, table: ArrowTable) -> "SegmentLocator":
        """With rows that were added since."""
        return SegmentLocator(table, before=self)

    def by_key(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]:
        """Segments without vectors, in the order of the keys; unknown keys are left out."""
        found: dict[SegmentKey, SegmentRow] = {}
        for key, rank in self.rows.ranks(keys).items():
            start, stop, best = self._times[rank].tolist()
            found[key] = SegmentRow(key[1], TimeSpan(start, stop), best, None)
        return found


class TextLocator:
    """The table `texts` by segment and by row id; some 60 bytes a row beside its text."""

    def __init__(self, table: ArrowTable, *, before: "TextLocator | None" = None) -> None:
        self.rows = RowLocator(table, before=None if before is None else before.rows)
        self._table = _with_short_names(table.sort_by("_rowid"))
        self._distinct_before: list[str] | None = None
        self._added = self._table.column("text")
        if before is not None:
            self._table = pa.concat_tables([before._table, self._table]).unify_dictionaries().combine_chunks()
            self._distinct_before = before.__dict__.get("distinct_texts")
        self._ids: NDArray[np.uint64] = self._table.column("_rowid").to_numpy()
        times = [self._table.column(name).to_numpy() for name in ("start_seconds", "stop_seconds")]
        self._times: NDArray[np.float64] = np.stack(times, axis=1)  # (n, 2)

    @cached_property
    def distinct_texts(self) -> list[str]:
        """Every text once."""
        if self._distinct_before is None:
            return self._table.column("text").unique().to_pylist()
        return list(dict.fromkeys([*self._distinct_before, *self._added.to_pylist()]))

    def extended(self, table: ArrowTable) -> "TextLocator":
        """With rows that were added since."""
        return TextLocator(table, before=self)

    def hits(self, row_ids: NDArray[Any], similarities: Similarities) -> list[TextHit] | None:
        """The rows with these ids as hits, best first; None when an id is unknown."""
        positions = self._positions(row_ids)
        return None if positions is None else sort_hits_by_similarity(self._hits(positions, similarities))

    def in_segments(self, keys: Collection[SegmentKey], *, sources: Collection[TextSource]) -> list[TextHit]:
        """The texts of these sources in these segments, in order of time; similarity 0."""
        positions = self._known_positions(np.array(self.rows.row_ids(keys), np.uint64))
        found = self._table.column("source").take(positions).to_pylist()
        wanted = positions[np.array([source in sources for source in found], bool)]
        return sorted(self._hits(wanted, np.zeros(len(wanted), np.float32)), key=lambda hit: hit.span)

    def ids_between(self, spans: Sequence[tuple[str, TimeSpan]], source: TextSource) -> list[int]:
        """Row ids of the texts of one source that overlap a (video id, span)."""
        found: set[int] = set()
        for video_id, span in spans:
            ids = self.rows.ids_in_video(video_id)
            positions = self._known_positions(ids)
            starts, stops = self._times[positions].T
            overlaps = (starts < span.stop_seconds) & (stops > span.start_seconds)
            sources = self._table.column("source").take(positions[overlaps]).to_pylist()
            found.update(one for one, own in zip(ids[overlaps].tolist(), sources, strict=True) if own == source)
        return sorted(found)

    def _positions(self, row_ids: NDArray[Any]) -> NDArray[np.intp] | None:
        if not len(row_ids):
            return np.empty(0, np.intp)
        if not len(self._ids):
            return None
        positions = np.minimum(np.searchsorted(self._ids, row_ids), len(self._ids) - 1)
        return positions if np.array_equal(self._ids[positions], row_ids) else None

    def _known_positions(self, row_ids: NDArray[Any]) -> NDArray[np.intp]:
        """Positions of ids that `rows` returned, which are all known."""
        positions = self._positions(row_ids)
        assert positions is not None
        return positions

    def _hits(self, positions: NDArray[np.intp], similarities: Similarities) -> list[TextHit]:
        names = ("video_id", "segment_index", "text", "is_scenery")
        rows = (self._table.column(name).take(positions).to_pylist() for name in names)
        columns = (*rows, self._times[positions].tolist(), similarities.tolist())
        return [
            TextHit(video_id, segment, TimeSpan(*span), text, similarity, is_scenery)
            for video_id, segment, text, is_scenery, span, similarity in zip(*columns, strict=True)
        ]


def _with_short_names(table: ArrowTable) -> ArrowTable:
    """The table with each name of a video or source held once."""
    for name in ("video_id", "source"):
        column = table.column(name).combine_chunks().dictionary_encode()
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def _pack(codes: NDArray[Any], indices: NDArray[Any]) -> NDArray[np.int64]:
    """(n,) sortable keys: the video's code in the upper 32 bits, the segment's index in the lower."""
    return (codes.astype(np.int64) << 32) | indices.astype(np.int64)
