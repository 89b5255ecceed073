"""From which cosine on is a thing there? By how like it the library is in general, never by a bare number. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.scoring.background import Background

PART = 0.65
"""How far up from the background's middle to the most similar a rare thing begins to be there."""
APART = 0.85
"""Share of a sample's variance that lies between its two halves (Otsu 1979) from which they are two kinds of places;
one normal distribution has 0.64. Both measured on 20 minutes of a drawn world with 240 things: of segments that hold
the thing 0.0 to 0.05 are missed, of others up to 0.05 taken for it, by picture and caption together."""
CONTEXT_PART = 0.2
"""The same for the direction."""
LEAST_STANDING, CONTEXT_STANDING = 1.6, 1.0
"""Spreads above the background below which nothing is there, alone and in context, unless two kinds are apart."""
MOST_LIKE = 3
"""What is most like the thing is the mean of so many segments."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Cosine -> how surely a thing is there, 0 to 1; 0.5 where it begins to be."""

    low: float
    counting: float
    high: float

    @classmethod
    def of(
        cls, sample: NDArray[np.float32], most_like: Sequence[float], *, best_standing: float, part: float = PART
    ) -> "Presence | None":
        """
        Args:
            sample: (n,) cosines of the thing with a fixed sample of the library.
            most_like: cosines of different segments, best first.
            best_standing: spreads above the background from which on the thing is in the library at all.
            part: how far up a rare thing begins to be there.

        Returns:
            None where nothing of the library is like the thing.
        """
        if not len(most_like):
            return None
        background = Background.of(sample)
        best = float(np.mean(most_like[:MOST_LIKE]))
        if sample.size and background.standing(best) < best_standing:
            return None
        low = min(background.middle, float(np.quantile(sample, 0.25))) if sample.size else best / 2
        least = (LEAST_STANDING if part == PART else CONTEXT_STANDING) * background.spread
        rise = best - background.middle
        counting = background.middle + max(part * rise, min(least, rise))
        middle, apart = two_kinds(sample)
        if apart >= APART:
            counting = min(counting, middle)
        return cls(low, max(counting, low + 1e-3), max(best, counting + 1e-3, low + 2e-3))

    def __call__(self, cosine: float) -> float:
        return float(np.interp(cosine, [self.low, self.counting, self.high], [0.0, 0.5, 1.0]))


def two_kinds(sample: NDArray[np.float32]) -> tuple[float, float]:
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
