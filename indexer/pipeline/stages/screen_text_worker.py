"""The worker of the screen text stage: videos in, the texts on their changed frames out. Writes nothing.

A long video is split into parts that are read in parallel; each part decodes only the frames that it needs.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.errors import VideoError
from indexer.ocr.frame_selection import FrameLines, read_changed_frames
from indexer.ocr.incremental_reader import IncrementalReader
from indexer.ocr.lines import ScreenLine
from indexer.ocr.reader import ScreenTextReader
from indexer.ocr.timed_texts import collect_screen_texts, mark_scenery_texts
from indexer.pipeline.events import IndexEvent, StageProgress
from indexer.pipeline.stages.texts import VideoTexts
from indexer.pipeline.stages.threaded import ThreadedWorker
from indexer.pipeline.stages.unexpected import unexpected_as_video_error
from indexer.records import FrameRow, Pixels, SampledFrame, TimedText, TimeSpan, Video

PART_FRAMES = 120
"""Changed frames a part: enough to make reopening the file cheap, few enough to spread the work over threads."""
STARTED_AHEAD = 4
"""Videos that may be in progress beyond the number of threads."""


@dataclass
class _PendingVideo:
    video: Video
    parts: list[list[float]] = field(default_factory=lambda: [[]])
    """Times of the changed frames, a list for each part that is read by itself."""
    cuts: list[float] = field(default_factory=list[float])
    """Times at which a segment begins with a changed picture."""
    states: dict[int, list[FrameLines]] = field(default_factory=dict[int, list[FrameLines]])
    error: VideoError | None = None
    started: float = field(default_factory=time.perf_counter)

    def divide(self, rows: Sequence[FrameRow]) -> None:
        """Sets the parts and the cuts."""
        times = sorted({row.time_seconds for row in rows if row.changed})
        self.parts = [times[start : start + PART_FRAMES] for start in range(0, len(times), PART_FRAMES)] or [[]]
        self.cuts = _cuts(rows)


class _TimedScreenTextReader(IncrementalReader):
    def __init__(self, reader: ScreenTextReader) -> None:
        super().__init__(reader)
        self.seconds = 0.0

    def read(self, pixels: Pixels) -> list[ScreenLine]:
        started = time.perf_counter()
        lines = super().read(pixels)
        self.seconds += time.perf_counter() - started
        return lines


class ScreenTextWorker(ThreadedWorker[VideoTexts]):
    """Reads on-screen text of videos whose pictures are indexed; iterate `results` once."""

    def __init__(
        self,
        videos: Sequence[Video],
        *,
        frames_of: Callable[[str], Sequence[FrameRow]],
        settings: Settings,
        emit: Callable[[IndexEvent], None],
        cancel: threading.Event,
        threads: int,
    ) -> None:
        """
        Args:
            videos: in the order in which they are read.
            frames_of: video id -> its sampled frames, which say where the picture changed.
            emit: called with progress, from any thread.
            cancel: set to stop after the current frame.
            threads: frames that are read in parallel.
        """
        super().__init__(count=len(videos), ahead=threads + STARTED_AHEAD, cancel=cancel)
        self._settings, self._frames_of, self._emit = settings, frames_of, emit
        self._tasks = self._all_tasks(videos)
        self._tasks_lock = threading.Lock()
        self.read_seconds = 0.0
        """Summed over the threads."""
        self.read_frames = 0
        """Number of frames that were read."""
        self._threads = [threading.Thread(target=self._run, name=f"ocr-{n}", daemon=True) for n in range(threads)]

    def _all_tasks(self, videos: Sequence[Video]) -> Iterator[tuple[_PendingVideo, int]]:
        for video in videos:
            while not self._slots.acquire(timeout=0.1):
                if self._is_over():
                    return
            reading = _PendingVideo(video)
            try:
                with unexpected_as_video_error(video.path):
                    reading.divide(self._frames_of(video.video_id))
            except VideoError as error:
                reading.error = error
            for part in range(len(reading.parts)):
                yield reading, part

    def _run(self) -> None:
        try:
            reader = ScreenTextReader(models=self._settings.screen_text_models)
            while not self._is_over():
                with self._tasks_lock:
                    task = next(self._tasks, None)
                if task is None:
                    return
                self._read_part(reader, *task)
        except BaseException as error:  # noqa: BLE001 - passed to the thread that iterates
            self._results.put(error)

    def _read_part(self, reader: ScreenTextReader, reading: _PendingVideo, part: int) -> None:
        states: list[FrameLines] = []
        try:
            if reading.parts[part] and reading.error is None:
                with unexpected_as_video_error(reading.video.path):
                    states = self._read_frames(reader, reading, part)
        except VideoError as error:
            reading.error = error
        if self._is_over():
            return
        with self._tasks_lock:
            reading.states[part] = states
            complete = len(reading.states) == len(reading.parts)
        if complete:
            self._results.put(self._collect(reading))

    def _read_frames(self, reader: ScreenTextReader, reading: _PendingVideo, part: int) -> list[FrameLines]:
        video, times = reading.video, reading.parts[part]

        def with_progress(frames: Iterator[SampledFrame]) -> Iterator[SampledFrame]:
            for frame in frames:
                if self._is_over():
                    return
                yield frame
                self._emit(StageProgress(video.path, "screen_text", frame.time_seconds, video.duration_seconds))

        side = self._settings.picture_max_side
        timed_reader = _TimedScreenTextReader(reader)
        with open_video(Path(video.path), settings=self._settings, times=times, max_side=side) as frames:
            states = read_changed_frames(with_progress(frames.frames()), reader=timed_reader, cuts=reading.cuts)
        with self._tasks_lock:
            self.read_seconds += timed_reader.seconds
            self.read_frames += len(states)
        return states

    @staticmethod
    def _collect(reading: _PendingVideo) -> VideoTexts:
        texts: tuple[TimedText, ...] = ()
        try:
            with unexpected_as_video_error(reading.video.path):
                texts = _texts_of(reading)
        except VideoError as error:
            reading.error = error
        return VideoTexts(reading.video, texts, reading.error, time.perf_counter() - reading.started)


def _texts_of(reading: _PendingVideo) -> tuple[TimedText, ...]:
    states = [state for part in range(len(reading.parts)) for state in reading.states[part]]
    texts = collect_screen_texts(states, reading.video.duration_seconds)
    edges = [0.0, *(cut for cut in reading.cuts if cut > 0), reading.video.duration_seconds]
    scenes = [TimeSpan(start, stop) for start, stop in pairwise(edges) if start < stop]
    return tuple(mark_scenery_texts(texts, scenes))


def _cuts(rows: Sequence[FrameRow]) -> list[float]:
    first: dict[int, FrameRow] = {}
    for row in rows:
        if row.segment_index not in first or row.time_seconds < first[row.segment_index].time_seconds:
            first[row.segment_index] = row
    return sorted(row.time_seconds for row in first.values() if row.changed)
