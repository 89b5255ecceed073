"""Localization and merging of matches: cases by hand, then properties for any fused list."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.records import TimeSpan
from search.moments.localization import Draft, SegmentMatch, localize_moments, picture_span
from search.signals import Signal


def span(start: float, stop: float) -> TimeSpan:
    return TimeSpan(start, stop)


def match(
    index: int,
    segment: TimeSpan,
    ranks: dict[Signal, int],
    *,
    frames: list[tuple[float, float]] | None = None,
    texts: dict[Signal, tuple[TimeSpan, str]] | None = None,
    score: float | None = None,
) -> SegmentMatch:
    own = sum(1 / (60 + rank) for rank in ranks.values()) if score is None else score
    middle = (segment.start_seconds + segment.stop_seconds) / 2
    return SegmentMatch("v", index, segment, middle, own, ranks, texts or {}, frames or [])


FRAMES = [(10.0, 0.2), (11.0, 0.8), (12.0, 0.9), (13.0, 0.7), (14.0, 0.1), (15.0, 0.8)]


@pytest.mark.parametrize(
    ("frames", "background", "expected"),
    [
        pytest.param(FRAMES, 0.0, span(10.5, 13.5), id="ends between the last frame of the run and the next"),
        pytest.param(FRAMES[:4], 0.0, span(10.5, 16.0), id="reaches the segment's stop"),
        pytest.param(FRAMES[1:], 0.0, span(9.5, 13.5), id="reaches the segment's start"),
        pytest.param(FRAMES, 0.6, span(10.5, 12.5), id="a high background leaves little"),
        pytest.param(FRAMES[:1], 0.0, span(9.5, 16.0), id="a single frame"),
        pytest.param([(10.0, 0.5), (13.0, 0.5)], 0.0, span(9.5, 16.0), id="all alike"),
        pytest.param([(10.0, -0.5), (13.0, -0.1)], 0.0, span(11.5, 16.0), id="below the background"),
    ],
)
def test_picture_span(frames: list[tuple[float, float]], background: float, expected: TimeSpan) -> None:
    assert picture_span(frames, span(9.5, 16.0), background=background) == expected


def test_a_picture_match_is_trimmed_to_its_run() -> None:
    (moment,) = localize_moments([match(0, span(9.5, 16.0), {"picture": 1}, frames=FRAMES)])
    assert (moment.span, moment.best_frame_seconds, moment.text) == (span(10.5, 13.5), 12.0, "")


def test_a_frame_that_came_before_its_segment_counts_from_the_segments_start() -> None:
    (moment,) = localize_moments([match(0, span(9.5, 16.0), {"picture": 1}, frames=[(2.0, 0.9), (14.0, 0.1)])])
    assert (moment.span, moment.best_frame_seconds) == (span(9.5, 11.75), 9.5)


def test_a_text_match_has_the_time_of_the_text_and_the_best_frame_in_it() -> None:
    texts: dict[Signal, tuple[TimeSpan, str]] = {"subtitle": (span(12.5, 14.5), "hello")}
    (moment,) = localize_moments([match(0, span(9.5, 16.0), {"subtitle": 1}, frames=FRAMES, texts=texts)])
    assert (moment.span, moment.best_frame_seconds, moment.text) == (span(12.5, 14.5), 13.0, "hello")


def test_without_a_sampled_frame_in_the_text_the_middle_shows_it() -> None:
    texts: dict[Signal, tuple[TimeSpan, str]] = {"subtitle": (span(12.2, 12.8), "hello")}
    (moment,) = localize_moments([match(0, span(9.0, 16.0), {"subtitle": 1}, frames=FRAMES, texts=texts)])
    assert moment.best_frame_seconds == 12.5


def test_a_text_without_a_length_takes_its_segment() -> None:
    texts: dict[Signal, tuple[TimeSpan, str]] = {"subtitle": (span(12.5, 12.5), "hello")}
    (moment,) = localize_moments([match(0, span(9.5, 16.0), {"subtitle": 1}, texts=texts)])
    assert moment.span == span(9.5, 16.0)


@pytest.mark.parametrize(("picture", "expected"), [(1, span(10.5, 13.5)), (2, span(14, 15)), (9, span(14, 15))])
def test_the_better_rank_gives_the_bounds_and_the_text_wins_a_tie(picture: int, expected: TimeSpan) -> None:
    texts: dict[Signal, tuple[TimeSpan, str]] = {"subtitle": (span(14, 15), "hello")}
    ranks: dict[Signal, int] = {"picture": picture, "subtitle": 2}
    (moment,) = localize_moments([match(0, span(9.5, 16.0), ranks, frames=FRAMES, texts=texts)])
    assert (moment.span, moment.text, moment.ranks) == (expected, "hello", ranks)


def shot(index: int, similarity: float, rank: int) -> SegmentMatch:
    """Ten seconds that look the same throughout."""
    start = index * 10.0
    frames = [(start + step, similarity) for step in range(10)]
    return match(index, span(start, start + 10.0), {"picture": rank}, frames=frames)


def test_a_long_shot_is_one_moment() -> None:
    (moment,) = localize_moments([shot(1, 0.9, 1), shot(2, 0.88, 2), shot(0, 0.85, 3)])
    assert (moment.span, moment.best_frame_seconds, moment.segment_index) == (span(0, 30), 10.0, 1)
    assert moment.ranks == {"picture": 1}


def test_a_cut_to_something_that_matches_less_is_a_boundary() -> None:
    moments = localize_moments([shot(1, 0.9, 1), shot(2, 0.6, 2)])
    assert [moment.span for moment in moments] == [span(10, 20), span(20, 30)]


def test_merging_measures_from_the_background() -> None:
    moments = localize_moments([shot(1, 0.9, 1), shot(2, 0.85, 2)], background=0.8)
    assert len(moments) == 2


def test_segments_that_do_not_touch_stay_apart() -> None:
    assert len(localize_moments([shot(1, 0.9, 1), shot(3, 0.9, 2)])) == 2


def test_touching_texts_stay_apart_and_overlapping_ones_are_one() -> None:
    def line(index: int, start: float, stop: float, rank: int) -> SegmentMatch:
        return match(
            index, span(index * 10, index * 10 + 10), {"subtitle": rank}, texts={"subtitle": (span(start, stop), "x")}
        )

    assert len(localize_moments([line(0, 5, 10, 1), line(1, 10, 12, 2)])) == 2
    (moment,) = localize_moments([line(0, 5, 11, 1), line(1, 10, 12, 2)])
    assert moment.span == span(5, 11)


def test_a_weaker_signal_at_the_same_time_is_told_but_moves_nothing() -> None:
    slide = match(3, span(30, 60), {"screen_text": 1}, texts={"screen_text": (span(12, 80), "slide")})
    (moment,) = localize_moments([slide, shot(2, 0.9, 4), shot(5, 0.9, 2)])
    assert (moment.span, moment.ranks) == (span(12, 80), {"picture": 2, "screen_text": 1})


def test_videos_do_not_mix() -> None:
    one, other = shot(1, 0.9, 1), shot(2, 0.9, 2)
    other = SegmentMatch("w", *(getattr(other, name) for name in SegmentMatch.__slots__[1:]))
    assert len(localize_moments([one, other])) == 2


def test_nothing_in_nothing_out() -> None:
    assert localize_moments([]) == []


DURATION = 60.0
unit = st.integers(0, 100).map(lambda value: value / 100)


@st.composite
def fused_lists(draw: st.DrawFn) -> list[SegmentMatch]:
    cuts = sorted(draw(st.sets(st.integers(1, 59), max_size=8)) | {0, 60})
    matches: list[SegmentMatch] = []
    for index, (start, stop) in enumerate(itertools.pairwise(cuts)):
        if draw(st.booleans()):
            continue
        ranks: dict[Signal, int] = {}
        texts: dict[Signal, tuple[TimeSpan, str]] = {}
        if draw(st.booleans()):
            ranks["picture"] = draw(st.integers(1, 5))
        for signal in ("subtitle", "screen_text_words"):
            if draw(st.booleans()):
                ranks[signal] = draw(st.integers(1, 5))
                ends = sorted([draw(unit) * DURATION, draw(unit) * DURATION])
                texts[signal] = (TimeSpan(*ends), signal)
        if not ranks:
            continue
        frames = [(float(time), draw(unit)) for time in range(start, stop)] if "picture" in ranks else []
        matches.append(match(index, span(start, stop), ranks, frames=frames, texts=texts))
    return sorted(matches, key=lambda one: (-one.score, one.segment_index))


@settings(deadline=None)
@given(fused_lists(), unit)
def test_properties(matches: list[SegmentMatch], background: float) -> None:
    moments = localize_moments(matches, background=background)
    assert bool(moments) == bool(matches)
    assert [one.score for one in moments] == sorted((one.score for one in moments), reverse=True)
    for moment in moments:
        assert 0 <= moment.span.start_seconds < moment.span.stop_seconds <= DURATION
        assert moment.span.start_seconds <= moment.best_frame_seconds < moment.span.stop_seconds
    assert all(not _overlap(one, other) for one, other in itertools.combinations(moments, 2))
    assert len({moment.segment_index for moment in moments}) == len(moments)
    told = {signal for moment in moments for signal in moment.ranks}
    assert told == {signal for one in matches for signal in one.ranks}


def _overlap(one: Draft, other: Draft) -> bool:
    return one.span.intersection_seconds(other.span) > 0
