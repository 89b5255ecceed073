"""Reading the library back as records: videos, segments, frames, texts. Search is in `store_search`."""

from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from indexer.catalog import TEXT_SOURCES, TextSource
from indexer.errors import NotInLibraryError
from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Vector, Video
from indexer.store.hits import SegmentKey
from indexer.store.memory.in_memory_tables import Keeping
from indexer.store.rows import read_frames, read_segments, read_texts, read_vectors, read_videos

_TEXT_COLUMNS = [
    "source", "segment_index", "start_seconds", "stop_seconds", "text", "language", "boxes", "is_scenery"
]  # fmt: skip


class Reading(Keeping):
    """Safe from any thread, beside one writing thread: each call reads one committed version."""

    def videos(self) -> list[Video]:
        """All videos, also failed ones, by path. Kept until the table changes: each search asks for them."""

        def read() -> list[Video]:
            return sorted(read_videos(self._rows("videos")), key=lambda video: (video.paths, video.video_id))

        return list(self._while_same("videos", "videos", read))

    def video(self, video_id: str) -> Video:
        """Raises NotInLibraryError for an id that the library does not hold."""
        found = read_videos(self._rows("videos", equals("video_id", video_id)))
        if not found:
            raise NotInLibraryError(f"library {self.path} holds no video {video_id!r}; `reelseek videos` lists them")
        return found[0]

    def find_video(self, name: str) -> Video:
        """The video meant by an id, the first digits of one, a full path, or a file's name.

        Raises:
            NotInLibraryError: none is meant, or several are (names them).
        """
        videos = self.videos()
        for fits in (_has_id, _has_path, _has_name, _has_id_prefix):
            found = [video for video in videos if fits(video, name)]
            if len(found) == 1:
                return found[0]
            if found:
                candidates = ", ".join(f"{video.video_id[:8]} ({video.path})" for video in found[:5])
                raise NotInLibraryError(f"{name!r} names {len(found)} videos: {candidates}; give the id or the path")
        raise NotInLibraryError(f"library {self.path} holds no video {name!r}; `reelseek videos` lists them")

    def segments(self, video_id: str) -> list[SegmentRow]:
        """In order of time."""
        if (kept := self._kept_segments()) is not None:
            return kept.of_video(video_id)
        rows = read_segments(self._rows("segments", equals("video_id", video_id)))
        return sorted((row for _, row in rows), key=lambda row: row.index)

    def frames(self, video_id: str) -> list[FrameRow]:
        """In order of time."""
        rows = self._rows("frames", equals("video_id", video_id)).sort_by("frame_index")
        return read_frames(rows)

    def texts(self, video_id: str, source: TextSource | None = None) -> list[TextRow]:
        """By source, in the order in which they were written."""
        if (kept := self._kept_texts()) is not None:
            sources: list[TextSource] = [source] if source else sorted(TEXT_SOURCES)
            return [row for own in sources for row in kept.rows(video_id, own)]
        where = all_of(equals("video_id", video_id), equals("source", source) if source else None)
        rows = self._rows("texts", where).sort_by([("source", "ascending"), ("text_index", "ascending")])
        return read_texts(rows)

    def texts_between(self, spans: Sequence[tuple[str, TimeSpan]], source: TextSource) -> dict[str, list[TextRow]]:
        """Texts of one source by video id: those that overlap a (video id, span), maybe others; maybe no vectors."""
        if not spans:
            return {}
        if (kept := self._kept_texts()) is not None:
            return {name: kept.rows(name, source) for name in dict.fromkeys(video_id for video_id, _ in spans)}
        start = min(span.start_seconds for _, span in spans)
        stop = max(span.stop_seconds for _, span in spans)
        where = all_of(
            equals("source", source),
            one_of("video_id", (video_id for video_id, _ in spans)),
            f"start_seconds < {stop!r} AND stop_seconds > {start!r}",
        )
        columns = ["video_id", "text_index", *_TEXT_COLUMNS]
        places = self._text_places()
        rows = None if places is None else self._taken("texts", places.ids_between(spans, source), columns)
        rows = self._rows("texts", where, columns) if rows is None else rows
        rows = rows.sort_by([("video_id", "ascending"), ("text_index", "ascending")])
        found: dict[str, list[TextRow]] = {}
        for video_id, row in zip(rows.column("video_id").to_pylist(), read_texts(rows), strict=True):
            found.setdefault(video_id, []).append(row)
        return found

    def segments_by_key(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]:
        """The segments of the given (video_id, index) pairs, without their vectors; unknown pairs are left out."""
        wanted = set(keys)
        if not wanted:
            return {}
        if (kept := self._kept_segments()) is not None:
            return kept.by_key(keys)
        if (places := self._segment_places()) is not None:
            return places.rows(keys)
        columns = ["video_id", "segment_index", "start_seconds", "stop_seconds", "best_frame_seconds"]
        rows = read_segments(self._rows("segments", in_segments(wanted), columns))
        found = {(video_id, row.index): row for video_id, row in rows}
        return {key: found[key] for key in keys if key in found}

    def segments_touching(self, spans: Sequence[tuple[str, TimeSpan]]) -> list[list[SegmentKey]]:
        """For each (video id, span) the segments that share time with it, in order."""
        if not spans:
            return []
        by_video: dict[str, list[SegmentRow]] = {}
        if (kept := self._kept_segments()) is not None:
            by_video = {video: kept.of_video(video) for video in {video for video, _ in spans}}
        else:
            columns = ["video_id", "segment_index", "start_seconds", "stop_seconds", "best_frame_seconds"]
            rows = read_segments(self._rows("segments", one_of("video_id", (video for video, _ in spans)), columns))
            for video_id, row in sorted(rows, key=lambda pair: pair[1].index):
                by_video.setdefault(video_id, []).append(row)
        return [
            [(video, row.index) for row in by_video.get(video, []) if row.span.intersection_seconds(span) > 0]
            for video, span in spans
        ]

    def segment_vectors(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, Vector]:
        """Mean pictures (dim,) of the given (video_id, index) pairs; without a picture model none."""
        wanted = set(keys)
        if not wanted or not self.maker.picture_dim:
            return {}
        if (kept := self._kept_segments()) is not None:
            return kept.vectors(keys)
        columns = ["video_id", "segment_index", "vector"]
        rows = self._rows_of("segments", wanted, in_segments(wanted), columns)
        vectors = read_vectors(rows)
        assert vectors is not None
        names, indices = rows.column("video_id").to_pylist(), rows.column("segment_index").to_pylist()
        found = {(name, index): vector for name, index, vector in zip(names, indices, vectors, strict=True)}
        return {key: found[key] for key in keys if key in found}

    def counts(self) -> dict[str, int]:
        """How many rows there are: `videos`, `failed`, `segments`, `frames`, and texts by source."""
        return {
            "videos": self._count("videos", "failure_kind = ''"),
            "failed": self._count("videos", "failure_kind != ''"),
            "segments": self._count("segments"),
            "frames": self._count("frames"),
            **{source: self._count("texts", equals("source", source)) for source in TEXT_SOURCES},
        }


