"""Frame rates, frame numbers and time codes (SMPTE ST 12-1). Pure.

Time code numbers frames; it is not a clock. At 29.97 and 59.94 it counts 30 and 60 frames a second, so it lags the
clock by 3.6 s an hour. Drop-frame time code skips the first 2 (of 30) or 4 (of 60) numbers of each minute except every
tenth (ST 12-1, 5.2.2); an hour of it is then 3.6 ms short of an hour.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from indexer.errors import FrameRateError

MAX_TIMECODE_RATE = 60
"""ST 12-1 counts up to 30 frames, and pairs of them. Higher rates have no widely supported two-digit time code."""
SLACK_SECONDS = Fraction(6, 10_000)
"""A time this close to the start of a frame means that frame, since moments and Matroska round to milliseconds."""
_STANDARD = (*(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)), *(Fraction(n) for n in (24, 25, 30, 50, 60)))
_SAME = Fraction(1, 5000)
"""Relative difference below which a rate is taken as the standard one: containers write 23.976, 23.98 or 2997/100. 24
and 23.976 differ by five times as much."""
_FORM = re.compile(r"(\d{2}):(\d{2}):(\d{2})([:;.])(\d{2})")


@dataclass(frozen=True, slots=True)
class FrameRate:
    """An exact frame rate, and how time code counts its frames."""

    per_second: Fraction
    drops: bool = False
    """Drop-frame time code."""

    def __post_init__(self) -> None:
        if self.per_second <= 0:
            raise FrameRateError(f"a frame rate must be positive, got {self.per_second}")
        if self.drops and not can_drop(self.per_second):
            raise FrameRateError(f"drop-frame time code is not defined at {rate_name(self.per_second)} frames a second")

    @property
    def counted(self) -> int:
        """Frames that time code counts in a second: 30 at 29.97.

        Raises:
            FrameRateError: there is no time code at this rate.
        """
        counted = round(self.per_second)
        if not 1 <= counted <= MAX_TIMECODE_RATE or abs(self.per_second - counted) > Fraction(counted, 900):
            raise FrameRateError(
                f"time code is not defined at {rate_name(self.per_second)} frames a second; use another rate"
            )
        return counted

    @property
    def dropped(self) -> int:
        """Numbers skipped at the start of a minute; 0 without drop-frame."""
        return self.counted // 15 if self.drops else 0

    @property
    def day_frames(self) -> int:
        """Frames in 24 hours of time code, after which it wraps around."""
        return self.counted * 86_400 - self.dropped * (1440 - 144)

    @property
    def name(self) -> str:
        """Usual notation: `25`, `29.97 DF`."""
        return rate_name(self.per_second) + (" DF" if self.drops else "")

    @property
    def hour_frame(self) -> int:
        """The frame at time code 01:00:00:00, where timelines start by convention: 107,892 at 29.97 drop-frame.

        At rates without time code, the number of frames in an hour.
        """
        try:
            return self.frame_at("01:00:00:00")
        except FrameRateError:
            return round(3600 * self.per_second)

    def seconds(self, frame: int) -> Fraction:
        """Start time of a frame; frame 0 starts at 0."""
        return frame / self.per_second

    def frames_of(self, start_seconds: float, stop_seconds: float) -> tuple[int, int]:
        """Half-open frame range of a half-open time span, with at least one frame.

        From the frame on screen at the start to the last one that starts before the stop. A time within
        `SLACK_SECONDS` of the start of a frame means that frame.
        """
        slack = min(SLACK_SECONDS, 1 / (4 * self.per_second))
        start = max(0, floor((Fraction(start_seconds) + slack) * self.per_second))
        stop = ceil((Fraction(stop_seconds) - slack) * self.per_second)
        return start, max(start + 1, stop)

    def timecode(self, frame: int) -> str:
        """`HH:MM:SS:FF`, with `;` before the frames for drop-frame. Wraps around after a day.

        Raises:
            FrameRateError: there is no time code at this rate.
        """
        counted, dropped = self.counted, self.dropped
        number = frame % self.day_frames
        if dropped:
            # Of ten minutes, 9 skip numbers; the first one does not.
            minute = counted * 60 - dropped
            tens, rest = divmod(number, minute * 10 + dropped)
            number += dropped * 9 * tens + dropped * max(0, (rest - dropped) // minute)
        seconds, frames = divmod(number, counted)
        mark = ";" if self.drops else ":"
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{frames:02d}"

    def frame_at(self, timecode: str) -> int:
        """The frame of a time code at this rate, counted from 00:00:00:00.

        Raises:
            FrameRateError: the text is not a time code, or is skipped or out of range at this rate.
        """
        found = _FORM.fullmatch(timecode.strip())
        if found is None:
            raise FrameRateError(f"{timecode!r} is not a time code; write HH:MM:SS:FF, drop-frame HH:MM:SS;FF")
        hours, minutes, seconds, frames = (int(found[place]) for place in (1, 2, 3, 5))
        is_skipped = seconds == 0 and frames < self.dropped and minutes % 10 != 0
        if hours > 23 or minutes > 59 or seconds > 59 or frames >= self.counted or is_skipped:
            raise FrameRateError(f"there is no time code {timecode!r} at {self.name} frames a second")
        whole = hours * 60 + minutes
        return (whole * 60 + seconds) * self.counted + frames - self.dropped * (whole - whole // 10)


def standard_rate(rate: Fraction) -> Fraction:
    """The standard rate closest to a container's value: 2997/100 -> 30000/1001. Other rates are returned unchanged."""
    near = min(_STANDARD, key=lambda known: abs(known - rate))
    return near if abs(near - rate) <= near * _SAME else rate


def named_rate(rate: Fraction, *, drops: bool | None) -> FrameRate:
    """A rate that a user names. Time code drops frames where it can, to follow the clock, unless it is not to."""
    return FrameRate(rate, drops=can_drop(rate) and drops is not False)


def can_drop(rate: Fraction) -> bool:
    """Whether the rate has drop-frame time code: 29.97 and 59.94."""
    return rate in (Fraction(30_000, 1001), Fraction(60_000, 1001))


def is_drop_frame(timecode: str) -> bool:
    """Whether the time code has `;` or `.` before the frames."""
    found = _FORM.fullmatch(timecode.strip())
    return found is not None and found[4] != ":"


def rate_name(rate: Fraction) -> str:
    """`25`, `23.976`, `29.97`."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def parse_rate(text: str) -> Fraction:
    """`25`, `29.97`, `30000/1001`.

    Raises:
        FrameRateError: the text is not a frame rate.
    """
    try:
        rate = Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        raise FrameRateError(f"{text!r} is not a frame rate; write it as 25, 29.97 or 30000/1001") from None
    if not 0 < rate <= 1000:
        raise FrameRateError(f"a frame rate must lie between 0 and 1,000, got {text}")
    return standard_rate(rate)
