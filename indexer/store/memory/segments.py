"""The table `segments` in memory. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from indexer.records import SegmentRow, Vector
from indexer.store.hits import SegmentKey
from indexer.store.rows import decode_segments
from indexer.store.schema import ArrowTable


class InMemorySegments:
    """One version of the table `segments`."""

    def __init__(self, table: ArrowTable) -> None:
        table = table.sort_by([("video_id", "ascending"), ("segment_index", "ascending")])
        rows = {(video_id, row.index): row for video_id, row in decode_segments(table)}
        self._vectors = {key: row.vector for key, row in rows.items() if row.vector is not None}
        self._rows = {key: replace(row, vector=None) for key, row in rows.items()}
        self._by_video: dict[str, list[SegmentRow]] = {}
        for (video_id, _), row in rows.items():
            self._by_video.setdefault(video_id, []).append(row)

    def of_video(self, video_id: str) -> list[SegmentRow]:
        """In order of time."""
        return list(self._by_video.get(video_id, []))

    def by_key(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]:
        """Without vectors; unknown keys are left out."""
        return {key: self._rows[key] for key in keys if key in self._rows}

    def vectors(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, Vector]:
        """Mean picture vectors (dim,); unknown keys are left out."""
        return {key: self._vectors[key] for key in keys if key in self._vectors}