def quoted(value: str) -> str:
    """A string literal of the filter language, safe for any content."""
    return "'" + value.replace("'", "''") + "'"


def equals(column: str, value: str) -> str:
    return f"{column} = {quoted(value)}"


def one_of(column: str, values: Iterable[Any]) -> str:
    """`column IN (...)`, in sorted order; matches nothing when there are no values."""
    items = [quoted(value) if isinstance(value, str) else str(value) for value in sorted(set(values))]
    return f"{column} IN ({', '.join(items)})" if items else "false"


def all_of(*conditions: str | None) -> str | None:
    """The given conditions joined; None when there is none."""
    given = [condition for condition in conditions if condition]
    return " AND ".join(f"({condition})" for condition in given) if given else None


def in_segments(keys: Iterable[SegmentKey]) -> str:
    """Holds for the rows of these segments; may hold for others too, which the caller drops.

    Two lists are far faster to plan and to look up than one `OR` for each video.
    """
    pairs = list(keys)
    videos, indices = one_of("video_id", (v for v, _ in pairs)), one_of("segment_index", (i for _, i in pairs))
    return f"{videos} AND {indices}"


def _has_id(video: Video, name: str) -> bool:
    return video.video_id == name


def _has_path(video: Video, name: str) -> bool:
    return name in video.paths


def _has_name(video: Video, name: str) -> bool:
    return any(PurePath(path).name == name for path in video.paths)


def _has_id_prefix(video: Video, name: str) -> bool:
    return len(name) >= 4 and video.video_id.startswith(name.lower())
