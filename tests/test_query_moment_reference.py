"""`VIDEO@TIME` as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import QueryError
from search.query.moment_reference import MomentReference, parse_moment_reference


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("talk.mp4@12:34", MomentReference("talk.mp4", 754, 754)),
        ("talk.mp4@754.25", MomentReference("talk.mp4", 754.25, 754.25)),
        ("me@home.mp4@1:02:03.5", MomentReference("me@home.mp4", 3723.5, 3723.5)),
        ("/films/a b.mp4@0:05-0:07.5", MomentReference("/films/a b.mp4", 5, 7.5)),
        ("talk.mp4@12.333333333333334", MomentReference("talk.mp4", 12.333333333333334, 12.333333333333334)),
        ("talk.mp4@90:00", MomentReference("talk.mp4", 5400, 5400)),
        ("0f3a77c2@90-95", MomentReference("0f3a77c2", 90, 95)),
    ],
)
def test_read(text: str, place: MomentReference) -> None:
    assert parse_moment_reference(text) == place


@pytest.mark.parametrize(
    "text",
    ["", "talk.mp4", "@12", "talk.mp4@", "talk.mp4@soon", "a@1:75", "a@1:2:3:4", "a@9-3", "a@-3", "a@nan", "a@1e999",
     "a@1.5:20", "a@1--2", "a@٣", "a" * 5000 + "@1"],
)  # fmt: skip
def test_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(QueryError, match=r"talk\.mp4@12:34"):
        parse_moment_reference(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        place = parse_moment_reference(text)
    except QueryError:
        return
    assert place.video and 0 <= place.start_seconds <= place.stop_seconds


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59_999))
def test_a_clock_time_is_its_seconds(hours: int, minutes: int, milliseconds: int) -> None:
    place = parse_moment_reference(f"v@{hours}:{minutes:02d}:{milliseconds / 1000:06.3f}")
    assert place.start_seconds == pytest.approx(hours * 3600 + minutes * 60 + milliseconds / 1000)
