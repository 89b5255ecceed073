"""Subclips: moments as exact frame ranges of their source, with handles. Pure. Leaves out probing (`source_probe`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import PurePath

from api.media.timecode import FrameRate
from indexer.errors import FrameRateError
from indexer.records import TimeSpan, Video


@dataclass(frozen=True, slots=True)
class RequestedMoment:
    """A moment to export."""

    video: Video
    span: TimeSpan
    text: str = ""
    """Spoken or on-screen text, or the answer."""
    score: float | None = None
    signals: dict[str, int] = field(default_factory=dict[str, int])
    handle_seconds: float = 0.0
    """Extra time at both ends that this moment has at least, whatever the export adds."""
    notes: tuple[tuple[float, str], ...] = ()
    """(time in seconds, text) of what people wrote, in order of time."""


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """Size of a file's frames, upright."""

    width: int = 0
    """As stored, in pixels; 0 where unknown, or without pictures."""
    height: int = 0
    pixel_aspect: Fraction = Fraction(1)
    """Width of a pixel to its height."""


@dataclass(frozen=True, slots=True)
class SubclipSource:
    """A source file with its frame rate and start time code."""

    video: Video
    rate: FrameRate | None
    """None where the file has no known rate, and none was given; of a recording, that in which it is counted."""
    start_frame: int = 0
    """Start time code of the file, in frames from 00:00:00:00."""
    reel: str = ""
    """Reel name (tape or card) stored in the container."""
    is_variable: bool = False
    frame_format: FrameFormat = FrameFormat()

    @property
    def name(self) -> str:
        return PurePath(self.video.path).name

    @property
    def has_pictures(self) -> bool:
        """False for a recording, which goes on an audio track."""
        return self.video.kind == "video"

    @property
    def known_rate(self) -> FrameRate:
        """The frame rate. Raises FrameRateError when it is unknown."""
        if self.rate is None:
            raise FrameRateError(
                f"{self.video.path}: the frame rate of the file is unknown; give one with --rate, or export it as CSV,"
                " JSON or WebVTT"
            )
        return self.rate

    @property
    def frames(self) -> int:
        """Number of frames of the whole file."""
        return max(1, self.known_rate.frames_of(0.0, self.video.duration_seconds)[1])


@dataclass(frozen=True, slots=True)
class Subclip:
    """A frame range of a source. Frames count from 0, the first presented one; ranges are half-open."""

    source: SubclipSource
    moment: RequestedMoment
    first: int
    stop: int
    """Range with handles, clipped to the file."""
    moment_first: int
    moment_stop: int
    """Range of the moment, without handles."""

    @property
    def rate(self) -> FrameRate:
        return self.source.known_rate

    @property
    def count(self) -> int:
        return self.stop - self.first

    @property
    def duration_seconds(self) -> Fraction:
        return self.rate.seconds(self.count)

    @property
    def notes(self) -> list[tuple[int, str]]:
        """(frame, text) of the notes inside the range."""
        rate = self.rate
        found = [(rate.frames_of(time, time)[0], subclip_plain_text(text)) for time, text in self.moment.notes]
        return [(frame, text) for frame, text in found if self.first <= frame < self.stop]

    @property
    def source_in(self) -> str:
        """Time code of the first frame."""
        return self.rate.timecode(self.source.start_frame + self.first)

    @property
    def source_out(self) -> str:
        """Time code of the frame after the last one, as editing systems expect."""
        return self.rate.timecode(self.source.start_frame + self.stop)


def make_subclip(source: SubclipSource, moment: RequestedMoment, *, handle_seconds: float = 0.0) -> Subclip:
    """The subclip of a moment.

    Args:
        handle_seconds: added at both ends, within the file; the moment's own where that is more.

    Raises:
        FrameRateError: the frame rate is unknown.
    """
    rate = source.known_rate
    first, stop = rate.frames_of(moment.span.start_seconds, moment.span.stop_seconds)
    last = source.frames
    first = min(first, last - 1)
    stop = min(max(stop, first + 1), last)
    handle = round(Fraction(max(handle_seconds, moment.handle_seconds)) * rate.per_second)
    return Subclip(source, moment, max(0, first - handle), min(last, stop + handle), first, stop)


def counted_at(source: SubclipSource, rate: FrameRate) -> SubclipSource:
    """The source with its frames counted at another rate. Its start keeps the hours, minutes and seconds of its time
    code, or its time where there is none at one of the rates."""
    own = source.rate
    if own is None or not source.start_frame:
        return replace(source, rate=rate)
    try:
        code = own.timecode(source.start_frame)
        start = rate.frame_at(f"{code[:9]}{int(code[9:]) * rate.counted // own.counted:02d}")
    except FrameRateError:
        start = round(own.seconds(source.start_frame) * rate.per_second)
    return replace(source, rate=rate, start_frame=start)


def common_subclip_rate(subclips: Sequence[Subclip]) -> FrameRate:
    """The rate with the longest total duration, used for a timeline of all subclips."""
    seconds: dict[FrameRate, Fraction] = {}
    for subclip in subclips:
        seconds[subclip.rate] = seconds.get(subclip.rate, Fraction(0)) + subclip.duration_seconds
    return max(seconds, key=lambda rate: seconds[rate])


def subclip_plain_text(text: str) -> str:
    """Text on one line, without unprintable characters."""
    encodable = text.encode("utf-8", "replace").decode()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in encodable).split())


def subclip_title(moment: RequestedMoment, *, max_characters: int = 120) -> str:
    """A one-line title: the text of the moment, else the name of its video, else what it is."""
    line = subclip_plain_text(moment.text) or subclip_plain_text(PurePath(moment.video.path).stem) or "moment"
    return line if len(line) <= max_characters else line[: max_characters - 1].rstrip() + "…"
