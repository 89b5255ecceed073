"""Frame differences and a duration -> the spans of a video. Pure.

Three steps: cuts where a frame differs much more than its neighbourhood does; shots that are too short join the
neighbour they resemble more; shots that are too long are split where the picture changes most. A video without a
cut is one long shot, so it ends in windows of at most the longest span.
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
"""A cut must stand out from the scores around it by this factor, or a moving camera would be a cut each second.
PySceneDetect's adaptive detector uses 3 on neighbouring frames; sampled frames move more between two looks."""
NEIGHBOURS = 3
"""Scores looked at on either side."""


@dataclass(frozen=True, slots=True)
class _Boundary:
    time_seconds: float
    score: float


def change_time(time_seconds: float, step_seconds: float) -> float:
    """When what a sampled frame shows came on screen, as well as it can be known.

    A frame sampled at `t` was not yet on screen at the asked time before it, so the change happened between that
    asked time and `t`: the middle is wrong by half a step at most.
    """
    asked_before = (math.ceil(round(time_seconds / step_seconds, 6)) - 1) * step_seconds
    return max(0.0, (asked_before + time_seconds) / 2)


def cut_times(times: Sequence[float], step_seconds: float) -> list[float]:
    """Where a cut before each frame would lie, seconds; the entry of the first frame is its own time."""
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
    """Spans of one video, in order: no gap, no overlap, from 0 to the duration.

    Args:
        times: presentation times of the sampled frames, rising, seconds.
        scores: difference of each frame from the one before it, 0 to 255.
        duration_seconds: stop of the last presented frame.
        step_seconds: distance of the asked times.
        min_seconds: no span is shorter, unless the video is.
        max_seconds: no span is longer; at least twice `min_seconds`.

    Raises:
        ValueError: lengths differ, or the duration is not positive.
    """
    if len(times) != len(scores):
        raise ValueError(f"{len(times)} times do not go with {len(scores)} scores")
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
    """Index of the segment that holds a time; times outside go to the nearest end."""
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
    """Drops cuts, weakest side of the shortest shot first, until no shot is too short."""
    kept = list(cuts)
    while kept:
        points = [0.0, *(cut.time_seconds for cut in kept), duration]
        lengths = np.diff(points)
        shortest = int(np.argmin(lengths))
        if lengths[shortest] >= min_seconds - 1e-9:
            break
        sides = [place for place in (shortest - 1, shortest) if 0 <= place < len(kept)]
        del kept[min(sides, key=lambda place: kept[place].score)]
    return [cut.time_seconds for cut in kept]


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
    """Where the picture changes most in the first longest span's reach; the latest of equals, so that windows of a
    still picture are long ones. A picture that stays longer than that is split evenly."""
    low, high = start + min_seconds, min(start + max_seconds, stop - min_seconds)
    inside = [item for item in candidates if low <= item.time_seconds <= high]
    if not inside:
        return start + (stop - start) / math.ceil((stop - start) / max_seconds)
    return max(inside, key=lambda item: (round(item.score), item.time_seconds)).time_seconds
