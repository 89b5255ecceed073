"""Regression of relevance on evidence, family by family, for `bench.trust --calibrate`.

Which segment is right is known, which of the wrong ones is the hardest is not: so each round takes, by the weights so
far, the right segment that looks best and the wrong one that looks best, and fits a logistic regression to them
(Platt 1999); after a few rounds nothing changes. Weights below 0 are not allowed: more evidence never counts less.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from search.scoring.calibration import CalibratedFamily, Matrix

ROUNDS = 8
RIDGE = 1e-3
MISLEADING = 0.3
"""Weight of a wrong segment of a query whose answer is in another family, or ranks lower."""
ANSWERED_BY: dict[str, tuple[str, ...]] = {
    "picture": ("picture",),
    "caption": ("picture", "motion"),
    "caption and words": ("picture", "motion"),
    "picture, caption and words": ("picture", "motion"),
    "said": ("said",),
    "said and words": ("said",),
    "written": ("sign",),
    "written and words": ("sign",),
    "texts": ("said", "sign"),
    "read": ("picture", "motion", "said", "sign"),
}
"""Family -> the kinds of queries that it can answer."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One query with the evidence of every candidate segment."""

    kind: str
    is_present: bool
    right: NDArray[np.bool_]
    """(n_segments,)"""
    features: Mapping[str, Matrix]
    """Family -> (n_segments, n_features)"""


def fit_family(name: str, samples: Sequence[Sample]) -> CalibratedFamily:
    """Fits the regression of one family."""
    own = [one for one in samples if name in one.features and len(one.right)]
    width = own[0].features[name].shape[1]
    guess = np.array([6.0] * width + [-4.0])
    for _ in range(ROUNDS):
        rows = [row for one in own for row in _rows(name, one, guess)]
        features = np.array([features for features, _, _ in rows])
        right, weight = np.array([right for _, right, _ in rows]), np.array([weight for *_, weight in rows])

        def loss(values: NDArray[np.float64], x: Matrix = features, y: Matrix = right, w: Matrix = weight) -> float:
            scores = x @ values[:-1] + values[-1]
            return float((w * (np.logaddexp(0, scores) - y * scores)).sum() + RIDGE * (values[:-1] ** 2).sum())

        bounds = [(0.0, None)] * width + [(None, None)]
        guess = np.asarray(minimize(loss, guess, method="L-BFGS-B", bounds=bounds).x, float)
    return CalibratedFamily(tuple(round(float(value), 4) for value in guess[:-1]), round(float(guess[-1]), 4))


def _rows(name: str, sample: Sample, guess: NDArray[np.float64]) -> list[tuple[Matrix, float, float]]:
    """(features, 1 where right, weight) of the segments that say most."""
    features = sample.features[name]
    scores = features @ guess[:-1] + guess[-1]
    best = int(scores.argmax())
    if not sample.is_present:
        return [(features[best], 0.0, 1.0)]
    rows: list[tuple[Matrix, float, float]] = []
    is_own = sample.kind in ANSWERED_BY[name]
    if is_own and sample.right.any():
        rows.append((features[int(np.where(sample.right, scores, -np.inf).argmax())], 1.0, 1.0))
    if not (is_own and sample.right[best]):
        rows.append((features[best], 0.0, MISLEADING))
    return rows


def shifted(
    families: Mapping[str, CalibratedFamily], samples: Sequence[Sample], *, false_share: float
) -> dict[str, CalibratedFamily]:
    """Shifts the intercepts so that the given share of queries without an answer reaches 0.5.

    Moving every bias by one amount changes how much more often a query is taken to have no answer, and no order within
    a family.
    """
    logits = [_best_logit(families, one) for one in samples if not one.is_present]
    offset = float(np.quantile(logits, 1 - false_share))
    return {name: CalibratedFamily(one.weights, round(one.bias - offset, 4)) for name, one in families.items()}


def _best_logit(families: Mapping[str, CalibratedFamily], sample: Sample) -> float:
    best = [-50.0]
    for name in sample.features:
        if name in families and len(sample.right):
            chance = float(families[name].probability(sample.features[name]).max())
            best.append(float(np.log(max(chance, 1e-12) / max(1 - chance, 1e-12))))
    return max(best)
