"""One video in the picture stage: collects its frames or its sound as they are decoded, then computes its rows.

Threads and models are elsewhere: `picture_worker` adds frames, and `embedding` vectors.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np

from indexer.config import Settings
from indexer.errors import VideoError
from indexer.ocr.change_detector import ChangeDetector
from indexer.pipeline.plan import Job
from indexer.records import (
    FrameRow,
    Pixels,
    SampledFrame,
    Segment,
    SegmentRow,
    TextTrack,
    Vector,
    VideoMetadata,
    VideoProbe,
)
from indexer.segmentation.cut_detector import CutScorer
from indexer.segmentation.segmenter import segment, segment_at
from indexer.segmentation.sound_segmenter import segment_sound
from indexer.sound.levels import BIN_SECONDS, SoundLevels
from indexer.sound.waveform import draw_waveform, loudest_peak
from indexer.store.writing.spool import Spool

THUMBNAIL_WIDTH = 320
THUMBNAIL_QUALITY = 80
WAVEFORM_QUALITY = 92
"""Lower ones leave specks beside the bars."""


def encode_thumbnail(pixels: Pixels, *, quality: int = THUMBNAIL_QUALITY) -> bytes:
    """(height, width, 3) RGB -> a JPEG at most `THUMBNAIL_WIDTH` wide."""
    height, width = pixels.shape[:2]
    if width > THUMBNAIL_WIDTH:
        size = (THUMBNAIL_WIDTH, max(1, round(height * THUMBNAIL_WIDTH / width)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()


@dataclass
class PendingVideo:
    """The state of one video between its first decoded frame and its rows."""

    job: Job
    video_id: str
    spool: Spool
    """Thumbnails of every sampled frame, on disk until it is known which of them represent a segment."""
    probe: VideoProbe | None = None
    metadata: VideoMetadata = field(default_factory=VideoMetadata)
    duration_seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    text_tracks: tuple[TextTrack, ...] = ()
    times: list[float] = field(default_factory=list[float])
    scores: list[float] = field(default_factory=list[float])
    changed: list[bool] = field(default_factory=list[bool])
    vectors: list[Vector | None] = field(default_factory=list[Vector | None])
    sound: SoundLevels | None = None
    """Of a file without moving pictures, which has no frames."""
    cover: Pixels | None = None
    """The picture attached to such a file."""
    wall_seconds: float = 0.0
    error: VideoError | None = None
    """Why its pictures could not be embedded."""
    _scorer: CutScorer = field(default_factory=CutScorer)
    _changes: ChangeDetector = field(default_factory=ChangeDetector)
    _missing_vectors: int = 0
    _all_read: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, frame: SampledFrame, *, to_embed: bool) -> int:
        """Adds the next frame in order; returns its index."""
        self.spool.append(encode_thumbnail(frame.pixels))
        self.times.append(frame.time_seconds)
        self.scores.append(self._scorer.score(frame.pixels))
        self.changed.append(self._changes.changed(frame.pixels))
        self.vectors.append(None)
        with self._lock:
            self._missing_vectors += to_embed
        return len(self.times) - 1

    def put_vector(self, index: int, vector: Vector | None) -> bool:
        """Stores the vector of a frame, None where there is an `error`; returns True when no other is missing."""
        self.vectors[index] = vector
        with self._lock:
            self._missing_vectors -= 1
            return self._all_read and self._missing_vectors == 0

    def finish_reading(self) -> bool:
        """Marks the last frame as read; returns True when no vector is missing either."""
        with self._lock:
            self._all_read = True
            return self._missing_vectors == 0


@dataclass(frozen=True, slots=True)
class PictureRows:
    """Segments and rows that the picture stage writes for one video."""

    segments: tuple[Segment, ...]
    segment_rows: tuple[SegmentRow, ...]
    frame_rows: tuple[FrameRow, ...]
    thumbnails: Iterable[bytes]
    """A JPEG for each segment, made as it is taken."""


def rows_of_pending_sound(work: PendingVideo, sound: SoundLevels, settings: Settings) -> PictureRows:
    """Cuts a completely read recording into segments at its pauses, and makes their rows: without frames or vectors."""
    segments = segment_sound(
        sound.decibels(),
        bin_seconds=BIN_SECONDS,
        duration_seconds=work.duration_seconds,
        min_seconds=settings.min_segment_seconds,
        max_seconds=settings.max_segment_seconds,
    )
    peaks = sound.peaks()
    loudest = loudest_peak(peaks)
    waveforms = (draw_waveform(peaks, item.span, loudest=loudest) for item in segments)
    return PictureRows(
        tuple(segments),
        tuple(SegmentRow(item.index, item.span, item.span.start_seconds, None) for item in segments),
        (),
        (encode_thumbnail(waveform, quality=WAVEFORM_QUALITY) for waveform in waveforms),
    )


def rows_of_pending_video(work: PendingVideo, settings: Settings) -> PictureRows:
    """Cuts a completely read video into segments, and makes their rows."""
    segments = segment(
        work.times,
        work.scores,
        duration_seconds=work.duration_seconds,
        step_seconds=1 / settings.frames_per_second,
        min_seconds=settings.min_segment_seconds,
        max_seconds=settings.max_segment_seconds,
    )
    members: list[list[int]] = [[] for _ in segments]
    for index, time in enumerate(work.times):
        members[segment_at(segments, time)].append(index)
    for number, indices in enumerate(members):
        if not indices:  # no sample in the span: the frame before it was still on screen
            indices.append(members[number - 1][-1])
    segment_rows: list[SegmentRow] = []
    frame_rows: list[FrameRow] = []
    thumbnails: list[int] = []
    for item, indices in zip(segments, members, strict=True):
        vector, best = _mean_and_nearest([work.vectors[index] for index in indices])
        thumbnails.append(indices[best])
        shown = max(work.times[indices[best]], item.span.start_seconds)
        segment_rows.append(SegmentRow(item.index, item.span, shown, vector))
        for index in indices:
            # A frame that stands through several segments is a row of each, from where it is seen there.
            own = work.times[index] >= item.span.start_seconds
            seen = max(work.times[index], item.span.start_seconds)
            frame_rows.append(FrameRow(seen, item.index, work.vectors[index], own and work.changed[index]))
    jpegs = (work.spool.read(index) for index in thumbnails)
    return PictureRows(tuple(segments), tuple(segment_rows), tuple(frame_rows), jpegs)


def _mean_and_nearest(vectors: list[Vector | None]) -> tuple[Vector | None, int]:
    """Unit-length mean, and the index of the vector nearest to it; without vectors, the middle index."""
    present = [vector for vector in vectors if vector is not None]
    if len(present) < len(vectors):
        return None, len(vectors) // 2
    stacked = np.stack(present).astype(np.float32)  # (n, dim)
    mean = stacked.mean(axis=0)
    norm = float(np.linalg.norm(mean))
    if norm == 0:
        return present[0], 0
    mean /= norm
    return mean.astype(np.float16), int(np.argmax(stacked @ mean))
