"""Moments as takes: frames of a source, exact, with handles. Pure; reading the source's file is `sources`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath

from api.media.timecode import FrameRate
from indexer.errors import FrameRateError
from indexer.records import TimeSpan, Video


@dataclass(frozen=True, slots=True)
class RequestedMoment:
    """A moment that is to be exported, wherever it comes from."""

    video: Video
    span: TimeSpan
    text: str = ""
    """What was said, written or answered there."""
    score: float | None = None
    signals: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Source:
    """A video's file as an editor sees it."""

    video: Video
    rate: FrameRate | None
    """None where the file does not tell one, and none was named."""
    start_frame: int = 0
    """Time code of the file's first frame, in frames from 00:00:00:00."""
    reel: str = ""
    """Name of the tape or card that the container names."""
    is_variable: bool = False

    @property
    def name(self) -> str:
        return PurePath(self.video.path).name

    @property
    def known_rate(self) -> FrameRate:
        """Raises FrameRateError: the file does not tell a rate."""
        if self.rate is None:
            raise FrameRateError(
                f"{self.video.path}: the file does not tell its frame rate; name one with --rate, or export it as CSV,"
                " JSON or WebVTT"
            )
        return self.rate

    @property
    def frames(self) -> int:
        """Of the whole file."""
        return max(1, self.known_rate.frames_of(0.0, self.video.duration_seconds)[1])


@dataclass(frozen=True, slots=True)
class Subclip:
    """A moment with its place in the source. Frames count from 0, the first presented one; spans are half-open."""

    source: Source
    moment: RequestedMoment
    first: int
    stop: int
    """With handles, inside the file."""
    moment_first: int
    moment_stop: int
    """Without handles."""

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
    def source_in(self) -> str:
        """Time code of the first frame."""
        return self.rate.timecode(self.source.start_frame + self.first)

    @property
    def source_out(self) -> str:
        """Time code of the first frame that is no longer shown, as editors want it."""
        return self.rate.timecode(self.source.start_frame + self.stop)


def make_subclip(source: Source, moment: RequestedMoment, *, handle_seconds: float = 0.0) -> Subclip:
    """The frames of a moment.

    Args:
        handle_seconds: so much more at both ends, as far as the file goes.

    Raises:
        FrameRateError: the file tells no rate.
    """
    rate = source.known_rate
    first, stop = rate.frames_of(moment.span.start_seconds, moment.span.stop_seconds)
    last = source.frames
    first = min(first, last - 1)
    stop = min(max(stop, first + 1), last)
    handle = round(Fraction(handle_seconds) * rate.per_second)
    return Subclip(source, moment, max(0, first - handle), min(last, stop + handle), first, stop)


def common_rate(subclips: Sequence[Subclip]) -> FrameRate:
    """The rate of most of the time: what a time line of all of them is given."""
    seconds: dict[FrameRate, Fraction] = {}
    for subclip in subclips:
        seconds[subclip.rate] = seconds.get(subclip.rate, Fraction(0)) + subclip.duration_seconds
    return max(seconds, key=lambda rate: seconds[rate])


def plain_line(text: str) -> str:
    """One line without what would act on a terminal, a page or a time line."""
    told = text.encode("utf-8", "replace").decode()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in told).split())


def title_of(moment: RequestedMoment, *, max_characters: int = 120) -> str:
    """A line for people: what was said or seen, else where it is."""
    line = plain_line(moment.text) or plain_line(PurePath(moment.video.path).stem)
    return line if len(line) <= max_characters else line[: max_characters - 1].rstrip() + "…"
