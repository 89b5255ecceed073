"""Removal of what a writer may have left: rows and thumbnails without a video, temporary files."""

import json
from collections.abc import Collection, Mapping

from indexer.catalog import STAGE_OF_SOURCE, TextSource
from indexer.store.filters import where_all, where_equals, where_one_of
from indexer.store.schema import KEYS, ArrowTable, TableName
from indexer.store.tables import Tables
from indexer.store.thumbnails import Thumbnails
from indexer.store.writing.id_batches import id_batches
from indexer.store.writing.table_writer import TableWriter


class CrashRecovery:
    """A writer looks at the videos that it has touched when it closes, and at the whole library only when it opens one
    whose last writer did not come to that: opening costs the same in a large library."""

    def __init__(self, tables: Tables, writer: TableWriter, thumbnails: Thumbnails) -> None:
        self._tables = tables
        self._writer = writer
        self._thumbnails = thumbnails

    def empty_staging(self) -> None:
        """Remove the temporary files of earlier writers."""
        self._tables.folder.empty_staging()

    def remove_leftovers(self) -> None:
        """Keep only the rows and thumbnails of stages that `videos` lists as ready, and of rows the newest."""
        for table in ("segments", "frames", "texts"):
            self._remove_replaced(table)
        self._remove_leftovers(None)
        self._remove_thumbnails(None, dict(self._thumbnails.videos()))

    def remove_leftovers_of(self, video_ids: Collection[str]) -> None:
        """The same of these videos alone."""
        for ids in id_batches(video_ids):
            of_these = where_one_of("video_id", ids)
            self._remove_leftovers(of_these)
            self._remove_thumbnails(of_these, self._thumbnails.files(ids))

    def _remove_replaced(self, table: TableName) -> None:
        """Rows whose replacements had been added when a writer was killed."""
        *owner, number = KEYS[table]
        rows: ArrowTable = self._tables.rows(table, columns=list(KEYS[table]))
        for one in rows.group_by(owner).aggregate([([], "count_all"), (number, "max")]).to_pylist():
            if one["count_all"] <= one[f"{number}_max"] + 1:
                continue
            where = where_all(*(where_equals(column, one[column]) for column in owner))
            last = self._tables.last_row_id(table, where)
            if last is not None:  # the upper half of a row id numbers what was written at once
                self._writer.delete(table, where_all(where, f"_rowid < {last >> 32 << 32}"))

    def _remove_leftovers(self, of_these: str | None) -> None:
        """Rows of the videos that meet a condition; None for all."""
        ready = self._ready(of_these)
        for table in ("segments", "frames"):
            self._remove_rows(table, of_these, keep={v for v, stages in ready.items() if "picture" in stages})
        for source, stage in STAGE_OF_SOURCE.items():
            keep = {video_id for video_id, stages in ready.items() if stage in stages}
            self._remove_rows("texts", of_these, keep=keep, source=source)

    def _ready(self, of_these: str | None) -> dict[str, set[str]]:
        """The stages that are ready, by video id."""
        rows = self._tables.rows("videos", of_these, ["video_id", "stages"]).to_pylist()
        return {row["video_id"]: set(json.loads(row["stages"])) for row in rows}

    def _remove_rows(
        self, table: TableName, of_these: str | None, *, keep: set[str], source: TextSource | None = None
    ) -> None:
        of_source = where_equals("source", source) if source else None
        found = self._tables.video_ids(table, where_all(of_these or "true", of_source))
        for ids in id_batches(found - keep):
            self._writer.delete(table, where_all(where_one_of("video_id", ids), of_source))

    def _remove_thumbnails(self, of_these: str | None, files: Mapping[str, int]) -> None:
        """Of videos whose rows are as they should be: those beyond their segments.

        Args:
            files: how many there are, by video id.
        """
        rows: ArrowTable = self._tables.rows("segments", of_these, ["video_id"])
        counts = rows.group_by("video_id").aggregate([([], "count_all")]).to_pylist()
        expected: dict[str, int] = {row["video_id"]: row["count_all"] for row in counts}
        with_pictures = {v for v, stages in self._ready(of_these).items() if "picture" in stages}
        for video_id, number in files.items():
            if video_id not in with_pictures:
                self._thumbnails.delete(video_id)
            elif number > expected.get(video_id, 0):
                where = where_equals("video_id", video_id)
                indices = self._tables.rows("segments", where, ["segment_index"]).column("segment_index")
                self._thumbnails.delete_except(video_id, indices.to_pylist())
