"""Where a video turns to something else: TextTiling (Hearst, "TextTiling: Segmenting Text into Multi-Paragraph Subtopic
Passages", Computational Linguistics 23(1), 1997) over segments instead of sentences. Pure.

A segment has its picture's vector, the mean vector of what is said and written in it, and its words. At each gap the
few segments before are compared with the few after, by each of these (5.1 there); a gap is a boundary where the
similarity falls to a valley, as deep as the climb to the peaks on both sides (5.2), and deeper than the common valley
by the paper's stricter rule (5.3, HC).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from indexer.records import TimeSpan

Vector = NDArray[np.float32]
BLOCK_SEGMENTS = 2
"""Segments on each side of a gap. A segment is several sentences long; the paper takes blocks of 6 to 10 of these."""
WORD_BLOCK_SEGMENTS = 3
"""The same for words: a vector says what a segment is about, single words do so by and by."""
MIN_DEVIATION = 0.05
"""Similarities that differ by less all over a video say nothing: the same room, the same speaker."""
MIN_DEPTH = 0.5
"""In spreads: a shallower valley is none, however even the rest is."""
MAX_CHAPTERS = 24
SHORTEST_SECONDS, MAX_SHORTEST_SECONDS = 10.0, 120.0
"""Bounds of the least length of a chapter, which is else its video's length over `MAX_CHAPTERS`."""


@dataclass(frozen=True, slots=True)
class TilingUnit:
    """A segment as it is compared."""

    span: TimeSpan
    picture: Vector | None = None
    """(dim,)"""
    meaning: Vector | None = None
    """(dim,) mean of its texts' vectors."""
    words: "Counter[str]" = field(default_factory=Counter[str])


def tile_segments(units: Sequence[TilingUnit]) -> list[TimeSpan]:
    """Spans of neighbouring units that belong together, in order, without gaps between them; none without units."""
    if not units:
        return []
    depths = _depths(units)
    duration = units[-1].span.stop_seconds - units[0].span.start_seconds
    least = min(max(SHORTEST_SECONDS, duration / MAX_CHAPTERS), MAX_SHORTEST_SECONDS)
    starts = [0, *sorted(_strongest(_boundaries(depths), depths, units, least))]
    stops = [*starts[1:], len(units)]
    times = [units[start].span.start_seconds for start in starts] + [units[-1].span.stop_seconds]
    return [TimeSpan(times[place], max(times[place], times[place + 1])) for place in range(len(stops))]


def _depths(units: Sequence[TilingUnit]) -> dict[int, float]:
    """Gap, named by the unit after it -> depth of its valley in spreads; 0 where there is none."""
    gaps = range(1, len(units))
    curves = [[_similarity(units, gap, kind) for gap in gaps] for kind in ("picture", "meaning", "words")]
    levels = np.zeros(len(gaps))
    counts = np.zeros(len(gaps))
    for curve in curves:
        known = np.array([value is not None for value in curve], bool)
        values = np.array([value or 0.0 for value in curve], np.float64)
        if known.any():
            spread = max(float(values[known].std()), MIN_DEVIATION)
            levels[known] += (values[known] - values[known].mean()) / spread
            counts[known] += 1
    levels = levels / np.maximum(counts, 1)
    return {gap: _depth(levels, gap - 1) for gap in gaps}


def _depth(levels: NDArray[np.float64], place: int) -> float:
    """Climb to the nearest peak on the left and on the right; the ends of the video count as no climb."""
    here = levels[place]
    if (place > 0 and levels[place - 1] < here) or (place + 1 < len(levels) and levels[place + 1] < here):
        return 0.0
    left = right = place
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


def _strongest(gaps: Sequence[int], depths: dict[int, float], units: Sequence[TilingUnit], least: float) -> set[int]:
    """The deepest gaps, as many as may be, no two of them nearer than a chapter is long."""
    kept: set[int] = set()
    ends = (units[0].span.start_seconds, units[-1].span.stop_seconds)
    for gap in sorted(gaps, key=lambda gap: (-depths[gap], gap)):
        at = units[gap].span.start_seconds
        others = [units[other].span.start_seconds for other in kept]
        if all(abs(at - other) >= least for other in (*ends, *others)) and len(kept) < MAX_CHAPTERS - 1:
            kept.add(gap)
    return kept


def _similarity(units: Sequence[TilingUnit], gap: int, kind: str) -> float | None:
    """Cosine of what stands before a gap and after it; None where one side has nothing of the kind."""
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
