"""The values that walk through the house: spans, videos, frames, segments, texts.

Plain frozen dataclasses with their units in their names. No third-party imports but numpy; no I/O.
"""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import StageName, TextSource

Pixels = NDArray[np.uint8]
"""One picture, shape (height, width, 3), RGB."""
Samples16 = NDArray[np.int16]
"""Sound of one channel, (samples,), 16,000 a second."""
Vector = NDArray[np.float16]
"""One unit-length embedding, shape (dim,)."""


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """Half-open span `[start_seconds, stop_seconds)` on the player's clock (0 is the first presented frame)."""

    start_seconds: float
    stop_seconds: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_seconds) and math.isfinite(self.stop_seconds)):
            raise ValueError(f"a span's ends must be finite, got [{self.start_seconds}, {self.stop_seconds})")
        if self.start_seconds > self.stop_seconds:
            raise ValueError(f"a span must not stop before it starts, got [{self.start_seconds}, {self.stop_seconds})")

    @property
    def duration_seconds(self) -> float:
        return self.stop_seconds - self.start_seconds

    def intersection_seconds(self, other: "TimeSpan") -> float:
        """Length of the part that both spans cover, 0 where they do not meet."""
        start = max(self.start_seconds, other.start_seconds)
        return max(0.0, min(self.stop_seconds, other.stop_seconds) - start)

    def within(self, duration_seconds: float) -> "TimeSpan | None":
        """The part of it that lies in `[0, duration_seconds)`; None where there is none."""
        start, stop = max(0.0, self.start_seconds), min(self.stop_seconds, duration_seconds)
        return TimeSpan(start, stop) if start < stop else None

    def iou(self, other: "TimeSpan") -> float:
        """Intersection over union, 0 to 1; 0 when both are empty."""
        shared = self.intersection_seconds(other)
        union = self.duration_seconds + other.duration_seconds - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class VideoProbe:
    """What the container and the first picture say of a video, after a decoder has opened it."""

    container: str
    """FFmpeg's name of the demuxer, as `mov,mp4,m4a,3gp,3g2,mj2`."""
    codec: str
    """FFmpeg's name of the video codec, as `h264`."""
    decoder: Literal["decord", "pyav"]
    """Which decoder reads this file."""
    width: int
    """Pixels as shown: after rotation."""
    height: int
    rotation_degrees: int
    """Clockwise turn that was applied to show the picture upright: 0, 90, 180 or 270."""
    duration_seconds: float
    """As the container declares it, which may lie; `Video.duration_seconds` is the measured one."""
    frames_per_second: float
    """Average, 0 when unknown."""
    start_seconds: float
    """Container time of the first presented frame, which is 0 on the player's clock."""
    stream_index: int
    """The video stream that was chosen."""
    is_hdr: bool
    """Transfer is PQ or HLG; the pictures are tone-mapped to SDR."""
    subtitle_streams: tuple[int, ...] = ()
    """Stream indices of embedded text tracks."""
    audio_streams: int = 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named part of a video, as the container marks it."""

    span: TimeSpan
    title: str
    """Plain text on one line; may be empty."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a video was taken, in WGS 84 degrees: north and east are positive."""

    latitude_degrees: float
    longitude_degrees: float


@dataclass(frozen=True, slots=True)
class VideoMetadata:
    """What the container says of a video in words. Strangers wrote it: plain text of bounded length, and it may lie.

    Empty where the container says nothing.
    """

    title: str = ""
    created: str = ""
    """When it was taken: UTC, ISO 8601 to the second, as `2023-05-09T11:41:46Z`; see `Video.created` for one that is
    always there."""
    camera_make: str = ""
    camera_model: str = ""
    place: Place | None = None
    place_name: str = ""
    artist: str = ""
    comment: str = ""
    description: str = ""
    chapters: tuple[Chapter, ...] = ()
    """In order of time, on the player's clock, within the video; may overlap."""

    @property
    def camera(self) -> str:
        """Make and model, the make once: `Apple iPhone 14 Pro`, `Canon EOS R5`."""
        make, model = self.camera_make, self.camera_model
        return model if model.casefold().startswith(make.casefold()) else f"{make} {model}".strip()


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """One decoded picture at its true presentation time."""

    time_seconds: float
    """Player's clock."""
    pixels: Pixels
    """(height, width, 3) RGB, upright, SDR."""


