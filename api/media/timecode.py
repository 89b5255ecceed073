"""Frame rates, frame numbers and time codes (SMPTE ST 12-1). Pure.

A time code names frames; it is no clock. At 29.97 and 59.94 it counts 30 and 60 frames to the second and so falls
behind the clock by 3.6 s an hour, unless it is drop-frame: then the first 2 (of 30) or 4 (of 60) numbers of each minute
are left out, but for every tenth minute (ST 12-1, 5.2.2), and an hour of time code is 3.6 ms short of an hour.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from indexer.errors import FrameRateError

MAX_TIMECODE_RATE = 60
"""ST 12-1 counts up to 30 frames and pairs of them; faster pictures have no time code of two digits that all read."""
SLACK_SECONDS = Fraction(6, 10_000)
"""Times are told to the millisecond, and Matroska keeps them so: a time that is so near to a frame's start means it."""
_STANDARD = (*(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)), *(Fraction(n) for n in (24, 25, 30, 50, 60)))
_SAME = Fraction(1, 5000)
"""Containers write 23.976, 23.98 or 2997/100; what differs by less than this share is the standard's rate. 24 and
23.976 differ by five times as much."""
_FORM = re.compile(r"(\d{2}):(\d{2}):(\d{2})([:;.])(\d{2})")


@dataclass(frozen=True, slots=True)
class FrameRate:
    """How many frames a second, exactly, and how time code counts them."""

    per_second: Fraction
    drops: bool = False
    """Drop-frame time code."""

    def __post_init__(self) -> None:
        if self.per_second <= 0:
            raise FrameRateError(f"a frame rate must be above 0, got {self.per_second}")
        if self.drops and not can_drop(self.per_second):
            raise FrameRateError(f"there is no drop-frame time code at {rate_name(self.per_second)} frames a second")

    @property
    def counted(self) -> int:
        """Frames that time code counts to a second: 30 at 29.97.

        Raises:
            FrameRateError: time code cannot count them.
        """
        counted = round(self.per_second)
        if not 1 <= counted <= MAX_TIMECODE_RATE or abs(self.per_second - counted) > Fraction(counted, 900):
            raise FrameRateError(
                f"there is no time code for {rate_name(self.per_second)} frames a second; name another rate"
            )
        return counted

    @property
    def dropped(self) -> int:
        """Numbers left out at the start of a minute; 0 without drop-frame."""
        return self.counted // 15 if self.drops else 0

    @property
    def day_frames(self) -> int:
        """Frames of 24 hours of time code, after which it starts again."""
        return self.counted * 86_400 - self.dropped * (1440 - 144)

    @property
    def name(self) -> str:
        """As people write it: `25`, `29.97 DF`."""
        return rate_name(self.per_second) + (" DF" if self.drops else "")

    @property
    def hour_frame(self) -> int:
        """What time code names 01:00:00:00, where time lines begin by custom: frame 107,892 at 29.97 drop-frame.

        Where time code cannot count the frames, those of an hour.
        """
        try:
            return self.frame_at("01:00:00:00")
        except FrameRateError:
            return round(3600 * self.per_second)

    def seconds(self, frame: int) -> Fraction:
        """When a frame comes on screen; frame 0 comes at 0."""
        return frame / self.per_second

    def frames_of(self, start_seconds: float, stop_seconds: float) -> tuple[int, int]:
        """Half-open span -> half-open frames: from the frame on screen at the start to the last that begins before the
        stop; one at least. A time that is within `SLACK_SECONDS` of a frame's start means that frame."""
        slack = min(SLACK_SECONDS, 1 / (4 * self.per_second))
        start = max(0, floor((Fraction(start_seconds) + slack) * self.per_second))
        stop = ceil((Fraction(stop_seconds) - slack) * self.per_second)
        return start, max(start + 1, stop)

    def timecode(self, frame: int) -> str:
        """`HH:MM:SS:FF`, with `;` before the frames for drop-frame. A day later it starts again.

        Raises:
            FrameRateError: time code cannot count them.
        """
        counted, dropped = self.counted, self.dropped
        number = frame % self.day_frames
        if dropped:
            # Ten minutes have 9 with numbers left out; the first of them is whole.
            minute = counted * 60 - dropped
            tens, rest = divmod(number, minute * 10 + dropped)
            number += dropped * 9 * tens + dropped * max(0, (rest - dropped) // minute)
        seconds, frames = divmod(number, counted)
        mark = ";" if self.drops else ":"
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{frames:02d}"

    def frame_at(self, timecode: str) -> int:
        """The frame that a time code of this rate names, counted from 00:00:00:00.

        Raises:
            FrameRateError: it is no time code, or names a number that this rate does not have.
        """
        found = _FORM.fullmatch(timecode.strip())
        if found is None:
            raise FrameRateError(f"{timecode!r} is no time code; write HH:MM:SS:FF, drop-frame HH:MM:SS;FF")
        hours, minutes, seconds, frames = (int(found[place]) for place in (1, 2, 3, 5))
        is_left_out = seconds == 0 and frames < self.dropped and minutes % 10 != 0
        if hours > 23 or minutes > 59 or seconds > 59 or frames >= self.counted or is_left_out:
            raise FrameRateError(f"there is no time code {timecode!r} at {self.name} frames a second")
        whole = hours * 60 + minutes
        return (whole * 60 + seconds) * self.counted + frames - self.dropped * (whole - whole // 10)


def standard_rate(rate: Fraction) -> Fraction:
    """The rate that a container means: 2997/100 -> 30000/1001; an uncommon one stays as it is."""
    near = min(_STANDARD, key=lambda known: abs(known - rate))
    return near if abs(near - rate) <= near * _SAME else rate


def can_drop(rate: Fraction) -> bool:
    """Drop-frame exists for 29.97 and 59.94 alone."""
    return rate in (Fraction(30_000, 1001), Fraction(60_000, 1001))


def is_drop_frame(timecode: str) -> bool:
    """Written with `;` (or `.`) before the frames."""
    found = _FORM.fullmatch(timecode.strip())
    return found is not None and found[4] != ":"


def rate_name(rate: Fraction) -> str:
    """`25`, `23.976`, `29.97`."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def parse_rate(text: str) -> Fraction:
    """`25`, `29.97`, `30000/1001`.

    Raises:
        FrameRateError: it is no rate.
    """
    try:
        rate = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise FrameRateError(f"{text!r} is no frame rate; write it as 25, 29.97 or 30000/1001") from None
    if not 0 < rate <= 1000:
        raise FrameRateError(f"a frame rate must lie between 0 and 1,000, got {text}")
    return standard_rate(rate)
