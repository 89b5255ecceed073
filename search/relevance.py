"""Does a hit stand out? Nearest-neighbour search always returns something; here it is decided whether it counts. Pure.

A similarity means nothing by itself: each model has its own scale, and each query its own level (a vague query is a
little like everything). So a hit is measured against the similarities of the same query with a fixed sample of this
library: how many spreads lies it above the middle of them? Words are judged by how much of the query they hold; see
`search.words`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_SAMPLE = 40
"""A smaller sample says too little about the background: in a library of so few items the hits themselves are a good
part of it. Then only the floor decides."""
MIN_SPREAD = 0.01
"""Cosine; many copies of one picture have no spread at all, and next to nothing must not stand out from it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a hit of one signal counts."""

    standing: float
    """Spreads above the middle of the background."""
    floor: float
    """Cosine below which a hit never counts."""


LOWER_SHARE = 0.25
"""The least similar part of the sample, by which the background is measured. What a broad query finds may be half of a
library (every slide of one lecture); only the lower end is sure to hold no match."""
_QUARTILE = 0.6745
"""How many standard deviations the lower quartile of a normal distribution lies below its mean."""
_LOWER_MEAN = 1.2711
"""And how many the mean of the values below that quartile does."""


@dataclass(frozen=True, slots=True)
class Background:
    """How similar a query is to a library in general."""

    middle: float
    """Cosine; the mean of the normal distribution that has the sample's lower quarter, 0 without a sample."""
    spread: float
    """Its standard deviation."""
    size: int

    @classmethod
    def of(cls, similarities: NDArray[np.float32]) -> "Background":
        """From the cosines (n,) of a sample."""
        if not similarities.size:
            return cls(0.0, MIN_SPREAD, 0)
        quartile = float(np.quantile(similarities, LOWER_SHARE))
        lower_mean = float(np.mean(similarities[similarities <= quartile], dtype=np.float64))
        spread = max(MIN_SPREAD, (quartile - lower_mean) / (_LOWER_MEAN - _QUARTILE))
        return cls(quartile + _QUARTILE * spread, spread, int(similarities.size))

    def standing(self, similarity: float) -> float:
        """Spreads above the middle."""
        return (similarity - self.middle) / self.spread

    def counts(self, similarity: float, threshold: Threshold) -> bool:
        """Whether a hit stands out enough."""
        if similarity < threshold.floor:
            return False
        return self.size < MIN_SAMPLE or self.standing(similarity) >= threshold.standing
