"""Spans cover a video without gap or overlap, whatever its frames look like."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.segmentation.cut_detector import CutScorer
from indexer.segmentation.segmenter import cut_times, segment, segment_at

MIN, MAX = 2.0, 30.0


def spans(times: list[float], scores: list[float], duration: float, step: float = 1.0) -> list[tuple[float, float]]:
    found = segment(times, scores, duration_seconds=duration, step_seconds=step, min_seconds=MIN, max_seconds=MAX)
    return [(item.span.start_seconds, item.span.stop_seconds) for item in found]


@given(st.data())
def test_spans_tile_the_video(data: st.DataObject) -> None:
    gaps = data.draw(st.lists(st.floats(0.01, 100), min_size=0, max_size=80))
    times = [0.0, *np.cumsum(gaps).tolist()]
    scores = [0.0, *data.draw(st.lists(st.floats(0, 255), min_size=len(gaps), max_size=len(gaps)))]
    duration = times[-1] + data.draw(st.floats(0.01, 200))
    found = spans(times, scores, duration, step=data.draw(st.sampled_from([0.1, 0.5, 1.0, 2.0])))
    assert found[0][0] == 0
    assert found[-1][1] == duration
    assert all(left[1] == right[0] for left, right in itertools.pairwise(found))
    lengths = [stop - start for start, stop in found]
    assert max(lengths) <= MAX + 1e-6
    assert min(lengths) >= min(MIN, duration) - 1e-6


def test_a_cut_lies_halfway_between_the_frames_around_it() -> None:
    times = [float(second) for second in range(12)]
    scores = [0, 2, 3, 2, 2, 80, 3, 2, 2, 3, 2, 2]
    assert spans(times, list(map(float, scores)), 12.0) == [(0, 4.5), (4.5, 12)]


def test_a_moving_camera_is_not_a_cut_each_second() -> None:
    times = [float(second) for second in range(20)]
    assert len(spans(times, [0.0, *[40.0] * 19], 20.0)) == 1


def test_short_shots_join_the_neighbour_they_resemble() -> None:
    times = [float(second) for second in range(12)]
    scores = [0.0, 0, 0, 0, 0, 90, 40, 0, 0, 0, 0, 0]
    assert spans(times, scores, 12.0) == [(0, 4.5), (4.5, 12)]


def test_a_still_picture_that_stays_long_is_split_evenly() -> None:
    found = spans([0.0], [0.0], 100.0)
    assert [stop - start for start, stop in found] == pytest.approx([25.0] * 4)


def test_a_slide_that_appears_late_after_the_asked_time_starts_where_it_appears() -> None:
    assert cut_times([0.0, 57.2], 1.0)[1] == pytest.approx(57.1)


@pytest.mark.parametrize(("time", "index"), [(0.0, 0), (4.4, 0), (4.5, 1), (99.0, 1), (-1.0, 0)])
def test_segment_at(time: float, index: int) -> None:
    times = [float(second) for second in range(12)]
    scores = [0.0, 2, 3, 2, 2, 80, 3, 2, 2, 3, 2, 2]
    found = segment(times, scores, duration_seconds=12.0, step_seconds=1.0, min_seconds=MIN, max_seconds=MAX)
    assert segment_at(found, time) == index


def test_scorer_sees_a_hard_cut_and_not_noise() -> None:
    random = np.random.default_rng(3)
    green = np.full((90, 160, 3), (30, 170, 60), np.uint8)
    blue = np.full((90, 160, 3), (20, 40, 200), np.uint8)
    scorer = CutScorer()
    noisy = (green + random.integers(0, 6, green.shape)).astype(np.uint8)
    assert scorer.score(green) == 0
    assert scorer.score(noisy) < 10
    assert scorer.score(blue) > 27
