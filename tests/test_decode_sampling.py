"""Which frames answer asked times: properties against the plain definition."""

import bisect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.decode.frame_sampling import EPSILON_SECONDS, SampleTimes, choose_frames

STARTS = st.lists(st.integers(1, 5000), max_size=40).map(
    lambda gaps: [sum(gaps[:index]) / 1000 for index in range(len(gaps) + 1)]
)
"""Strictly rising presentation times from 0, in milliseconds."""


def on_screen(starts: list[float], time: float) -> int | None:
    """The definition: the greatest presentation time <= the asked time."""
    place = bisect.bisect_right(starts, time + EPSILON_SECONDS) - 1
    return place if place >= 0 else None


@given(STARTS, st.floats(0.05, 10), st.floats(0.001, 5))
def test_periodic_sampling_gives_the_frames_on_screen(starts: list[float], rate: float, last: float) -> None:
    stop = starts[-1] + last
    times = [k / rate for k in range(math.ceil(stop * rate) + 2) if k / rate < stop - EPSILON_SECONDS]
    expected = sorted({on_screen(starts, time) for time in times} - {None})
    assert choose_frames(starts, stop, SampleTimes(frames_per_second=rate)) == expected


@given(STARTS, st.lists(st.floats(-2, 250), max_size=30).map(sorted))
def test_asked_times_give_the_frames_on_screen(starts: list[float], times: list[float]) -> None:
    expected = sorted({on_screen(starts, time) for time in times} - {None})
    assert choose_frames(starts, starts[-1] + 1, SampleTimes(times=times)) == expected


@given(STARTS, st.floats(0.05, 10), st.data())
def test_what_was_answered_is_not_answered_again(starts: list[float], rate: float, data: st.DataObject) -> None:
    whole = choose_frames(starts, starts[-1] + 1, SampleTimes(frames_per_second=rate))
    cut = data.draw(st.sampled_from(whole))
    rest = choose_frames(starts, starts[-1] + 1, SampleTimes(frames_per_second=rate, after_seconds=starts[cut]))
    assert [number for number in whole if number <= cut] + rest == whole


def test_a_frame_on_the_asked_time_is_taken_and_one_after_it_is_not() -> None:
    assert choose_frames([0.0, 1.0, 1.001, 2.0005], 3.0, SampleTimes(times=[1.0, 2.0])) == [1, 2]


def test_a_frame_that_stays_is_sent_once() -> None:
    assert choose_frames([0.0, 10.0], 11.0, SampleTimes(frames_per_second=1)) == [0, 1]


def test_rounded_times_meet_their_frames() -> None:
    starts = [k * 1001 / 30000 for k in range(300)]
    assert choose_frames(starts, 10.01, SampleTimes(frames_per_second=30000 / 1001)) == list(range(300))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"times": [1.0], "frames_per_second": 1.0},
        {"frames_per_second": 0.0},
        {"frames_per_second": math.inf},
        {"times": [2.0, 1.0]},
        {"times": [math.nan]},
    ],
)
def test_impossible_wishes_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        SampleTimes(**arguments)  # type: ignore[arg-type]
