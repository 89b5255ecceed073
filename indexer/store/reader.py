"""Reading the library: videos, segments, frames and texts as records."""

from collections.abc import Sequence

from indexer.catalog import TEXT_SOURCES, TextSource
from indexer.errors import NotInLibraryError
from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Vector, Video
from indexer.store.filters import where_all, where_equals, where_in_segments, where_one_of
from indexer.store.hits import SegmentKey
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.memory.table_cache import TableValues
from indexer.store.queries.segment_rows import fetch_segment_rows
from indexer.store.rows import decode_frames, decode_segments, decode_texts, decode_vectors, decode_videos
from indexer.store.tables import Tables
from indexer.store.video_lookup import VideoNames

_SEGMENT_COLUMNS = ["video_id", "segment_index", "start_seconds", "stop_seconds", "best_frame_seconds"]
_TEXT_COLUMNS = [
    "video_id", "text_index", "source", "segment_index", "start_seconds", "stop_seconds", "text", "language", "boxes",
    "is_scenery", "words", "original", "voice",
]  # fmt: skip


class Reader:
    """Safe from any thread, beside one thread that writes: each call reads one committed version."""

    def __init__(self, tables: Tables, memory: InMemoryTables, values: TableValues) -> None:
        self._tables = tables
        self._memory = memory
        self._values = values

    def videos(self) -> list[Video]:
        """All videos, also failed ones, by path. Cached until the table changes: each search needs them."""

        def load() -> list[Video]:
            return sorted(decode_videos(self._tables.rows("videos")), key=lambda video: (video.paths, video.video_id))

        return list(self._values.get("videos", "videos", load))

    def names(self) -> list[VideoNames]:
        """What each video is named by, by path; in a tenth of the time of reading the videos."""

        def load() -> list[VideoNames]:
            rows = self._tables.rows("videos", columns=["video_id", "paths"]).to_pylist()
            found = [VideoNames(row["video_id"], tuple(row["paths"])) for row in rows]
            return sorted(found, key=lambda video: (video.paths, video.video_id))

        return self._values.get("names", "videos", load)

    def video(self, video_id: str) -> Video:
        """
        Raises:
            NotInLibraryError: the library has no video with this id.
        """
        found = decode_videos(self._tables.rows("videos", where_equals("video_id", video_id)))
        if not found:
            path = self._tables.folder.path
            raise NotInLibraryError(f"library {path} has no video {video_id!r}; see `reelseek videos`")
        return found[0]

    def segments(self, video_id: str) -> list[SegmentRow]:
        """In order of time."""
        if (segments := self._memory.segments()) is not None:
            return segments.of_video(video_id)
        rows = decode_segments(self._tables.rows("segments", where_equals("video_id", video_id)))
        return sorted((row for _, row in rows), key=lambda row: row.index)

    def frames(self, video_id: str) -> list[FrameRow]:
        """In order of time."""
        rows = self._tables.rows("frames", where_equals("video_id", video_id))
        return decode_frames(rows.sort_by("frame_index"))

    def texts(self, video_id: str, source: TextSource | None) -> list[TextRow]:
        """Of one source or all, by source, in the order in which they were written."""
        if (texts := self._memory.texts()) is not None:
            sources: list[TextSource] = [source] if source else sorted(TEXT_SOURCES)
            return [row for own in sources for row in texts.rows(video_id, own)]
        where = where_all(where_equals("video_id", video_id), where_equals("source", source) if source else None)
        rows = self._tables.rows("texts", where)
        return decode_texts(rows.sort_by([("source", "ascending"), ("text_index", "ascending")]))

    def texts_between(self, spans: Sequence[tuple[str, TimeSpan]], source: TextSource) -> dict[str, list[TextRow]]:
        """Texts of one source by video id, in order: all that overlap a (video id, span).

        There may be others among them, and vectors may be missing.
        """
        if not spans:
            return {}
        if (texts := self._memory.texts()) is not None:
            return {name: texts.rows(name, source) for name in dict.fromkeys(video_id for video_id, _ in spans)}
        locator = self._memory.text_locator()
        rows = None
        if locator is not None:
            rows = self._tables.rows_by_id("texts", locator.ids_between(spans, source), _TEXT_COLUMNS)
        if rows is None:
            rows = self._tables.rows("texts", _overlaps(spans, source), _TEXT_COLUMNS)
        rows = rows.sort_by([("video_id", "ascending"), ("text_index", "ascending")])
        found: dict[str, list[TextRow]] = {}
        for video_id, row in zip(rows.column("video_id").to_pylist(), decode_texts(rows), strict=True):
            found.setdefault(video_id, []).append(row)
        return found

    def segments_by_key(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]:
        """Segments without their vectors, in the order of the keys; unknown keys are left out."""
        if not keys:
            return {}
        if (segments := self._memory.segments()) is not None:
            return segments.by_key(keys)
        if (locator := self._memory.segment_locator()) is not None:
            return locator.by_key(keys)
        rows = decode_segments(self._tables.rows("segments", where_in_segments(keys), _SEGMENT_COLUMNS))
        found = {(video_id, row.index): row for video_id, row in rows}
        return {key: found[key] for key in keys if key in found}

    def segments_touching(self, spans: Sequence[tuple[str, TimeSpan]]) -> list[list[SegmentKey]]:
        """For each (video id, span) the segments that overlap it, in order of time."""
        if not spans:
            return []
        by_video: dict[str, list[SegmentRow]] = {}
        if (segments := self._memory.segments()) is not None:
            by_video = {video: segments.of_video(video) for video in {video for video, _ in spans}}
        else:
            where = where_one_of("video_id", (video for video, _ in spans))
            rows = decode_segments(self._tables.rows("segments", where, _SEGMENT_COLUMNS))
            for video_id, row in sorted(rows, key=lambda pair: pair[1].index):
                by_video.setdefault(video_id, []).append(row)
        return [
            [(video, row.index) for row in by_video.get(video, []) if row.span.intersection_seconds(span) > 0]
            for video, span in spans
        ]

    def segment_vectors(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, Vector]:
        """Mean picture vectors (dim,), in the order of the keys; none without a picture model, or of sound."""
        if not keys or not self._tables.maker.picture_dim:
            return {}
        if (segments := self._memory.segments()) is not None:
            return segments.vectors(keys)
        rows = fetch_segment_rows(
            self._tables,
            self._memory,
            "segments",
            keys,
            where=where_in_segments(keys),
            columns=["video_id", "segment_index", "vector"],
        )
        vectors = decode_vectors(rows)
        assert vectors is not None
        names, indices = rows.column("video_id").to_pylist(), rows.column("segment_index").to_pylist()
        found = {(name, index): vector for name, index, vector in zip(names, indices, vectors, strict=True)}
        return {key: found[key] for key in keys if key in found and found[key].any()}

    def counts(self) -> dict[str, int]:
        """Numbers of rows: `videos`, `failed`, `segments`, `frames`, and texts by source."""
        count = self._tables.count
        return {
            "videos": count("videos", "failure_kind = ''"),
            "failed": count("videos", "failure_kind != ''"),
            "segments": count("segments"),
            "frames": count("frames"),
            **{source: count("texts", where_equals("source", source)) for source in TEXT_SOURCES},
        }


def _overlaps(spans: Sequence[tuple[str, TimeSpan]], source: TextSource) -> str:
    """A condition on the texts of the spans' videos, from the first start to the last stop."""
    start = min(span.start_seconds for _, span in spans)
    stop = max(span.stop_seconds for _, span in spans)
    return where_all(
        where_equals("source", source),
        where_one_of("video_id", (video_id for video_id, _ in spans)),
        f"start_seconds < {stop!r} AND stop_seconds > {start!r}",
    )
