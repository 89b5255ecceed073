"""Removal of what a crash may have left: rows and thumbnails without a video, temporary files."""

import os
import shutil

from indexer.catalog import STAGE_OF_SOURCE, TextSource
from indexer.store.filters import where_all, where_equals, where_one_of
from indexer.store.reader import Reader
from indexer.store.schema import ArrowTable, TableName
from indexer.store.tables import Tables
from indexer.store.thumbnails import Thumbnails
from indexer.store.writing.id_batches import id_batches
from indexer.store.writing.table_writer import TableWriter


class CrashRecovery:
    """Runs once, when a library opens for writing."""

    def __init__(self, tables: Tables, reader: Reader, writer: TableWriter, thumbnails: Thumbnails) -> None:
        self._tables = tables
        self._reader = reader
        self._writer = writer
        self._thumbnails = thumbnails

    def remove_leftovers(self) -> None:
        """Keep only the rows and thumbnails of stages that `videos` lists as ready; empty the staging folder."""
        shutil.rmtree(self._tables.folder.staging(), ignore_errors=True)
        self._tables.folder.staging()
        ready = {video.video_id: set(video.stages) for video in self._reader.videos()}
        with_pictures = {video_id for video_id, stages in ready.items() if "picture" in stages}
        for table in ("segments", "frames"):
            self._remove_rows(table, keep=with_pictures)
        for source, stage in STAGE_OF_SOURCE.items():
            self._remove_rows("texts", keep={v for v, stages in ready.items() if stage in stages}, source=source)
        self._remove_thumbnails(with_pictures)

    def _remove_rows(self, table: TableName, *, keep: set[str], source: TextSource | None = None) -> None:
        of_source = where_equals("source", source) if source else None
        for ids in id_batches(self._tables.video_ids(table, of_source) - keep):
            self._writer.delete(table, where_all(where_one_of("video_id", ids), of_source))

    def _remove_thumbnails(self, with_pictures: set[str]) -> None:
        videos = self._tables.rows("segments", columns=["video_id"])
        segments: ArrowTable = videos.group_by("video_id").aggregate([([], "count_all")])
        expected: dict[str, int] = {row["video_id"]: row["count_all"] for row in segments.to_pylist()}
        for folder in self._thumbnails.folders():
            video_id = folder.name
            if video_id not in with_pictures:
                shutil.rmtree(folder, ignore_errors=True)
            elif len(os.listdir(folder)) > expected.get(video_id, 0):  # noqa: PTH208 - names only: many folders
                self._thumbnails.delete_except(video_id, {row.index for row in self._reader.segments(video_id)})
