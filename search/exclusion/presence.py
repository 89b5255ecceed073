"""From which cosine on is a thing there? By how like it the library is in general, never by a bare number. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.scoring.background import Background

RARE_SHARE = 0.65
"""How far up from the background's middle to the most similar a rare thing begins to be there."""
BIMODAL_SHARE = 0.85
"""Share of a sample's variance that lies between its two halves (Otsu 1979) from which they are two kinds of places;
one normal distribution has 0.64. Both measured on 20 minutes of a drawn world with 240 things: of segments that hold
the thing 0.0 to 0.05 are missed, of others up to 0.05 taken for it, by picture and caption together."""
CONTEXT_RARE_SHARE = 0.2
"""The same for the direction."""
MIN_Z_SCORE, CONTEXT_MIN_Z_SCORE = 1.6, 1.0
"""Spreads above the background below which nothing is there, alone and in context, unless two kinds are apart."""
TOP_SEGMENTS = 3
"""What is most like the thing is the mean of so many segments."""


@dataclass(frozen=True, slots=True)
class PresenceScale:
    """Cosine -> how surely a thing is there, 0 to 1; 0.5 where it begins to be."""

    low: float
    threshold: float
    high: float

    @classmethod
    def of(
        cls, sample: NDArray[np.float32], most_like: Sequence[float], *, best_z_score: float, part: float = RARE_SHARE
    ) -> "PresenceScale | None":
        """
        Args:
            sample: (n,) cosines of the thing with a fixed sample of the library.
            most_like: cosines of different segments, best first.
            best_z_score: spreads above the background from which on the thing is in the library at all.
            part: how far up a rare thing begins to be there.

        Returns:
            None where nothing of the library is like the thing.
        """
        if not len(most_like):
            return None
        background = Background.of(sample)
        best = float(np.mean(most_like[:TOP_SEGMENTS]))
        if sample.size and background.z_score(best) < best_z_score:
            return None
        low = min(background.mean, float(np.quantile(sample, 0.25))) if sample.size else best / 2
        least = (MIN_Z_SCORE if part == RARE_SHARE else CONTEXT_MIN_Z_SCORE) * background.deviation
        rise = best - background.mean
        counting = background.mean + max(part * rise, min(least, rise))
        middle, apart = otsu_split(sample)
        if apart >= BIMODAL_SHARE:
            counting = min(counting, middle)
        return cls(low, max(counting, low + 1e-3), max(best, counting + 1e-3, low + 2e-3))

    def __call__(self, cosine: float) -> float:
        return float(np.interp(cosine, [self.low, self.threshold, self.high], [0.0, 0.5, 1.0]))


def otsu_split(sample: NDArray[np.float32]) -> tuple[float, float]:
    """The value that best sets a sample's two kinds apart, and the share of the variance between them, 0 to 1.

    Otsu 1979, "A Threshold Selection Method from Gray-Level Histograms", on the values themselves.
    """
    if sample.size < 2 or float(np.ptp(sample)) < 1e-6:
        return 0.0, 0.0
    values = np.sort(sample.astype(np.float64))
    count, sums = values.size, np.cumsum(values)
    below = np.arange(1, count)
    means = sums[:-1] / below, (sums[-1] - sums[:-1]) / (count - below)
    between = below * (count - below) / count**2 * (means[0] - means[1]) ** 2
    place = int(between.argmax())
    return float((values[place] + values[place + 1]) / 2), float(between[place] / values.var())
