"""The domain records: spans, videos, frames, segments, texts.

Frozen dataclasses with units in their names. Imports numpy and the catalog only; no I/O.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import FIRST_STAGE, NOT_APPLICABLE, STAGES, StageName, TextSource

Pixels = NDArray[np.uint8]
"""One picture, shape (height, width, 3), RGB."""
AUDIO_RATE = 16_000
"""Samples a second of all sound that is analysed."""
Samples16 = NDArray[np.int16]
"""Mono sound, (samples,), `AUDIO_RATE` samples a second."""
Vector = NDArray[np.float16]
"""One unit-length embedding, shape (dim,)."""
MediaKind = Literal["video", "sound"]
"""Whether a file of the library has moving pictures; `sound` has none: a podcast, a voice note."""


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """Half-open span `[start_seconds, stop_seconds)` on the player's clock (`VideoProbe.start_seconds`)."""

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
        """Length of the part that both spans cover, 0 where they do not overlap."""
        start = max(self.start_seconds, other.start_seconds)
        return max(0.0, min(self.stop_seconds, other.stop_seconds) - start)

    def shifted(self, seconds: float) -> "TimeSpan":
        """The span, later by so many seconds."""
        return TimeSpan(self.start_seconds + seconds, self.stop_seconds + seconds)

    def within(self, duration_seconds: float) -> "TimeSpan | None":
        """The part of it inside `[0, duration_seconds)`; None where there is none."""
        start, stop = max(0.0, self.start_seconds), min(self.stop_seconds, duration_seconds)
        return TimeSpan(start, stop) if start < stop else None

    def iou(self, other: "TimeSpan") -> float:
        """Intersection over union, 0 to 1; 0 when both are empty."""
        shared = self.intersection_seconds(other)
        union = self.duration_seconds + other.duration_seconds - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class VideoProbe:
    """Facts about a file from its container and its first picture, or its first sound where it has no pictures."""

    container: str
    """FFmpeg's name of the demuxer, as `mov,mp4,m4a,3gp,3g2,mj2`."""
    codec: str
    """FFmpeg's name of the video codec, as `h264`; of the sound's codec where there are no pictures."""
    decoder: Literal["decord", "pyav"]
    """Which decoder reads this file."""
    width: int
    """Pixels as shown: after rotation; 0 without pictures."""
    height: int
    rotation_degrees: int
    """Clockwise turn that was applied to show the picture upright: 0, 90, 180 or 270."""
    duration_seconds: float
    """As the container declares it, which may be wrong; `Video.duration_seconds` is measured."""
    frames_per_second: float
    """Average, 0 when unknown."""
    start_seconds: float
    """Container time of 0 on the player's clock: of the first presented frame, or of sound that begins a second or more
    before it; without pictures usually 0."""
    stream_index: int
    """The video stream that was chosen; the audio stream where there are no pictures."""
    is_hdr: bool
    """Transfer is PQ or HLG; the pictures are tone-mapped to SDR."""
    subtitle_streams: tuple[int, ...] = ()
    """Stream indices of embedded text tracks."""
    audio_streams: int = 0

    @property
    def has_pictures(self) -> bool:
        """Whether there are moving pictures; cover art is none."""
        return self.width > 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named part of a video, from the container."""

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
    """Descriptive metadata from the container: untrusted plain text of bounded length; empty where it is absent."""

    title: str = ""
    created: str = ""
    """When it was taken: UTC, ISO 8601 to the second, as `2023-05-09T11:41:46Z`; `Video.created` always has
    a value."""
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
        """Make and model, without repeating the make: `Apple iPhone 14 Pro`, `Canon EOS R5`."""
        make, model = self.camera_make, self.camera_model
        return model if model.casefold().startswith(make.casefold()) else f"{make} {model}".strip()


@dataclass(frozen=True, slots=True)
class SampledFrame:
    """One decoded picture at its true presentation time."""

    time_seconds: float
    """Player's clock."""
    pixels: Pixels
    """(height, width, 3) RGB, upright, SDR."""


SampleSpan = tuple[int, int]
"""Start and stop of a stretch of sound, in samples from its beginning; the stop is exclusive."""


