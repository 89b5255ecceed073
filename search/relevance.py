"""Does a hit stand out? Nearest-neighbour search always returns something; here it is decided whether it counts. Pure.

A similarity means nothing by itself: each model has its own scale, and each query its own level (a vague query is a
little like everything). So a hit is measured against the similarities of the same query with a fixed sample of this
library: how many spreads lies it above the middle of them? Words are judged by how much of the query they hold; see
`search.words`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

MIN_SAMPLE = 40
"""A smaller sample says too little about the background: in a library of so few items the hits themselves are a good
part of it. Then only the floor decides."""
MIN_SPREAD = 0.01
"""Cosine; many copies of one picture have no spread at all, and next to nothing must not stand out from it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """When the hits of one signal count."""

    best_standing: float
    """Spreads above the middle of the background that the best hit must reach, or none counts."""
    standing: float
    """And each of the others."""
    floor: float
    """Cosine below which a hit never counts; 0 for a model whose scale was not measured."""


PICTURE = Threshold(best_standing=3.0, standing=2.3, floor=0.0)
"""Measured on 7,200 frames of a demo world: the best frame stands at 3.0 or more for 99 in 100 picture queries (median
4.6), and for queries about other things at 3.1 in the median; the best right frame stands at 2.8 or more."""
TEXT = Threshold(best_standing=3.5, standing=3.0, floor=0.0)
"""Measured on 327 subtitles: the right line stands at 3.5 or more in 99 of 100 queries with all-MiniLM-L6-v2 (median
6.1) and at 5.3 or more with the demo model; the best line for a query about something else at 2.9 in the median."""
FLOORS: dict[str, tuple[float, float]] = {"text": (0.0, 0.28), "demo": (0.5, 0.5)}
"""Profile -> floors (picture, text). Measured: with all-MiniLM-L6-v2 right texts have 0.29 or more, queries about
something else 0.12 to 0.32 at best; in the demo world right texts 0.56 or more and right frames 0.59 or more, others
0.48 or less for texts and 0.46 in the median for frames."""


def thresholds_of(profile: str) -> tuple[Threshold, Threshold]:
    """For pictures and for texts, of a library made with that profile of models; any other has no floor."""
    picture_floor, text_floor = FLOORS.get(profile, (0.0, 0.0))
    return replace(PICTURE, floor=picture_floor), replace(TEXT, floor=text_floor)


LOW_SHARE, HIGH_SHARE = 0.1, 0.4
"""The part of the sample by which the background is measured, from the least similar on. What a broad query finds may
be half of a library (every slide of one lecture), so the upper part is no background; and a clump of equal vectors
(the same letter read in a hundred frames) must not pass for all of it, so the part may not be small."""
_LOW_QUANTILE, _HIGH_QUANTILE = -1.2816, -0.2533
"""Where these shares end in the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Background:
    """How similar a query is to a library in general."""

    middle: float
    """Cosine; mean of the normal distribution with the sample's lower part, 0 without a sample."""
    spread: float
    """Its standard deviation."""
    size: int

    @classmethod
    def of(cls, similarities: NDArray[np.float32]) -> "Background":
        """From the cosines (n,) of a sample."""
        if not similarities.size:
            return cls(0.0, MIN_SPREAD, 0)
        low, high = (float(value) for value in np.quantile(similarities, [LOW_SHARE, HIGH_SHARE]))
        spread = max(MIN_SPREAD, (high - low) / (_HIGH_QUANTILE - _LOW_QUANTILE))
        return cls(high - _HIGH_QUANTILE * spread, spread, int(similarities.size))

    def standing(self, similarity: float) -> float:
        """Spreads above the middle."""
        return (similarity - self.middle) / self.spread

    def counting(self, similarities: Sequence[float], threshold: Threshold) -> int:
        """How many of the first of these hits count; similarities are given best first."""
        if not similarities or not self._reaches(similarities[0], threshold.best_standing, threshold.floor):
            return 0
        return sum(self._reaches(one, threshold.standing, threshold.floor) for one in similarities)

    def _reaches(self, similarity: float, standing: float, floor: float) -> bool:
        return similarity >= floor and (self.size < MIN_SAMPLE or self.standing(similarity) >= standing)
