"""Gathers finished videos and writes them together: many small commits would make many small files.

A video's rows and thumbnails go first, its own row last, so that a crash between leaves nothing half said.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from indexer.catalog import StageName, TextSource
from indexer.pipeline.events import IndexEvent, StageFinished
from indexer.records import FrameRow, SegmentRow, TextRow, Video
from indexer.store.library import Library

MOST_VIDEOS = 64
MOST_ROWS = 20_000
MOST_SECONDS = 5.0
"""How long a finished video may wait before it can be found."""
MAINTAIN_EVERY = 16
"""Commits between two looks at whether the tables want compaction or an index."""


@dataclass
class _Pending:
    pictures: list[tuple[str, Sequence[SegmentRow], Sequence[FrameRow]]] = field(default_factory=list[Any])
    texts: list[tuple[str, TextSource, Sequence[TextRow]]] = field(default_factory=list[Any])
    videos: dict[str, Video] = field(default_factory=dict[str, Video])
    events: list[StageFinished] = field(default_factory=list[StageFinished])
    rows: int = 0


class Commits:
    """Collects what stages made and commits it when there is enough, or enough time has passed."""

    def __init__(self, library: Library, emit: Callable[[IndexEvent], None]) -> None:
        self._library, self._emit = library, emit
        self._pending = _Pending()
        self._last = time.monotonic()
        self._commits = 0
        self.write_seconds = 0.0
        self.done: dict[str, Video] = {}
        """Videos that were written, as they are now."""

    def add(
        self,
        video: Video,
        finished: Sequence[tuple[StageName, int, float]],
        *,
        pictures: tuple[Sequence[SegmentRow], Sequence[FrameRow]] | None = None,
        texts: Sequence[tuple[TextSource, Sequence[TextRow]]] = (),
    ) -> None:
        """Takes the rows of a video.

        Args:
            video: its row, which says what is ready once this is written.
            finished: (stage, rows, wall seconds) of what was made.
            pictures: its segments and frames, when these were made.
            texts: rows by source, for each source that was made.
        """
        pending = self._pending
        if pictures is not None:
            pending.pictures.append((video.video_id, *pictures))
            pending.rows += len(pictures[1])
        for source, rows in texts:
            pending.texts.append((video.video_id, source, rows))
            pending.rows += len(rows)
        pending.videos[video.video_id] = video
        for stage, count, seconds in finished:
            event = StageFinished(video.path, video.video_id, stage, video.duration_seconds, count, seconds)
            pending.events.append(event)
        if pending.rows >= MOST_ROWS or len(pending.videos) >= MOST_VIDEOS:
            self.flush()
        else:
            self.flush_when_due()

    def flush_when_due(self) -> None:
        """Writes what has waited long enough."""
        if time.monotonic() - self._last >= MOST_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Writes all that waits."""
        self._last = time.monotonic()
        if not self._pending.videos:
            return
        pending, self._pending = self._pending, _Pending()
        started = time.perf_counter()
        if pending.pictures:
            self._library.write_pictures(pending.pictures)
        if pending.texts:
            self._library.write_texts(pending.texts)
        self._library.put_videos([*pending.videos.values()])
        self.done.update(pending.videos)
        self._commits += 1
        if self._commits % MAINTAIN_EVERY == 0:
            self._library.maintain()
        self.write_seconds += time.perf_counter() - started
        for event in pending.events:
            self._emit(event)
