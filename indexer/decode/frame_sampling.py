"""Which frames answer the asked times. Pure arithmetic on the player's clock, in seconds; no decoder, no I/O."""

import math
from collections.abc import Sequence
from itertools import pairwise

EPSILON_SECONDS = 1e-6
"""A frame counts as on screen when it starts this little after the asked time: `k / fps` and `pts * time_base`
are rounded apart. Far below the tick of any container in use, so that no later frame is ever taken for it."""


class SampleTimes:
    """Asked times in rising order, used up as frames pass by.

    Either `k / frames_per_second` for k = 0, 1, ..., or the sorted list `times`. Asked times at or before the frame
    that starts at `after_seconds` are taken as answered already.
    """

    def __init__(
        self,
        *,
        times: Sequence[float] | None = None,
        frames_per_second: float | None = None,
        after_seconds: float | None = None,
    ) -> None:
        if (times is None) == (frames_per_second is None):
            raise ValueError("give either times or frames_per_second")
        if frames_per_second is not None and not (math.isfinite(frames_per_second) and frames_per_second > 0):
            raise ValueError(f"frames_per_second must be positive, got {frames_per_second}")
        if times is not None and any(not math.isfinite(time) for time in times):
            raise ValueError("asked times must be finite")
        if times is not None and any(later < earlier for earlier, later in pairwise(times)):
            raise ValueError("asked times must be sorted")
        self._times = times
        self._rate = frames_per_second
        self._next = 0
        self._answered_until = -math.inf if after_seconds is None else after_seconds

    @property
    def is_periodic(self) -> bool:
        """Asked up to the end of the video; explicit times may lie behind it, where the last frame answers."""
        return self._times is None

    @property
    def next_seconds(self) -> float:
        """The next asked time that is not yet answered, infinity when there is none."""
        return self._at(self._next)

    def wants(self, start_seconds: float, stop_seconds: float) -> bool:
        """Is the frame on screen in `[start, stop)` on screen at an asked time? Uses up every time before `stop`."""
        first = self._next
        self._next = self._first_from(stop_seconds - EPSILON_SECONDS)
        if self._next == first or start_seconds <= self._answered_until:
            return False
        return self._at(self._next - 1) + EPSILON_SECONDS >= start_seconds

    def _at(self, index: int) -> float:
        if self._rate is not None:
            return index / self._rate
        assert self._times is not None
        return self._times[index] if index < len(self._times) else math.inf

    def _first_from(self, seconds: float) -> int:
        """Index of the first unused asked time at or after `seconds`."""
        index = self._next
        if self._rate is not None and math.isfinite(seconds):
            # Jump close to it, so that a long gap between frames costs nothing.
            index = max(index, math.ceil(seconds * self._rate) - 1)
        while self._at(index) < seconds:
            index += 1
        return index


def choose_frames(starts: Sequence[float], stop_seconds: float, asked: SampleTimes) -> list[int]:
    """Indices of the frames on screen at the asked times, rising, each once.

    Args:
        starts: presentation times in seconds, strictly rising.
        stop_seconds: when the last frame leaves the screen; asked times beyond it are answered by the last frame
            when they were given one by one, and do not exist when they are periodic.
        asked: is used up.
    """
    chosen: list[int] = []
    last = len(starts) - 1
    for index, start in enumerate(starts):
        stop = starts[index + 1] if index < last else (stop_seconds if asked.is_periodic else math.inf)
        if asked.wants(start, stop):
            chosen.append(index)
    return chosen
