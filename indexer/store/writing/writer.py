"""Writing the library: a video's rows are replaced in one commit per table, and leftovers of a crash are swept."""

import os
import shutil
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.catalog import STAGE_OF_SOURCE, TextSource
from indexer.errors import LibraryError
from indexer.records import FrameRow, SegmentRow, TextRow, Video
from indexer.store.reader import all_of, equals, one_of
from indexer.store.rows import frame_rows, segment_rows, text_rows, video_rows
from indexer.store.schema import KEYS, ArrowTable, TableName, table_schema
from indexer.store.tables import THUMBNAIL_FOLDER, boundary, temporary_files_in
from indexer.store.writing.maintenance import Indexing

_BATCH_IDS = 1_000
"""Ids named in one filter; longer lists are split, so that a filter's length has a bound."""


class Writing(Indexing):
    """Writes need `open_writer`. They are serialised by a lock, so several threads may write; readers go on.

    Order that a caller keeps so that a crash leaves nothing half said: rows and thumbnails first, `put_videos` last.
    """

    def write_pictures(self, items: Sequence[tuple[str, Sequence[SegmentRow], Sequence[FrameRow]]]) -> None:
        """Replace the segments and frames of these videos: one commit to `segments`, one to `frames`.

        Thumbnails of segments that are gone go too.
        """
        with self._writing():
            segments = [segment_rows(video_id, rows, self.maker) for video_id, rows, _ in items]
            frames = [frame_rows(video_id, rows, self.maker) for video_id, _, rows in items]
            ids = [video_id for video_id, _, _ in items]
            self._replace("segments", segments, ids)
            self._replace("frames", frames, ids)
            for video_id, rows, _ in items:
                self._drop_thumbnails(video_id, keep={row.index for row in rows})

    def write_texts(self, items: Sequence[tuple[str, TextSource, Sequence[TextRow]]]) -> None:
        """Replace the texts of these (video, source) pairs: one commit for each source among them."""
        with self._writing():
            for source in sorted({source for _, source, _ in items}):
                of_source = [(video_id, rows) for video_id, its, rows in items if its == source]
                tables = [text_rows(video_id, source, rows, self.maker) for video_id, rows in of_source]
                self._replace("texts", tables, [video_id for video_id, _ in of_source], source=source)

    def put_videos(self, videos: Sequence[Video]) -> None:
        """Add these videos' rows or replace them, in one commit."""
        with self._writing():
            self._replace("videos", [video_rows(videos, self.maker)], [video.video_id for video in videos])

    def remove_videos(self, video_ids: Sequence[str]) -> None:
        """Forget these videos: first their own rows, so that a crash leaves only what the next writer sweeps."""
        with self._writing():
            for ids in _batches(video_ids):
                for table in ("videos", "segments", "frames", "texts"):
                    self._delete(table, one_of("video_id", ids))
                for video_id in ids:
                    shutil.rmtree(self._thumbnail_folder(video_id), ignore_errors=True)

    def write_thumbnail(self, video_id: str, segment_index: int, jpeg: bytes) -> None:
        """Write a segment's picture; a crash leaves the old one or the new one, never half of one."""
        with self._writing(), boundary(self.path, "writing a thumbnail"):
            target = self.thumbnail_path(video_id, segment_index)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = self.staging_path() / f"{video_id}-{segment_index}.jpg"
            draft.write_bytes(jpeg)
            os.replace(draft, target)  # noqa: PTH105 - the atomic one

    def sweep(self) -> None:
        """Remove what a crash may have left: rows and thumbnails of stages that no video claims, temporary files."""
        with self._writing():
            shutil.rmtree(self.staging_path(), ignore_errors=True)
            self.staging_path()
            ready = {video.video_id: set(video.stages) for video in self.videos()}
            pictured = {video_id for video_id, stages in ready.items() if "picture" in stages}
            for table in ("segments", "frames"):
                self._sweep_rows(table, pictured)
            for source, stage in STAGE_OF_SOURCE.items():
                self._sweep_rows("texts", {v for v, stages in ready.items() if stage in stages}, source=source)
            self._sweep_thumbnails(pictured)

    def _sweep_rows(self, table: TableName, keep: set[str], *, source: TextSource | None = None) -> None:
        of_source = equals("source", source) if source else None
        for ids in _batches(self._video_ids(table, of_source) - keep):
            self._delete(table, all_of(one_of("video_id", ids), of_source) or "true")

    def _sweep_thumbnails(self, pictured: set[str]) -> None:
        segments: ArrowTable = (
            self._rows("segments", None, ["video_id"]).group_by("video_id").aggregate([([], "count_all")])
        )
        wanted: dict[str, int] = {row["video_id"]: row["count_all"] for row in segments.to_pylist()}
        for folder in (self.path / THUMBNAIL_FOLDER).glob("*/*"):
            if folder.name not in pictured:
                shutil.rmtree(folder, ignore_errors=True)
            elif len(os.listdir(folder)) > wanted.get(folder.name, 0):  # noqa: PTH208 - names only: many folders
                self._drop_thumbnails(folder.name, keep={row.index for row in self.segments(folder.name)})

    def _drop_thumbnails(self, video_id: str, *, keep: set[int]) -> None:
        for file in self._thumbnail_folder(video_id).glob("*.jpg"):
            if not file.stem.isdigit() or int(file.stem) not in keep:
                file.unlink(missing_ok=True)

    def _video_ids(self, table: TableName, where: str | None) -> set[str]:
        """Ids that have rows there. Reads one column, in batches: a table may hold tens of millions of rows."""
        found: set[str] = set()
        with boundary(self.path, f"reading {table}"):
            query: Any = self._tables[table].search()
            query = query.where(where) if where else query
            for batch in query.select(["video_id"]).to_batches():
                found.update(batch.column("video_id").unique().to_pylist())
        return found

    def _replace(
        self, table: TableName, tables: list[ArrowTable], video_ids: Sequence[str], *, source: str | None = None
    ) -> None:
        """Put the rows in place of all that these videos had there, in one commit; nothing to do makes none.

        Raises:
            ValueError: a video is named twice, which would make duplicate keys.
        """
        if len(set(video_ids)) != len(video_ids):
            raise ValueError(f"each video may be written once a call, got {sorted(video_ids)}")
        if not video_ids:
            return
        rows = pa.concat_tables([table_schema(table, self.maker).empty_table(), *tables])
        old = all_of(one_of("video_id", video_ids), equals("source", source) if source else None)
        target = self._tables[table]
        had_rows = self._count(table, old) > 0
        with boundary(self.path, f"writing {table}"), temporary_files_in(self.staging_path()):
            if len(rows) and not had_rows:
                target.add(rows)  # appending reads nothing of what is there, where a merge reads every key
            elif len(rows):
                merge: Any = target.merge_insert(list(KEYS[table])).when_matched_update_all()
                merge.when_not_matched_insert_all().when_not_matched_by_source_delete(old).execute(rows)
            elif had_rows:
                target.delete(old or "true")
            else:
                return
        self._writes[table] = self._writes.get(table, 0) + 1

    def _delete(self, table: TableName, where: str) -> None:
        if not self._count(table, where):
            return
        with boundary(self.path, f"deleting from {table}"):
            self._tables[table].delete(where)
        self._writes[table] = self._writes.get(table, 0) + 1

    @contextmanager
    def _writing(self) -> Generator[None]:
        if not self._may_write:
            raise LibraryError(f"library {self.path} is open for reading only; open it with `Library.open_writer`")
        with self._write_lock:
            yield


def _batches(video_ids: Iterable[str]) -> Iterator[list[str]]:
    ids = sorted(set(video_ids))
    for start in range(0, len(ids), _BATCH_IDS):
        yield ids[start : start + _BATCH_IDS]


def prepare_folder(path: Path, own_names: set[str]) -> None:
    """Make the library's folder, or accept one that is empty or Reelseek's own.

    Raises:
        LibraryError: it holds other things, is not a folder, or cannot be made.
    """
    with boundary(path, "making the folder"):
        if path.exists() and not path.is_dir():
            raise LibraryError(f"library {path} is a file, not a folder; choose another place with --library")
        path.mkdir(parents=True, exist_ok=True)
        strangers = sorted(entry.name for entry in path.iterdir() if entry.name not in own_names)
        if strangers:
            raise LibraryError(
                f"{path} is not a library: it holds {strangers[0]!r} and {len(strangers) - 1} other entries;"
                " choose an empty or new folder with --library"
            )