@dataclass(frozen=True, slots=True, eq=False)
class SoundPiece:
    """A piece of decoded sound at its true presentation time."""

    start_seconds: float
    """Of its first sample, player's clock."""
    samples: Samples16


@dataclass(frozen=True, slots=True)
class Segment:
    """A span of one video between two cuts, 2 to 30 s: the unit that is embedded and retrieved."""

    index: int
    """Place in its video, from 0."""
    span: TimeSpan


@dataclass(frozen=True, slots=True)
class TextBox:
    """The position of one line of an on-screen text, from a time on."""

    line: int
    """Index of the line in the text, from 0."""
    start_seconds: float
    """Valid until the next box of the same line, or the end of the text."""
    left: float
    """Fractions of the picture's width and height, 0 to 1."""
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word of a transcript."""

    text: str
    """With the space before it, in scripts that have spaces: the words of a text are joined without anything."""
    start_seconds: float
    stop_seconds: float


@dataclass(frozen=True, slots=True)
class TimedText:
    """A text with the span in which it is heard or on screen."""

    span: TimeSpan
    text: str
    """Plain text, no mark-up; lines are separated by one newline."""
    language: str = ""
    """BCP 47 tag where the track names it, else empty."""
    boxes: tuple[TextBox, ...] = ()
    """Of on-screen text: the positions of its lines, by line and then by time."""
    is_scenery: bool = False
    """On-screen text that is visible in nearly every scene of its video, see `indexer.ocr.timed_texts`."""
    words: tuple[SpokenWord, ...] = ()
    """Of a transcript: its words in order."""
    original: str = ""
    """As it was before somebody corrected it; empty where nobody did."""
    voice: int = -1
    """Index in `Video.voices` of who says it; -1 where that is not known."""


@dataclass(frozen=True, slots=True)
class TextTrack:
    """An embedded text track; its cues still have their mark-up."""

    stream_index: int
    codec: str
    """FFmpeg's name, as `subrip`, `ass`, `webvtt`, `mov_text`, `ttml`."""
    language: str
    """Language tag of the stream, empty where it has none."""
    cues: tuple[TimedText, ...]
    """On the player's clock, in order of presentation; may start before 0 or stop after the last frame. Bytes that are
    not UTF-8 stand there as lone surrogates; of TTML, a cue is a document."""


@dataclass(frozen=True, slots=True)
class FrameRow:
    """A sampled frame, as stored in the library."""

    time_seconds: float
    segment_index: int
    vector: Vector | None
    """(dim,) unit length; None in a library without a picture model."""
    changed: bool
    """The picture differs from the last changed frame; only such frames are read for on-screen text."""


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment, as stored in the library."""

    index: int
    span: TimeSpan
    best_frame_seconds: float
    """Time of the frame nearest to the mean vector, whose thumbnail represents the segment; of sound, its start."""
    vector: Vector | None
    """(dim,) unit-length mean of its frames' vectors; None of sound, and in a library without a picture model."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A timed text, as stored in the library."""

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
    words: tuple[SpokenWord, ...] = ()
    original: str = ""
    voice: int = -1


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who speaks in one video."""

    speaker: str
    """Name of the person, `Speaker 3` until somebody gives it; the same in every video of that person."""
    seconds: float
    """How long the voice speaks."""
    vector: bytes
    """Of `indexer.models.voice_embedder`: unit length, float16, little-endian."""


@dataclass(frozen=True, slots=True)
class TextCorrection:
    """A text that somebody corrected."""

    source: TextSource
    span: TimeSpan
    """Of the text, player's clock."""
    original: str
    text: str
    """Empty where the text was removed."""


@dataclass(frozen=True, slots=True)
class StageFailure:
    """Why a stage of a video could not be made."""

    kind: str
    """`VideoError.kind`."""
    reason: str
    software: str
    """Fingerprint of the software that failed: the stage is tried again only when this or the file changes."""


