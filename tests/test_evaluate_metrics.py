"""The metrics as pure functions: bounds, perfect and empty predictions, cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.evaluation.metrics import (
    MAP_THRESHOLDS,
    average_precision,
    best_iou,
    highlight_average_precision,
    iou_matrix,
)

seconds = st.integers(0, 600).map(lambda tenths: tenths / 4)
windows = st.lists(st.tuples(seconds, seconds).map(sorted), max_size=8).map(
    lambda rows: np.array(rows, dtype=np.float64).reshape(-1, 2)
)


def test_thresholds_are_those_of_the_official_evaluator() -> None:
    assert MAP_THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@settings(deadline=None)
@given(windows, windows)
def test_iou_lies_between_0_and_1_and_is_symmetric(left: np.ndarray, right: np.ndarray) -> None:
    iou = iou_matrix(left, right)
    assert iou.shape == (len(left), len(right))
    assert ((iou >= 0) & (iou <= 1)).all()
    np.testing.assert_array_equal(iou, iou_matrix(right, left).T)


@settings(deadline=None)
@given(windows)
def test_a_window_agrees_with_itself(some: np.ndarray) -> None:
    lasting = some[some[:, 1] > some[:, 0]]
    np.testing.assert_array_equal(np.diag(iou_matrix(lasting, lasting)), np.ones(len(lasting)))


def test_iou_by_hand() -> None:
    iou = iou_matrix(np.array([[0.0, 10.0], [20.0, 30.0]]), np.array([[5.0, 15.0], [10.0, 20.0], [20.0, 30.0]]))
    np.testing.assert_allclose(iou, [[1 / 3, 0, 0], [0, 0, 1]])


@settings(deadline=None)
@given(windows, windows)
def test_average_precision_lies_between_0_and_1_and_falls_with_the_threshold(
    predicted: np.ndarray, truth: np.ndarray
) -> None:
    scores = average_precision(iou_matrix(predicted, truth))
    assert ((scores >= 0) & (scores <= 1)).all()
    assert (average_precision(iou_matrix(predicted, truth), (0.0,)) >= scores.max()).all()


@settings(deadline=None)
@given(windows.filter(lambda rows: len(rows) > 0 and (rows[:, 1] > rows[:, 0]).all()))
def test_perfect_predictions_score_1(truth: np.ndarray) -> None:
    np.testing.assert_array_equal(average_precision(iou_matrix(truth, truth)), np.ones(len(MAP_THRESHOLDS)))


def test_average_precision_by_hand() -> None:
    # Right, wrong, right, with three windows to find: precision 1 up to recall 1/3, then 2/3 up to 2/3, then 0.
    iou = np.array([[0.9, 0.0, 0.0], [0.1, 0.1, 0.1], [0.0, 0.6, 0.0]])
    np.testing.assert_allclose(average_precision(iou, (0.5, 0.8)), [1 / 3 + 2 / 9, 1 / 3])


def test_a_window_is_found_once_and_a_prediction_takes_the_free_window() -> None:
    twice = np.array([[0.9, 0.6], [0.8, 0.55]])
    np.testing.assert_allclose(average_precision(twice, (0.5,)), [1.0])
    np.testing.assert_allclose(average_precision(twice[:, :1], (0.5,)), [1.0])
    np.testing.assert_allclose(average_precision(twice, (0.7,)), [0.5])


def test_nothing_predicted_scores_0() -> None:
    nothing = np.zeros((0, 3))
    assert best_iou(nothing, 10) == 0.0
    assert not average_precision(nothing).any()
    assert not average_precision(nothing.T).any()


def test_best_iou_looks_at_the_first_k() -> None:
    iou = np.array([[0.1], [0.7], [0.9]])
    assert [best_iou(iou, k) for k in (1, 2, 3, 10)] == [0.1, 0.7, 0.9, 0.9]


@pytest.mark.parametrize(
    ("positive", "scores", "expected"),
    [
        pytest.param([1, 0, 1, 0], [4, 3, 2, 1], (1 + 2 / 3) / 2, id="alternating"),
        pytest.param([1, 1, 0, 0], [4, 3, 2, 1], 1.0, id="perfect"),
        pytest.param([0, 1, 1, 0], [1, 1, 1, 1], 0.5, id="all scores equal"),
        pytest.param([0, 0], [2, 1], 0.0, id="no highlight"),
        pytest.param([1, 1], [1, 2], 1.0, id="all highlights"),
        pytest.param([], [], 0.0, id="no clip"),
    ],
)
def test_highlight_average_precision_by_hand(positive: list[int], scores: list[int], expected: float) -> None:
    found = highlight_average_precision(np.array(positive, dtype=np.bool_), np.array(scores, dtype=np.float64))
    assert found == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=20))
def test_highlight_average_precision_equals_that_of_scikit_learn(clips: list[tuple[bool, int]]) -> None:
    """The official evaluator's own formula on scikit-learn's curve, which our dependencies bring along."""
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    positive, scores = np.array([p for p, _ in clips]), np.array([s for _, s in clips], dtype=np.float64)
    if positive.all() or not positive.any():
        return
    precision, recall, _ = metrics.precision_recall_curve(positive, scores)
    expected = np.mean(np.maximum.accumulate(precision)[np.flatnonzero(np.diff(recall))])
    assert highlight_average_precision(positive, scores) == pytest.approx(expected)
