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
MIN_SPREAD = 1e-4
"""Cosine; a library of equal pictures has no spread at all, and rounding must not stand out from it."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """When a hit of one signal counts."""

    standing: float
    """Spreads above the middle of the background."""
    floor: float
    """Cosine below which a hit never counts."""


@dataclass(frozen=True, slots=True)
class Background:
    """How similar a query is to a library in general."""

    middle: float
    """Median of the sample's cosines, 0 without a sample."""
    spread: float
    """Standard deviation that a normal distribution with the sample's quartiles would have."""
    size: int

    @classmethod
    def of(cls, similarities: NDArray[np.float32]) -> "Background":
        """From the cosines (n,) of a sample.

        The middle is the median and the spread comes from the median deviation below it, times 1.4826 (the ratio
        for a normal distribution): the part above the middle holds the very matches that are looked for.
        """
        if not similarities.size:
            return cls(0.0, MIN_SPREAD, 0)
        middle = float(np.median(similarities))
        below = middle - similarities[similarities <= middle]
        return cls(middle, max(MIN_SPREAD, 1.4826 * float(np.median(below))), int(similarities.size))

    def standing(self, similarity: float) -> float:
        """Spreads above the middle."""
        return (similarity - self.middle) / self.spread

    def counts(self, similarity: float, threshold: Threshold) -> bool:
        """Whether a hit stands out enough."""
        if similarity < threshold.floor:
            return False
        return self.size < MIN_SAMPLE or self.standing(similarity) >= threshold.standing
