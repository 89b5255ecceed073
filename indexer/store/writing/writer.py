"""Writing videos: each call replaces their rows in one commit per table, and a video's own row is on the disk when the
call returns."""

import threading
from collections import defaultdict
from collections.abc import Sequence

from indexer.catalog import TextSource
from indexer.records import FrameRow, SegmentRow, TextRow, Video
from indexer.store.database_errors import convert_errors
from indexer.store.filters import where_one_of
from indexer.store.recovery.video_journal import JournalEntry, VideoJournal
from indexer.store.rows import encode_frames, encode_segments, encode_texts, encode_videos
from indexer.store.schema import Maker
from indexer.store.storage.protocol import WriterGuard
from indexer.store.thumbnails import Thumbnails
from indexer.store.writing.id_batches import id_batches
from indexer.store.writing.table_writer import TableWriter
from indexer.store.writing.written_files import WrittenFiles


class Writer:
    """Calls are serialised by a lock, so several threads may write; readers continue meanwhile.

    For a crash to leave no video half described, a caller writes rows and thumbnails first and calls `put_videos` last.
    """

    def __init__(
        self,
        tables: TableWriter,
        thumbnails: Thumbnails,
        journal: VideoJournal,
        record: WrittenFiles,
        maker: Maker,
        guard: WriterGuard,
    ) -> None:
        self._maker = maker
        self._tables = tables
        self._thumbnails = thumbnails
        self._journal = journal
        self._record = record
        self._guard = guard
        self.touched: set[str] = set()
        """Ids of the videos of which anything was written."""
        self._lock = threading.RLock()
        self._rows: defaultdict[str, dict[str, int]] = defaultdict(dict)
        """By video id and kind, the number of rows written since the video's own row was."""
        self._with_new_thumbnails: set[str] = set()

    def check_rows(
        self,
        video: Video,
        pictures: tuple[Sequence[SegmentRow], Sequence[FrameRow]] | None,
        texts: Sequence[tuple[TextSource, Sequence[TextRow]]],
    ) -> None:
        """Raise what writing these rows of one video would raise because of their values; write nothing.

        Raises:
            ValueError: a vector of another shape, or a text that UTF-8 cannot encode.
        """
        encode_videos([video], self._maker)
        if pictures:
            encode_segments(video.video_id, pictures[0], self._maker)
            encode_frames(video.video_id, pictures[1], self._maker)
        for source, rows in texts:
            encode_texts(video.video_id, source, rows, self._maker)

    def write_pictures(self, items: Sequence[tuple[str, Sequence[SegmentRow], Sequence[FrameRow]]]) -> None:
        """Replace the segments and frames of these videos: one commit to `segments`, one to `frames`.

        Thumbnails of segments that no longer exist are deleted.
        """
        with self._lock:
            segments = [encode_segments(video_id, rows, self._maker) for video_id, rows, _ in items]
            frames = [encode_frames(video_id, rows, self._maker) for video_id, _, rows in items]
            ids = [video_id for video_id, _, _ in items]
            self.touched.update(ids)
            self._tables.replace("segments", segments, ids)
            self._tables.replace("frames", frames, ids)
            for video_id, rows, frame_rows in items:
                self._thumbnails.delete_except(video_id, {row.index for row in rows})
                self._with_new_thumbnails.add(video_id)
                self._rows[video_id] |= {"segments": len(rows), "frames": len(frame_rows)}

    def write_texts(self, items: Sequence[tuple[str, TextSource, Sequence[TextRow]]]) -> None:
        """Replace the texts of these (video, source) pairs: one commit for each source among them."""
        with self._lock:
            self.touched.update(video_id for video_id, _, _ in items)
            for source in sorted({source for _, source, _ in items}):
                of_source = [(video_id, rows) for video_id, its, rows in items if its == source]
                parts = [encode_texts(video_id, source, rows, self._maker) for video_id, rows in of_source]
                self._tables.replace("texts", parts, [video_id for video_id, _ in of_source], source=source)
                for video_id, rows in of_source:
                    self._rows[video_id][source] = len(rows)

    def put_videos(self, videos: Sequence[Video]) -> None:
        """Add or replace the rows of these videos in `videos`, in one commit, then wait until all is on the disk."""
        with self._lock, convert_errors(self._thumbnails.library, "writing videos"):
            self._guard.check()
            self.touched.update(video.video_id for video in videos)
            self._journal.append([self._entry(video) for video in videos])
            self._tables.replace("videos", [encode_videos(videos, self._maker)], [video.video_id for video in videos])
            self._record.sync()
            for video in videos:
                self._rows.pop(video.video_id, None)
                self._with_new_thumbnails.discard(video.video_id)

    def remove_videos(self, video_ids: Sequence[str]) -> None:
        """Delete these videos, their rows in `videos` first, so that a crash leaves only what recovery removes."""
        with self._lock:
            self.touched.update(video_ids)
            with convert_errors(self._thumbnails.library, "removing videos"):
                self._guard.check()
                self._journal.append((), removed=video_ids)
            for ids in id_batches(video_ids):
                for table in ("videos", "segments", "frames", "texts"):
                    self._tables.delete(table, where_one_of("video_id", ids))
                for video_id in ids:
                    self._thumbnails.delete(video_id)
            self._record.sync()

    def write_thumbnail(self, video_id: str, segment_index: int, jpeg: bytes) -> None:
        """Write a segment's thumbnail; a crash leaves the old one or the new one, never half of one."""
        with self._lock:
            self.touched.add(video_id)
            self._thumbnails.write(video_id, segment_index, jpeg)
            self._with_new_thumbnails.add(video_id)

    def write_cover(self, video_id: str, jpeg: bytes) -> None:
        """Write the cover of a sound file, in the same way."""
        with self._lock:
            self.touched.add(video_id)
            self._thumbnails.write_cover(video_id, jpeg)
            self._with_new_thumbnails.add(video_id)

    def _entry(self, video: Video) -> JournalEntry:
        thumbnails = None
        if video.video_id in self._with_new_thumbnails:
            thumbnails = self._thumbnails.keep(video.video_id)
        return JournalEntry(video, dict(self._rows.get(video.video_id, {})), thumbnails)
