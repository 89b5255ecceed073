"""The worker of the captions stage: videos in, one sentence for each of their segments out. Writes nothing.

A thread reads the frame pairs of one segment after another; the model describes them in batches that span segments and
videos.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.errors import GenerationCancelledError, VideoError
from indexer.models.frame_pairs import fit_picture_size, frame_times, make_pairs, pair_times, scale_frames
from indexer.models.vision_language import Frames, VisionLanguageModel
from indexer.pipeline.events import IndexEvent, StageProgress
from indexer.pipeline.stages.caption_prompt import (
    MAX_CAPTION_PAIRS,
    MAX_CAPTION_TOKENS,
    PAIR_TOKENS,
    caption_prompt,
)
from indexer.pipeline.stages.texts import VideoTexts
from indexer.pipeline.stages.unexpected import run_by_video, unexpected_as_video_error, video_error_of
from indexer.records import SampledFrame, Segment, TimedText, Video

BATCH_SEGMENTS = 16
MAX_CAPTION_CHARACTERS = 400


@dataclass
class _PendingVideo:
    video: Video
    texts: list[TimedText] = field(default_factory=list[TimedText])
    error: VideoError | None = None
    started: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class _ReadItem:
    """A segment with its frame pairs; without a segment: the end of the video."""

    work: _PendingVideo
    segment: Segment | None
    pairs: tuple[Frames, ...] = ()


class CaptionWorker:
    """Captions videos whose pictures are indexed; iterate `results` once."""

    def __init__(
        self,
        videos: Sequence[Video],
        *,
        segments_of: Callable[[Video], Sequence[Segment]],
        model: VisionLanguageModel,
        settings: Settings,
        emit: Callable[[IndexEvent], None],
        cancel: threading.Event,
    ) -> None:
        """
        Args:
            videos: in the order in which they are captioned.
            segments_of: video -> its segments in order of time.
            emit: called with progress.
            cancel: set to stop within one token.
        """
        self._videos, self._segments_of, self._model = videos, segments_of, model
        self._settings, self._emit, self._cancel = settings, emit, cancel
        self._read: queue.Queue[_ReadItem | BaseException | None] = queue.Queue(2 * BATCH_SEGMENTS)
        self._stopped = False
        self.caption_seconds = 0.0
        """Time spent in the model."""

    def results(self) -> Iterator[VideoTexts]:
        """Finished videos in order."""
        thread = threading.Thread(target=self._run_reader, name="captions", daemon=True)
        thread.start()
        try:
            yield from self._captions_in_batches()
        except GenerationCancelledError:
            return
        finally:
            self._stopped = True
            while thread.is_alive():
                self._drain()
                thread.join(0.05)

    def _captions_in_batches(self) -> Iterator[VideoTexts]:
        batch: list[_ReadItem] = []
        while not self._cancel.is_set():
            item = self._read.get()
            if isinstance(item, BaseException):
                raise item
            if item is not None:
                batch.append(item)
            if sum(one.segment is not None for one in batch) >= BATCH_SEGMENTS or item is None:
                yield from self._finish(batch)
                batch = []
            if item is None:
                return

    def _finish(self, batch: Sequence[_ReadItem]) -> Iterator[VideoTexts]:
        shown = [one for one in batch if one.segment is not None and one.pairs and one.work.error is None]
        found = run_by_video(self._describe, shown, video_of=lambda one: one.work.video.video_id)
        texts: dict[int, str] = {}
        for one, text in zip(shown, found, strict=True):
            if isinstance(text, str):
                texts[id(one)] = text
            else:
                one.work.error = video_error_of(one.work.video.path, text)
        for one in batch:
            if one.segment is None:
                work = one.work
                wall = time.perf_counter() - work.started
                yield VideoTexts(work.video, tuple(work.texts), work.error, wall)
                continue
            if text := texts.get(id(one), ""):
                one.work.texts.append(TimedText(one.segment.span, text, ""))
            stop, video = one.segment.span.stop_seconds, one.work.video
            self._emit(StageProgress(video.path, "captions", stop, video.duration_seconds))

    def _describe(self, shown: Sequence[_ReadItem]) -> list[str]:
        started = time.perf_counter()
        prompts = [caption_prompt(one.pairs) for one in shown]
        replies = self._model.generate(prompts, max_tokens=MAX_CAPTION_TOKENS, is_cancelled=self._cancel.is_set)
        self.caption_seconds += time.perf_counter() - started
        return [_single_line(reply.text) for reply in replies]

    def _run_reader(self) -> None:
        try:
            for video in self._videos:
                work = _PendingVideo(video)
                try:
                    with unexpected_as_video_error(video.path):
                        for segment, pairs in self._read_pairs(video):
                            if work.error is not None:
                                break
                            if not self._put(_ReadItem(work, segment, pairs)):
                                return
                except VideoError as error:
                    work.error = error
                if not self._put(_ReadItem(work, None)):
                    return
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - passed to the thread that iterates
            self._put(error)

    def _read_pairs(self, video: Video) -> Iterator[tuple[Segment, tuple[Frames, ...]]]:
        """Reads one segment after another; keeps the frames of no more than one."""
        inset = 0.5 / self._settings.frames_per_second  # a cut lies within half a sampling step
        segments = self._segments_of(video)
        if not segments:
            return
        starts = [pair_times(segment.span, MAX_CAPTION_PAIRS, inset_seconds=inset) for segment in segments]
        each = self._model.vision.frames_a_step
        ends = [frame_times(own, frames_a_step=each)[-1] for own in starts]
        times = frame_times((start for own in starts for start in own), frames_a_step=each)
        side = self._settings.picture_max_side
        with open_video(Path(video.path), settings=self._settings, times=times, max_side=side) as reader:
            probe = reader.probe
            size = fit_picture_size(probe.width, probe.height, self._model.vision, most_tokens=PAIR_TOKENS)
            frames: list[SampledFrame] = []
            current = 0
            for frame in scale_frames(reader.frames(), size):
                while current < len(segments) and frame.time_seconds > ends[current] + 1e-6:
                    yield segments[current], tuple(make_pairs(starts[current], frames, frames_a_step=each))
                    frames = frames[-1:]
                    current += 1
                frames.append(frame)
            for left in range(current, len(segments)):
                yield segments[left], tuple(make_pairs(starts[left], frames, frames_a_step=each))

    def _put(self, item: "_ReadItem | BaseException | None") -> bool:
        while not self._stopped and not self._cancel.is_set():
            try:
                self._read.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        self._drain()
        self._read.put(None)  # wakes the consumer
        return False

    def _drain(self) -> None:
        while not self._read.empty():
            try:
                self._read.get_nowait()
            except queue.Empty:
                return


def _single_line(text: str) -> str:
    return " ".join(text.split())[:MAX_CAPTION_CHARACTERS].strip()
