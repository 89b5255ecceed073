"""The presence of a thing by its cosine: a scale fitted to the library, since no fixed cosine would do. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.scoring.background import Background

RARE_SHARE = 0.65
"""How far up from the background's mean to the most similar segments a rare thing begins to be present."""
BIMODAL_SHARE = 0.85
"""A sample is bimodal when so much of its variance lies between its two halves (Otsu 1979); for one normal distribution
the share is 0.64. This and `RARE_SHARE` were measured on 20 minutes of a drawn world with 240 things: by picture and
caption together, 0.0 to 0.05 of the segments that hold the thing are missed, and up to 0.05 of the others taken for
one."""
CONTEXT_RARE_SHARE = 0.2
"""`RARE_SHARE` for a query difference, see `search.exclusion.detector`."""
MIN_Z_SCORE, CONTEXT_MIN_Z_SCORE = 1.6, 1.0
"""Below it nothing is present, unless the sample is bimodal; for the thing alone and for a query difference."""
TOP_SEGMENTS = 3
"""The top of the scale is the mean cosine of so many segments."""


@dataclass(frozen=True, slots=True)
class PresenceScale:
    """Cosine -> presence of a thing, 0 to 1: straight lines through 0.5, where the thing begins to be present."""

    low: float
    """Cosine of presence 0."""
    threshold: float
    """Cosine of presence 0.5."""
    high: float
    """Cosine of presence 1."""

    @classmethod
    def of(
        cls, sample: NDArray[np.float32], top: Sequence[float], *, best_z_score: float, rare_share: float = RARE_SHARE
    ) -> "PresenceScale | None":
        """The scale for one thing in one library.

        Args:
            sample: (n,) cosines of the thing with a fixed sample of the library.
            top: cosines of the most similar segments, each once, best first.
            best_z_score: the most similar segments must reach it, or the thing is not in the library at all.
            rare_share: how far up a rare thing begins to be present.

        Returns:
            None where the thing is not in the library.
        """
        if not len(top):
            return None
        background = Background.of(sample)
        best = float(np.mean(top[:TOP_SEGMENTS]))
        if sample.size and background.z_score(best) < best_z_score:
            return None
        low = min(background.mean, float(np.quantile(sample, 0.25))) if sample.size else best / 2
        least = (MIN_Z_SCORE if rare_share == RARE_SHARE else CONTEXT_MIN_Z_SCORE) * background.deviation
        rise = best - background.mean
        threshold = background.mean + max(rare_share * rise, min(least, rise))
        split, between_share = otsu_split(sample)
        if between_share >= BIMODAL_SHARE:
            threshold = min(threshold, split)
        return cls(low, max(threshold, low + 1e-3), max(best, threshold + 1e-3, low + 2e-3))

    def __call__(self, cosine: float) -> float:
        return float(np.interp(cosine, [self.low, self.threshold, self.high], [0.0, 0.5, 1.0]))


def otsu_split(sample: NDArray[np.float32]) -> tuple[float, float]:
    """The value that best splits a sample in two, and the share of the variance between the halves, 0 to 1.

    Otsu 1979, "A Threshold Selection Method from Gray-Level Histograms", applied to the values themselves.
    """
    if sample.size < 2 or float(np.ptp(sample)) < 1e-6:
        return 0.0, 0.0
    values = np.sort(sample.astype(np.float64))
    count, sums = values.size, np.cumsum(values)
    below = np.arange(1, count)
    means = sums[:-1] / below, (sums[-1] - sums[:-1]) / (count - below)
    between = below * (count - below) / count**2 * (means[0] - means[1]) ** 2
    at = int(between.argmax())
    return float((values[at] + values[at + 1]) / 2), float(between[at] / values.var())