@dataclass(frozen=True, slots=True)
class Video:
    """A video in the library."""

    video_id: str
    """32 hexadecimal digits of the BLAKE2b digest of the file's bytes: identity is content, not path."""
    paths: tuple[str, ...]
    """Absolute paths of files with these bytes, sorted; the first one is read."""
    size_bytes: int
    modified_ns: tuple[int, ...]
    """Modification time of each of `paths`, so that an unchanged file is recognised without reading it."""
    duration_seconds: float
    """Measured: the stop of the last presented frame; of the last sound where there are no pictures."""
    probe: VideoProbe | None
    """None for a failed video."""
    stages: dict[StageName, str] = field(default_factory=dict[StageName, str])
    """Complete stages, each with the fingerprint of what made it, or `indexer.catalog.NOT_APPLICABLE`."""
    warnings: tuple[str, ...] = ()
    """Problems that did not stop the indexing of the video: a broken sidecar, a damaged end."""
    failure_kind: str = ""
    """`VideoError.kind` of the last attempt; empty when it succeeded."""
    failure_reason: str = ""
    failure_software: str = ""
    """Fingerprint of the software that failed: a failed file is tried again only when this or the file changes."""
    metadata: VideoMetadata = VideoMetadata()
    """Read by the picture stage; empty for a failed video."""
    tags: tuple[str, ...] = ()
    """The user's tags, sorted, unique; see `indexer.store.tags`. They survive re-indexing and moves."""
    corrections: tuple[TextCorrection, ...] = ()
    """Texts that people corrected, by source and time. They survive re-indexing and moves."""
    voices: tuple[Voice, ...] = ()
    """Who speaks, in order of appearance; empty where voices were not told apart."""
    stage_failures: dict[StageName, StageFailure] = field(default_factory=dict[StageName, StageFailure])
    """Stages whose last attempt failed, of a video that did not fail itself; their older results stay."""
    languages: dict[TextSource, tuple[str, ...]] = field(default_factory=dict[TextSource, tuple[str, ...]])
    """Of its texts by source, as BCP 47 tags, sorted; without those of which no language is known."""

    @property
    def kind(self) -> MediaKind:
        """`sound` where there are no pictures; `video` also for a file that could not be read."""
        return "video" if self.probe is None or self.probe.has_pictures else "sound"

    @property
    def made_stages(self) -> list[StageName]:
        """Complete stages in the catalog's order, without those that do not apply."""
        return [stage for stage in STAGES if self.stages.get(stage, NOT_APPLICABLE) != NOT_APPLICABLE]

    @property
    def path(self) -> str:
        """The path of the file that is read."""
        return self.paths[0]

    @property
    def language_tags(self) -> list[str]:
        """Languages of its subtitles and speech, as BCP 47 tags, sorted."""
        return sorted({tag for tags in self.languages.values() for tag in tags})

    @property
    def created(self) -> datetime:
        """When it was taken, UTC: from the container, else the earliest modification time of its files."""
        if self.metadata.created:
            return datetime.fromisoformat(self.metadata.created)
        return datetime.fromtimestamp(min(self.modified_ns, default=0) // 1_000_000_000, UTC)

    @property
    def created_source(self) -> Literal["container", "file"]:
        """Where `created` comes from."""
        return "container" if self.metadata.created else "file"

    @property
    def failures(self) -> dict[StageName, StageFailure]:
        """Why what is not there could not be made, by stage; a failed video failed in the first."""
        if not self.failure_kind:
            return self.stage_failures
        return {FIRST_STAGE: StageFailure(self.failure_kind, self.failure_reason, self.failure_software)}

    def with_stage(self, stage: StageName, fingerprint: str) -> "Video":
        """The video with a complete stage, whose earlier failure is forgotten."""
        failures = {name: failure for name, failure in self.stage_failures.items() if name != stage}
        return replace(self, stages={**self.stages, stage: fingerprint}, stage_failures=failures)

    def with_languages(self, source: TextSource, languages: Iterable[str]) -> "Video":
        """The video with other texts of a source, in these languages."""
        others = {name: tags for name, tags in self.languages.items() if name != source}
        found = tuple(sorted(set(languages) - {""}))
        return replace(self, languages=others | ({source: found} if found else {}))

    def with_failure(self, stage: StageName, failure: StageFailure) -> "Video":
        """The video with a stage that failed; what an earlier run made of it stays."""
        return replace(self, stage_failures={**self.stage_failures, stage: failure})
