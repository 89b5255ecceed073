"""The metrics of moment retrieval, as functions on IoU matrices. Pure.

The formulas are those of the official QVHighlights evaluator (Lei et al. 2021, "QVHighlights: Detecting
Moments and Highlights in Videos via Natural Language Queries"; moment_detr `standalone_eval`), which takes its
average precision from ActivityNet's detection task, in turn that of the PASCAL VOC development kit (2010 on):
precision made monotone, area under the whole curve.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MAP_THRESHOLDS: tuple[float, ...] = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""IoU thresholds 0.50, 0.55, ..., 0.95 over which mAP is the mean."""
MAX_PREDICTIONS = 10
"""Predictions of a query that the official evaluator considers for average precision."""


def iou_matrix(predicted: Floats, truth: Floats) -> Floats:
    """Intersection over union of every pair of windows.

    Args:
        predicted: (n, 2) start and stop in seconds.
        truth: (m, 2).

    Returns:
        (n, m) from 0 to 1; two empty windows give 0. The union is taken as the hull of both windows, as the
        official evaluator does: it differs from the true union only where the intersection is 0 anyway.
    """
    start, stop = predicted[:, None, 0], predicted[:, None, 1]  # (n, 1)
    shared = np.minimum(stop, truth[None, :, 1]) - np.maximum(start, truth[None, :, 0])  # (n, m)
    hull = np.maximum(stop, truth[None, :, 1]) - np.minimum(start, truth[None, :, 0])  # (n, m)
    shared = np.maximum(shared, 0.0)
    return np.divide(shared, hull, out=np.zeros_like(shared), where=hull > 0)


def best_iou(iou: Floats, k: int) -> float:
    """The greatest IoU that one of the first `k` predictions has with any truth window; 0 where there is none.

    `best_iou(iou, 1) >= 0.5` is the official R1@0.5 of one query.
    """
    top = iou[:k]
    return float(top.max()) if top.size else 0.0


def average_precision(iou: Floats, thresholds: tuple[float, ...] = MAP_THRESHOLDS) -> Floats:
    """Interpolated average precision of one query at each IoU threshold.

    Args:
        iou: (n predictions, best first; m truth windows). Each truth window is matched once, by the best-ranked
            prediction that reaches the threshold; a prediction takes the unmatched window that it overlaps most.

    Returns:
        (len(thresholds),) from 0 to 1; all 0 without predictions or without truth.
    """
    return np.array([_average_precision(iou, threshold) for threshold in thresholds])


def _average_precision(iou: Floats, threshold: float) -> float:
    n_predictions, n_truth = iou.shape
    if n_predictions == 0 or n_truth == 0:
        return 0.0
    found = _true_positives(iou, threshold)
    true_positives = np.cumsum(found)
    precision = true_positives / np.arange(1, n_predictions + 1)
    recall = true_positives / n_truth
    envelope = np.maximum.accumulate(precision[::-1])[::-1]  # the best precision at this recall or a higher one
    steps = np.diff(recall, prepend=0.0)
    return float(np.sum(steps * envelope))


def _true_positives(iou: Floats, threshold: float) -> NDArray[np.bool_]:
    found = np.zeros(iou.shape[0], dtype=np.bool_)
    taken = np.zeros(iou.shape[1], dtype=np.bool_)
    for rank, row in enumerate(iou):
        free = np.where(taken, -1.0, row)
        best = int(np.argmax(free))
        if free[best] >= threshold:
            found[rank] = taken[best] = True
    return found


def highlight_average_precision(positive: NDArray[np.bool_], scores: Floats) -> float:
    """Average precision of clips ranked by score, as the official evaluator computes it for highlights.

    It is the mean, over the score levels at which recall grows, of the best precision at that recall or a
    higher one; so clips that share a score count as one step. All clips positive gives 1, none gives 0.

    Args:
        positive: (n clips,) is the clip a highlight?
        scores: (n clips,) predicted saliency.
    """
    if positive.size == 0 or positive.all() or not positive.any():
        return float(positive.size > 0 and positive.all())
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf))  # last clip of each level of equal scores
    true_positives = np.cumsum(positive[order])[ends]
    precision = true_positives / (ends + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    grows = np.diff(true_positives, prepend=0) > 0
    return float(np.mean(envelope[grows]))
