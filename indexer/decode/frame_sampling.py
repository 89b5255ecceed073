"""Frame selection: which frames are on screen at the sample times. Pure arithmetic in seconds on the player's clock."""

import math
from collections.abc import Sequence
from itertools import pairwise

EPSILON_SECONDS = 1e-6
"""A frame counts as on screen even when it starts this little after the sample time, since `k / fps` and
`pts * time_base` round differently. Far below the tick of any container in use, so it never selects a later frame."""


class SampleTimes:
    """Sample times in rising order, consumed as frames pass by.

    Either `k / frames_per_second` for k = 0, 1, ..., or the sorted list `times`. Times up to and including the frame
    that starts at `after_seconds` count as already sampled.
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
            raise ValueError("sample times must be finite")
        if times is not None and any(later < earlier for earlier, later in pairwise(times)):
            raise ValueError("sample times must be sorted")
        self._times = times
        self._rate = frames_per_second
        self._next = 0
        self._sampled_until = -math.inf if after_seconds is None else after_seconds

    @property
    def is_periodic(self) -> bool:
        """Whether times end with the video. Explicit times beyond it select the last frame."""
        return self._times is None

    @property
    def next_seconds(self) -> float:
        """The next time without a sample, infinity when there is none."""
        return self._at(self._next)

    def wants(self, start_seconds: float, stop_seconds: float) -> bool:
        """Whether the frame shown in `[start, stop)` is needed for a sample time. Consumes all times before `stop`."""
        first = self._next
        self._next = self._first_from(stop_seconds - EPSILON_SECONDS)
        if self._next == first or start_seconds <= self._sampled_until:
            return False
        return self._at(self._next - 1) + EPSILON_SECONDS >= start_seconds

    def _at(self, index: int) -> float:
        if self._rate is not None:
            return index / self._rate
        assert self._times is not None
        return self._times[index] if index < len(self._times) else math.inf

    def _first_from(self, seconds: float) -> int:
        """Index of the first unused sample time at or after `seconds`."""
        index = self._next
        if self._rate is not None and math.isfinite(seconds):
            # Skip ahead, so that a long gap between frames costs nothing.
            index = max(index, math.ceil(seconds * self._rate) - 1)
        while self._at(index) < seconds:
            index += 1
        return index


def choose_frames(starts: Sequence[float], stop_seconds: float, sample_times: SampleTimes) -> list[int]:
    """Indices of the frames on screen at the sample times, rising, each once.

    Args:
        starts: presentation times in seconds, strictly rising.
        stop_seconds: when the last frame leaves the screen. Explicit times beyond it select the last frame; periodic
            times end there.
        sample_times: is consumed.
    """
    chosen: list[int] = []
    last = len(starts) - 1
    for index, start in enumerate(starts):
        stop = starts[index + 1] if index < last else (stop_seconds if sample_times.is_periodic else math.inf)
        if sample_times.wants(start, stop):
            chosen.append(index)
    return chosen
