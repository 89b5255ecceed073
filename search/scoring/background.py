"""The background of a query: the library's usual similarity to it, and which hits stand out from it. Pure.

A nearest-neighbour search always returns something; here it is decided which of its hits count. A cosine means nothing
by itself: each model has its own scale, and each query its own level (a vague query is a little like everything). So a
hit is compared with the cosines of the same query with a fixed sample of the library, by its z-score: the number of
standard deviations by which it lies above their mean. Matches by words are judged by the share of the query's words
that they hold, see `search.text.term_coverage`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from search.scoring.profile_thresholds import profile_thresholds

MIN_SAMPLE = 40
"""A smaller sample says too little about the background: in a library of so few items the hits are a good part of it.
Then only the floor decides."""
MIN_DEVIATION = 0.01
"""Cosine. Many copies of one picture have no deviation at all, and a tiny difference must not stand out from them."""


@dataclass(frozen=True, slots=True)
class MatchThreshold:
    """When the hits of one signal count."""

    best_z_score: float
    """The best hit must reach it, or no hit counts."""
    z_score: float
    """Each of the other hits must reach it."""
    floor: float = -1.0
    """Cosine below which a hit never counts; depends on the models."""
    sure: float = 2.0
    """Cosine from which a hit always counts; depends on the models. In a small or uniform library the background says
    little."""


PICTURE_THRESHOLD = MatchThreshold(best_z_score=3.0, z_score=2.3)
"""Measured on 7,200 frames of a drawn world. The best frame reaches 3.0 or more for 99 in 100 picture queries (median
4.6), and 3.1 in the median for queries about other things; the best right frame reaches 2.8 or more."""
TEXT_THRESHOLD = MatchThreshold(best_z_score=3.5, z_score=3.0)
"""Measured on 400 spoken lines. The right line reaches 3.5 or more for 99 in 100 queries with all-MiniLM-L6-v2 (median
6.1), and 5.3 or more with a model trained on drawn worlds; the best line for a query about something else reaches 2.9
in the median."""


def background_thresholds(profile: str) -> tuple[MatchThreshold, MatchThreshold]:
    """The thresholds for pictures and for texts, in a library made with that profile of models."""
    measured = profile_thresholds(profile)
    return (
        replace(PICTURE_THRESHOLD, floor=measured.picture.floor, sure=measured.picture.sure),
        replace(TEXT_THRESHOLD, floor=measured.text.floor, sure=measured.text.sure),
    )


SURE_Z_SCORE = 6.0
"""From it on, a list of nearest neighbours has its full weight. Measured in drawn worlds: with all signals, weighting
the lists so raised R@1 of spoken lines from 0.53 to 0.91."""
LOW_SHARE, HIGH_SHARE = 0.1, 0.4
"""The background is estimated from the part of the sample between these quantiles. The upper part is left out because
a broad query may match half of a library (every slide of one lecture). The part must not be small, or a cluster of
equal vectors (the same letter read in a hundred frames) would pass for the whole sample."""
_LOW_QUANTILE, _HIGH_QUANTILE = -1.2816, -0.2533
"""These quantiles of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Background:
    """The distribution of a query's cosines over a library, taken as normal."""

    mean: float
    """Fitted to the lower part of the sample; 0 without a sample."""
    deviation: float
    """Standard deviation, fitted in the same way."""
    size: int
    """Of the sample."""

    @classmethod
    def of(cls, similarities: NDArray[np.float32]) -> "Background":
        """From the cosines (n,) of a sample."""
        if not similarities.size:
            return cls(0.0, MIN_DEVIATION, 0)
        low, high = (float(value) for value in np.quantile(similarities, [LOW_SHARE, HIGH_SHARE]))
        deviation = max(MIN_DEVIATION, (high - low) / (_HIGH_QUANTILE - _LOW_QUANTILE))
        return cls(high - _HIGH_QUANTILE * deviation, deviation, int(similarities.size))

    def z_score(self, similarity: float) -> float:
        """Standard deviations above the mean."""
        return (similarity - self.mean) / self.deviation

    def count_matches(self, similarities: Sequence[float], threshold: MatchThreshold) -> int:
        """How many hits count, given their cosines, best first."""
        if not similarities or not self._reaches(similarities[0], threshold.best_z_score, threshold):
            return 0
        return sum(self._reaches(one, threshold.z_score, threshold) for one in similarities)

    def weight(self, best: float, threshold: MatchThreshold) -> float:
        """The weight of a ranked list in the fusion, above 0 to 1, by the cosine of its best hit."""
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
    """(n,) cosines -> (n,) relevance by a rule, for models without a calibration.

    The relevance is 0 at the background's mean, 0.5 where a best hit begins to count, and 1 where the cosine is sure
    or `SURE_Z_SCORE` is reached, with straight lines between. In a library too small for a background, every hit that
    reaches the floor counts. This is an order with a threshold, not a probability.
    """
    if background.size < MIN_SAMPLE:
        return np.where(cosines >= threshold.floor, 0.5 + 0.5 * np.clip(cosines, 0, 1), 0.0)
    by_z_score = background.mean + threshold.best_z_score * background.deviation
    counting = min(threshold.sure, max(threshold.floor, by_z_score))
    high = max(counting + background.deviation, background.mean + SURE_Z_SCORE * background.deviation)
    high = max(counting + 1e-6, min(high, threshold.sure)) if threshold.sure < 1.0 else high
    low = min(background.mean, counting - background.deviation)
    return np.interp(cosines, [low, counting, high], [0.0, 0.5, 1.0])
