"""Does a hit stand out? Nearest-neighbour search always returns something; here it is decided whether it counts. Pure.

A similarity means nothing by itself: each model has its own scale, and each query its own level (a vague query is a
little like everything). So a hit is measured against the similarities of the same query with a fixed sample of this
library: how many spreads lies it above the middle of them? Words are judged by how much of the query they hold; see
`search.text.words`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from search.scoring.profile_thresholds import profile_thresholds

MIN_SAMPLE = 40
"""A smaller sample says too little about the background: in a library of so few items the hits themselves are a good
part of it. Then only the floor decides."""
MIN_DEVIATION = 0.01
"""Cosine; many copies of one picture have no spread at all, and next to nothing must not stand out from it."""


@dataclass(frozen=True, slots=True)
class MatchThreshold:
    """When the hits of one signal count."""

    best_z_score: float
    """Spreads above the middle of the background that the best hit must reach, or none counts."""
    z_score: float
    """And each of the others."""
    floor: float = -1.0
    """Cosine below which a hit never counts; measured for each model, as below."""
    sure: float = 2.0
    """Cosine from which a hit counts whatever the background: in a small or uniform library it says little."""


PICTURE_THRESHOLD = MatchThreshold(best_z_score=3.0, z_score=2.3)
"""Measured on 7,200 frames of a drawn world: the best frame stands at 3.0 or more for 99 in 100 picture queries (median
4.6), and for queries about other things at 3.1 in the median; the best right frame stands at 2.8 or more."""
TEXT_THRESHOLD = MatchThreshold(best_z_score=3.5, z_score=3.0)
"""Measured on 400 spoken lines: the right one stands at 3.5 or more for 99 in 100 queries with all-MiniLM-L6-v2 (median
6.1), and at 5.3 or more with a model trained on drawn worlds; the best line for a query about something else stands at
2.9 in the median."""


def thresholds_of(profile: str) -> tuple[MatchThreshold, MatchThreshold]:
    """For pictures and for texts, of a library made with that profile of models."""
    measured = profile_thresholds(profile)
    return (
        replace(PICTURE_THRESHOLD, floor=measured.picture.floor, sure=measured.picture.sure),
        replace(TEXT_THRESHOLD, floor=measured.text.floor, sure=measured.text.sure),
    )


SURE_Z_SCORE = 6.0
"""Spreads above the background's middle from which on a list of nearest neighbours is trusted in full. Measured in
drawn worlds: with all signals, R@1 of what is said rose from 0.53 to 0.91 by weighing the lists so."""
LOW_SHARE, HIGH_SHARE = 0.1, 0.4
"""The part of the sample by which the background is measured, from the least similar on. What a broad query finds may
be half of a library (every slide of one lecture), so the upper part is no background; and a clump of equal vectors
(the same letter read in a hundred frames) must not pass for all of it, so the part may not be small."""
_LOW_QUANTILE, _HIGH_QUANTILE = -1.2816, -0.2533
"""Where these shares end in the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Background:
    """How similar a query is to a library in general."""

    mean: float
    """Cosine; mean of the normal distribution with the sample's lower part, 0 without a sample."""
    deviation: float
    """Its standard deviation."""
    size: int

    @classmethod
    def of(cls, similarities: NDArray[np.float32]) -> "Background":
        """From the cosines (n,) of a sample."""
        if not similarities.size:
            return cls(0.0, MIN_DEVIATION, 0)
        low, high = (float(value) for value in np.quantile(similarities, [LOW_SHARE, HIGH_SHARE]))
        spread = max(MIN_DEVIATION, (high - low) / (_HIGH_QUANTILE - _LOW_QUANTILE))
        return cls(high - _HIGH_QUANTILE * spread, spread, int(similarities.size))

    def z_score(self, similarity: float) -> float:
        """Spreads above the middle."""
        return (similarity - self.mean) / self.deviation

    def count_matches(self, similarities: Sequence[float], threshold: MatchThreshold) -> int:
        """How many of these hits count; their cosines are given best first."""
        if not similarities or not self._reaches(similarities[0], threshold.best_z_score, threshold):
            return 0
        return sum(self._reaches(one, threshold.z_score, threshold) for one in similarities)

    def weight(self, best: float, threshold: MatchThreshold) -> float:
        """How far a list is trusted, above 0 to 1, by how far its best hit stands out."""
        if self.size < MIN_SAMPLE or best >= threshold.sure:
            return 1.0
        return min(1.0, max(0.1, self.z_score(best) / SURE_Z_SCORE))

    def _reaches(self, similarity: float, z_score: float, threshold: MatchThreshold) -> bool:
        if similarity < threshold.floor or similarity >= threshold.sure:
            return similarity >= threshold.floor
        return self.size < MIN_SAMPLE or self.z_score(similarity) >= z_score


def z_score_relevance(
    cosines: NDArray[np.float64], background: Background, threshold: MatchThreshold
) -> NDArray[np.float64]:
    """(n,) cosines -> (n,) relevance by rule, for models whose hits were not calibrated.

    0.5 is where a best hit begins to count, 0 the background's middle, and 1 where the similarity is sure or stands
    `SURE_Z_SCORE` spreads above the middle; straight lines between. In a library too small for a background all that
    reaches the floor counts. This is an order and a threshold, not a chance of being right.
    """
    if background.size < MIN_SAMPLE:
        return np.where(cosines >= threshold.floor, 0.5 + 0.5 * np.clip(cosines, 0, 1), 0.0)
    standing = background.mean + threshold.best_z_score * background.deviation
    counting = min(threshold.sure, max(threshold.floor, standing))
    high = max(counting + background.deviation, background.mean + SURE_Z_SCORE * background.deviation)
    high = max(counting + 1e-6, min(high, threshold.sure)) if threshold.sure < 1.0 else high
    low = min(background.mean, counting - background.deviation)
    return np.interp(cosines, [low, counting, high], [0.0, 0.5, 1.0])