@dataclass(frozen=True, slots=True, eq=False)
class SoundPiece:
    """Some decoded sound at its true time."""

    start_seconds: float
    """Of its first sample, player's clock; below 0 where the sound starts before the first picture."""
    samples: Samples16


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of one video between two cuts, 2 to 30 s: the unit that is embedded and retrieved."""

    index: int
    """Place in its video, from 0."""
    span: TimeSpan


@dataclass(frozen=True, slots=True)
class TextBox:
    """Where a line of an on-screen text stands from one time on."""

    line: int
    """Which line of the text, from 0."""
    start_seconds: float
    """It stands there until the next box of the same line, or the end of the text."""
    left: float
    """Fractions of the picture's width and height, 0 to 1."""
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class TimedText:
    """Words with the span in which they are heard or on screen."""

    span: TimeSpan
    text: str
    """Plain text, no mark-up; lines are separated by one newline."""
    language: str = ""
    """BCP 47 tag where the track names it, else empty."""
    boxes: tuple[TextBox, ...] = ()
    """Of on-screen text: where each line stands, by line and then by time."""
    is_scenery: bool = False
    """On-screen text that stands in nearly every scene of its video, see `indexer.ocr.timed_texts`."""


@dataclass(frozen=True, slots=True)
class TextTrack:
    """An embedded text track as the container holds it: cues still carry their mark-up."""

    stream_index: int
    codec: str
    """FFmpeg's name, as `subrip`, `ass`, `webvtt`, `mov_text`."""
    language: str
    """Language tag of the stream, empty where it has none."""
    cues: tuple[TimedText, ...]
    """On the player's clock, in order of presentation; may start before 0 or stop after the last frame."""


@dataclass(frozen=True, slots=True)
class FrameRow:
    """A sampled frame as the library keeps it."""

    time_seconds: float
    segment_index: int
    vector: Vector | None
    """(dim,) unit length; None in a library without a picture model."""
    changed: bool
    """The picture differs from the frame sampled before it; only such frames are read for on-screen text."""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment as the library keeps it."""

    index: int
    span: TimeSpan
    best_frame_seconds: float
    """Time of the frame nearest to the segment's mean picture; its thumbnail stands for the segment."""
    vector: Vector | None
    """(dim,) unit-length mean of its frames' vectors; None in a library without a picture model."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A timed text as the library keeps it."""

    source: TextSource
    segment_index: int
    """The segment that it overlaps most."""
    span: TimeSpan
    text: str
    vector: Vector | None
    """(dim,) unit length; None in a library without a text model."""
    language: str = ""
    boxes: tuple[TextBox, ...] = ()
    is_scenery: bool = False


@dataclass(frozen=True, slots=True)
class Video:
    """A video in the library."""

    video_id: str
    """32 hexadecimal digits of the BLAKE2b digest of the file's bytes: identity is content, not path."""
    paths: tuple[str, ...]
    """Absolute paths at which these bytes were seen, sorted; the first is the one that is read."""
    size_bytes: int
    modified_ns: tuple[int, ...]
    """Modification times of `paths`, one each, so that an unchanged file is recognised without reading it."""
    duration_seconds: float
    """Measured: the stop of the last presented frame."""
    probe: VideoProbe | None
    """None for a failed video."""
    stages: dict[StageName, str] = field(default_factory=dict[StageName, str])
    """Ready stages, each with the fingerprint of what made it."""
    warnings: tuple[str, ...] = ()
    """What went less than well and did not stop the video: a broken sidecar, a damaged end."""
    failure_kind: str = ""
    """`VideoError.kind` of the last try, empty when all is well."""
    failure_reason: str = ""
    failure_software: str = ""
    """Fingerprint of the software that failed: a failed file is tried again only when it or the file changes."""
    metadata: VideoMetadata = VideoMetadata()
    """Read with the pictures; empty for a failed video."""
    tags: tuple[str, ...] = ()
    """The user's own, sorted, each once; see `indexer.store.tags`. They survive re-indexing and moves."""

    @property
    def path(self) -> str:
        """The path that is read."""
        return self.paths[0]

    @property
    def created(self) -> datetime:
        """When it was taken, UTC: as its container says, else the earliest modification time of its files."""
        if self.metadata.created:
            return datetime.fromisoformat(self.metadata.created)
        return datetime.fromtimestamp(min(self.modified_ns, default=0) // 1_000_000_000, UTC)

    @property
    def created_source(self) -> Literal["container", "file"]:
        """Which of the two `created` is."""
        return "container" if self.metadata.created else "file"
