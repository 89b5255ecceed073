"""TextTiling over segments: finds where a video turns to something else. Pure.

Hearst, "TextTiling: Segmenting Text into Multi-Paragraph Subtopic Passages", Computational Linguistics 23(1), 1997,
with segments in place of sentences. A segment has the vector of its picture, the mean vector of what is said and
written in it, and its words. At each gap, the few segments before are compared with the few after, by each of these
(section 5.1 there). A gap is a boundary where the similarity falls to a valley (5.2: its depth is the climb to the
peaks on both sides) that is deeper than the usual valley by the paper's stricter rule (5.3, HC).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from indexer.records import TimeSpan

Vector = NDArray[np.float32]
BLOCK_SEGMENTS = 2
"""Segments compared on each side of a gap. A segment is several sentences long; the paper takes blocks of 6 to 10."""
WORD_BLOCK_SEGMENTS = 3
"""The same for words: a vector tells what a segment is about, but single words do so only over several segments."""
MIN_DEVIATION = 0.05
"""Similarities with a smaller standard deviation over the whole video tell nothing: the same room, the same speaker."""
MIN_DEPTH = 0.5
"""In standard deviations. A shallower valley is no boundary, however flat the rest is."""
MAX_CHAPTERS = 24
SHORTEST_SECONDS, MAX_SHORTEST_SECONDS = 10.0, 120.0
"""Bounds of the minimum length of a chapter, which is otherwise the length of the video over `MAX_CHAPTERS`."""


@dataclass(frozen=True, slots=True)
class TilingUnit:
    """The features of a segment that are compared."""

    span: TimeSpan
    picture: Vector | None = None
    """(dim,)"""
    meaning: Vector | None = None
    """(dim,) mean vector of its texts."""
    words: "Counter[str]" = field(default_factory=Counter[str])


def tile_segments(units: Sequence[TilingUnit]) -> list[TimeSpan]:
    """Spans of consecutive units that belong together, in order and without gaps; none without units."""
    if not units:
        return []
    depths = _depths(units)
    duration = units[-1].span.stop_seconds - units[0].span.start_seconds
    shortest = min(max(SHORTEST_SECONDS, duration / MAX_CHAPTERS), MAX_SHORTEST_SECONDS)
    starts = [0, *sorted(_deepest(_boundaries(depths), depths, units, shortest))]
    times = [units[start].span.start_seconds for start in starts] + [units[-1].span.stop_seconds]
    return [TimeSpan(start, max(start, stop)) for start, stop in pairwise(times)]


def _depths(units: Sequence[TilingUnit]) -> dict[int, float]:
    """Gap, by the index of the unit after it -> depth of its valley in standard deviations; 0 where there is none."""
    gaps = range(1, len(units))
    curves = [[_similarity(units, gap, kind) for gap in gaps] for kind in ("picture", "meaning", "words")]
    levels = np.zeros(len(gaps))
    counts = np.zeros(len(gaps))
    for curve in curves:
        known = np.array([value is not None for value in curve], bool)
        values = np.array([value or 0.0 for value in curve], np.float64)
        if known.any():
            deviation = max(float(values[known].std()), MIN_DEVIATION)
            levels[known] += (values[known] - values[known].mean()) / deviation
            counts[known] += 1
    levels = levels / np.maximum(counts, 1)
    return {gap: _depth(levels, gap - 1) for gap in gaps}


def _depth(levels: NDArray[np.float64], index: int) -> float:
    """The climb from a valley to the nearest peaks on the left and on the right; 0 beyond the ends of the video."""
    here = levels[index]
    if (index > 0 and levels[index - 1] < here) or (index + 1 < len(levels) and levels[index + 1] < here):
        return 0.0
    left = right = index
    while left > 0 and levels[left - 1] >= levels[left]:
        left -= 1
    while right + 1 < len(levels) and levels[right + 1] >= levels[right]:
        right += 1
    return float(levels[left] + levels[right] - 2 * here)


def _boundaries(depths: dict[int, float]) -> list[int]:
    valleys = [depth for depth in depths.values() if depth > 0]
    if not valleys:
        return []
    limit = max(MIN_DEPTH, float(np.mean(valleys) - np.std(valleys) / 2))
    return [gap for gap, depth in depths.items() if depth >= limit]


def _deepest(gaps: Sequence[int], depths: dict[int, float], units: Sequence[TilingUnit], shortest: float) -> set[int]:
    """The deepest gaps, up to the maximum number, no two of them nearer than the minimum length of a chapter."""
    chosen: set[int] = set()
    ends = (units[0].span.start_seconds, units[-1].span.stop_seconds)
    for gap in sorted(gaps, key=lambda gap: (-depths[gap], gap)):
        at = units[gap].span.start_seconds
        others = [units[other].span.start_seconds for other in chosen]
        if all(abs(at - other) >= shortest for other in (*ends, *others)) and len(chosen) < MAX_CHAPTERS - 1:
            chosen.add(gap)
    return chosen


def _similarity(units: Sequence[TilingUnit], gap: int, kind: str) -> float | None:
    """Cosine between the blocks before and after a gap; None where one side has nothing of the kind."""
    block = WORD_BLOCK_SEGMENTS if kind == "words" else BLOCK_SEGMENTS
    before, after = units[max(0, gap - block) : gap], units[gap : gap + block]
    if kind == "words":
        return _word_cosine(sum((one.words for one in before), Counter()), sum((one.words for one in after), Counter()))
    sides = [_mean([getattr(one, kind) for one in side]) for side in (before, after)]
    if sides[0] is None or sides[1] is None:
        return None
    return _cosine(sides[0], sides[1])


def _mean(vectors: Sequence[Vector | None]) -> Vector | None:
    given = [vector for vector in vectors if vector is not None]
    return np.asarray(np.mean(np.stack(given), axis=0), np.float32) if given else None


def _cosine(one: Vector, other: Vector) -> float:
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size > 0 else 0.0


def _word_cosine(one: "Counter[str]", other: "Counter[str]") -> float | None:
    if not one or not other:
        return None
    size = sqrt(sum(n * n for n in one.values()) * sum(n * n for n in other.values()))
    return sum(count * other[word] for word, count in one.items()) / size
