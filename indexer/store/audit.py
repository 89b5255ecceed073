"""Gathers what `indexer.store.audit_checks` looks at: each video's rows, thumbnails and file."""

from pathlib import Path

import pyarrow.compute as arrow_compute

from indexer.records import Video
from indexer.store.audit_checks import Problem, VideoContent, audit_video, duplicate_keys, unknown_videos
from indexer.store.schema import KEYS, TABLES, ArrowTable, TableName
from indexer.store.tables import THUMBNAIL_FOLDER, boundary
from indexer.store.writing.writer import Writing


class Auditing(Writing):
    """Reads every row once, one video at a time; works for readers and writers."""

    def audit(self) -> list[Problem]:
        """Everything that is wrong with the library, sorted; empty when all is well.

        Raises:
            LibraryBrokenError: a table cannot be read at all.
        """
        videos = self.videos()
        known = {video.video_id for video in videos}
        problems: list[Problem] = []
        for table in TABLES:
            problems += duplicate_keys(table, self._repeated_keys(table))
            problems += unknown_videos(table, self._video_ids(table, None), known)
        folders = {folder.name for folder in (self.path / THUMBNAIL_FOLDER).glob("*/*")}
        problems += [
            Problem("orphan_thumbnail", name, "pictures of a video that is not there") for name in folders - known
        ]
        for video in videos:
            problems += audit_video(self._content(video))
        return sorted(problems)

    def _content(self, video: Video) -> VideoContent:
        names = (file.stem for file in self._thumbnail_folder(video.video_id).glob("*.jpg"))
        return VideoContent(
            video=video,
            segments=self.segments(video.video_id),
            frames=self.frames(video.video_id),
            texts=self.texts(video.video_id),
            thumbnails={int(name) if name.isdigit() else -1 for name in names},
            file_exists=any(Path(path).is_file() for path in video.paths),
        )

    def _repeated_keys(self, table: TableName) -> list[tuple[object, ...]]:
        """The keys of rows that share theirs, once for each such row."""
        rows: ArrowTable = self._rows(table, None, list(KEYS[table]))
        with boundary(self.path, f"comparing the keys of {table}"):
            counted = rows.group_by(list(KEYS[table])).aggregate([([], "count_all")])
            repeated = counted.filter(arrow_compute.field("count_all") > 1)
        result: list[tuple[object, ...]] = []
        for row in repeated.to_pylist():
            result += [tuple(row[name] for name in KEYS[table])] * row["count_all"]
        return result
