"""Auditing a library's rows and thumbnails: reads what `audit_checks` checks. Other files are `file_record`'s part."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow.compute as arrow_compute

from indexer.catalog import STAGE_OF_SOURCE
from indexer.records import Video
from indexer.store.reader import Reader
from indexer.store.recovery.audit_checks import Problem, VideoContent, audit_video, duplicate_keys, unknown_videos
from indexer.store.recovery.video_journal import JournalEntry, VideoJournal
from indexer.store.schema import KEYS, TABLES, TableName
from indexer.store.tables import Tables
from indexer.store.thumbnails import Thumbnails


class Audit:
    """Reads every row once, one video at a time; works for readers and writers."""

    def __init__(self, tables: Tables, reader: Reader, thumbnails: Thumbnails) -> None:
        self._tables = tables
        self._reader = reader
        self._thumbnails = thumbnails
        self._journal = VideoJournal(tables.folder, tables.maker)

    def problems(self) -> list[Problem]:
        """Everything that is wrong with the library, sorted; empty when all is well.

        Raises:
            LibraryBrokenError: a table cannot be read at all.
        """
        videos = self._reader.videos()
        with self._tables.errors("reading the journal"):
            written = self._journal.read().entries
        known = {video.video_id for video in videos}
        problems: list[Problem] = []
        for table in TABLES:
            problems += duplicate_keys(table, self._repeated_keys(table))
            problems += unknown_videos(table, self._tables.video_ids(table), known)
        problems += [
            Problem("orphan_thumbnail", video_id, "pictures of a video that does not exist")
            for video_id in {video_id for video_id, _ in self._thumbnails.videos()} - known
        ]
        for video in videos:
            problems += audit_video(self._content(video, written.get(video.video_id)))
        return sorted(problems)

    def _content(self, video: Video, written: JournalEntry | None) -> VideoContent:
        return VideoContent(
            video=video,
            segments=self._reader.segments(video.video_id),
            frames=self._reader.frames(video.video_id),
            texts=self._reader.texts(video.video_id, None),
            thumbnails=self._thumbnails.segments(video.video_id),
            rows_written=_of_stages(written.rows, video) if written and written.video.stages == video.stages else {},
            thumbnails_differ=self._thumbnails_differ(video, written),
            file_exists=any(Path(path).is_file() for path in video.paths),
        )

    def _thumbnails_differ(self, video: Video, written: JournalEntry | None) -> bool:
        if written is None or written.thumbnails is None or "picture" not in video.stages:
            return False
        try:
            return self._thumbnails.checksum(video.video_id) != written.thumbnails
        except OSError:
            return True

    def _repeated_keys(self, table: TableName) -> list[tuple[object, ...]]:
        """The keys that several rows share, once for each such row."""
        columns = list(KEYS[table])
        rows = self._tables.rows(table, columns=columns)
        with self._tables.errors(f"comparing the keys of {table}"):
            counted = rows.group_by(columns).aggregate([([], "count_all")])
            repeated = counted.filter(arrow_compute.field("count_all") > 1)
        result: list[tuple[object, ...]] = []
        for row in repeated.to_pylist():
            result += [tuple(row[name] for name in columns)] * row["count_all"]
        return result


def _of_stages(rows: Mapping[str, int], video: Video) -> dict[str, int]:
    """The kinds of rows that belong to the video's complete stages."""
    return {
        kind: number
        for kind, number in rows.items()
        if (STAGE_OF_SOURCE.get(kind, "picture")) in video.stages  # pyright: ignore[reportArgumentType,reportCallIssue]
    }
