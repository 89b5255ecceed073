"""The segmenter: cut scores and a duration in, the spans of a video out. Pure.

Three steps: cut where a frame differs much more than its neighbours do; merge a shot that is too short with the
neighbour that it resembles more; split a shot that is too long where the picture changes most. A video without a cut is
one long shot, so it is split into windows of at most the longest span.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.records import Segment, TimeSpan

VERSION = "segmenter-1"
"""Part of the fingerprint of the picture stage; changes whenever the same frames would give other spans."""
CUT_SCORE = 27.0
"""PySceneDetect's default threshold for `content_val`."""
CUT_RATIO = 2.0
"""A cut must exceed the scores around it by this factor, or a moving camera would make a cut each second.
PySceneDetect's adaptive detector uses 3 on consecutive frames; sampled frames differ more from each other."""
NEIGHBOURS = 3
"""Number of scores compared on either side."""


@dataclass(frozen=True, slots=True)
class _Boundary:
    time_seconds: float
    score: float


def change_time(time_seconds: float, step_seconds: float) -> float:
    """An estimate of when the picture of a sampled frame appeared.

    A frame sampled at `t` was not yet on screen at the sampling time before it, so it appeared between that time and
    `t`: the middle is wrong by at most half a step.
    """
    previous_sample = (math.ceil(round(time_seconds / step_seconds, 6)) - 1) * step_seconds
    return max(0.0, (previous_sample + time_seconds) / 2)


def cut_times(times: Sequence[float], step_seconds: float) -> list[float]:
    """The time of a possible cut before each frame, seconds; for the first frame, its own time."""
    later = (max((before + time) / 2, change_time(time, step_seconds)) for before, time in itertools.pairwise(times))
    return [*times[:1], *later]


def segment(
    times: Sequence[float],
    scores: Sequence[float],
    *,
    duration_seconds: float,
    step_seconds: float,
    min_seconds: float,
    max_seconds: float,
) -> list[Segment]:
    """Segments of one video, in order of time, without gap or overlap, from 0 to the duration.

    Args:
        times: presentation times of the sampled frames, ascending, seconds.
        scores: difference of each frame from the one before it, 0 to 255.
        duration_seconds: stop of the last presented frame.
        step_seconds: sampling step.
        min_seconds: no span is shorter, unless the video is.
        max_seconds: no span is longer; at least twice `min_seconds`.

    Raises:
        ValueError: lengths differ, or the duration is not positive.
    """
    if len(times) != len(scores):
        raise ValueError(f"{len(times)} times do not match {len(scores)} scores")
    if not duration_seconds > 0:
        raise ValueError(f"a duration must be positive, got {duration_seconds}")
    places = cut_times(times, step_seconds)
    candidates = [
        _Boundary(place, score)
        for place, score in zip(places[1:], scores[1:], strict=True)
        if 0 < place < duration_seconds
    ]
    cuts = [candidate for candidate, is_cut in zip(candidates, _stand_out(candidates), strict=True) if is_cut]
    edges = _join_short(cuts, duration_seconds, min_seconds)
    edges = _split_long(edges, candidates, duration_seconds, min_seconds, max_seconds)
    points = [0.0, *edges, duration_seconds]
    return [Segment(index, TimeSpan(start, stop)) for index, (start, stop) in enumerate(itertools.pairwise(points))]


def segment_at(segments: Sequence[Segment], time_seconds: float) -> int:
    """Index of the segment that contains a time; for a time outside, of the nearest segment."""
    starts = [item.span.start_seconds for item in segments]
    return max(0, int(np.searchsorted(starts, time_seconds, side="right")) - 1)


def _stand_out(candidates: Sequence[_Boundary]) -> list[bool]:
    scores = np.array([item.score for item in candidates])
    result: list[bool] = []
    for place, score in enumerate(scores):
        around = np.delete(scores[max(0, place - NEIGHBOURS) : place + NEIGHBOURS + 1], min(place, NEIGHBOURS))
        usual = float(np.median(around)) if len(around) else 0.0
        result.append(bool(score >= CUT_SCORE and score >= CUT_RATIO * usual))
    return result


def _join_short(cuts: Sequence[_Boundary], duration: float, min_seconds: float) -> list[float]:
    """Drops cuts until no shot is too short: at each step, the weaker cut of the shortest shot."""
    remaining = list(cuts)
    while remaining:
        points = [0.0, *(cut.time_seconds for cut in remaining), duration]
        lengths = np.diff(points)
        shortest = int(np.argmin(lengths))
        if lengths[shortest] >= min_seconds - 1e-9:
            break
        sides = [place for place in (shortest - 1, shortest) if 0 <= place < len(remaining)]
        del remaining[min(sides, key=lambda place: remaining[place].score)]
    return [cut.time_seconds for cut in remaining]


def _split_long(
    edges: Sequence[float], candidates: Sequence[_Boundary], duration: float, min_seconds: float, max_seconds: float
) -> list[float]:
    result = list(edges)
    pending = list(zip([0.0, *edges], [*edges, duration], strict=True))
    while pending:
        start, stop = pending.pop()
        if stop - start <= max_seconds + 1e-9:
            continue
        middle = _best_split(start, stop, candidates, min_seconds, max_seconds)
        result.append(middle)
        pending += [(start, middle), (middle, stop)]
    return sorted(result)


def _best_split(
    start: float, stop: float, candidates: Sequence[_Boundary], min_seconds: float, max_seconds: float
) -> float:
    """Where the picture changes most within the longest span from the start; the latest of equals, so that windows of a
    still picture are long. A shot without a change there is split evenly."""
    low, high = start + min_seconds, min(start + max_seconds, stop - min_seconds)
    inside = [item for item in candidates if low <= item.time_seconds <= high]
    if not inside:
        return start + (stop - start) / math.ceil((stop - start) / max_seconds)
    return max(inside, key=lambda item: (round(item.score), item.time_seconds)).time_seconds
