"""Batched commits: what becomes of videos is written together, since many small commits would make many small files.

A video's rows and thumbnails are written first and its own row last, so a crash between them leaves no video that
claims rows which are not there.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from indexer.catalog import StageName, TextSource
from indexer.pipeline.events import IndexEvent, StageFailed, StageFinished, VideoFailed
from indexer.records import FrameRow, SegmentRow, TextRow, Video
from indexer.store.library import Library
from indexer.subtitles.languages import standard_language

MAX_VIDEOS = 64
MAX_ROWS = 20_000
MAX_SECONDS = 5.0
"""How long a finished video may wait to become searchable."""
MAINTAIN_EVERY = 16
"""Commits between two checks whether the tables need compaction or an index."""


@dataclass
class _Pending:
    pictures: list[tuple[str, Sequence[SegmentRow], Sequence[FrameRow]]] = field(default_factory=list[Any])
    texts: dict[tuple[str, TextSource], Sequence[TextRow]] = field(default_factory=dict[Any, Any])
    videos: dict[str, Video] = field(default_factory=dict[str, Video])
    events: list[IndexEvent] = field(default_factory=list[IndexEvent])
    rows: int = 0


class Commits:
    """Collects the rows of the stages, and commits them in batches by number, rows and time."""

    def __init__(self, library: Library, emit: Callable[[IndexEvent], None]) -> None:
        self._library, self._emit = library, emit
        self._pending = _Pending()
        self._last = time.monotonic()
        self._commits = 0
        self.write_seconds = 0.0
        self.done: dict[str, Video] = {}
        """Id -> each video written in this run, in its newest state."""
        self.done_pictures: set[str] = set()
        """Ids of videos whose segments and frames were written."""
        self.done_texts: set[tuple[str, TextSource]] = set()
        """(id, source) of texts that were written, also where there are none by now."""

    def add(
        self,
        video: Video,
        finished: Sequence[tuple[StageName, int, float]],
        *,
        pictures: tuple[Sequence[SegmentRow], Sequence[FrameRow]] | None = None,
        texts: Sequence[tuple[TextSource, Sequence[TextRow]]] = (),
        failed: Sequence[VideoFailed | StageFailed] = (),
    ) -> None:
        """Queues the rows of a video; `flush_when_due` writes them.

        Args:
            video: its own row, which names the stages that are ready once this is written.
            finished: (stage, number of rows, wall seconds) of each finished stage.
            pictures: its segments and frames, from the picture stage.
            texts: rows by source; rows of these sources are replaced, those of others stay.
            failed: what failed, and is told once this is written.

        Raises:
            ValueError: a row cannot be written; nothing is queued, so that it is no matter of the others in the batch.
        """
        self._library.check_rows(video, pictures=pictures, texts=texts)
        pending = self._pending
        if pictures is not None:
            pending.pictures.append((video.video_id, *pictures))
            pending.rows += len(pictures[1])
        for source, rows in texts:
            video = video.with_languages(source, (standard_language(row.language) for row in rows))
            pending.texts[video.video_id, source] = rows
            pending.rows += len(rows)
        pending.videos[video.video_id] = video
        for stage, count, seconds in finished:
            event = StageFinished(video.path, video.video_id, stage, video.duration_seconds, count, seconds, video.kind)
            pending.events.append(event)
        pending.events += failed

    def flush_when_due(self) -> None:
        """Writes the queue if it is long, or has waited for `MAX_SECONDS`."""
        is_long = self._pending.rows >= MAX_ROWS or len(self._pending.videos) >= MAX_VIDEOS
        if is_long or time.monotonic() - self._last >= MAX_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Writes everything in the queue, which stays as it is where that fails."""
        self._last = time.monotonic()
        pending = self._pending
        if not pending.videos:
            return
        started = time.perf_counter()
        if pending.pictures:
            self._library.write_pictures(pending.pictures)
        if pending.texts:
            self._library.write_texts([(*key, rows) for key, rows in pending.texts.items()])
        self._library.put_videos([*pending.videos.values()])
        self._pending = _Pending()
        self.done.update(pending.videos)
        self.done_pictures.update(video_id for video_id, *_ in pending.pictures)
        self.done_texts.update(pending.texts)
        self._commits += 1
        if self._commits % MAINTAIN_EVERY == 0:
            self._library.maintain()
        self.write_seconds += time.perf_counter() - started
        for event in pending.events:
            self._emit(event)
