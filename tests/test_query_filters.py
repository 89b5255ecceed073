"""Which videos and which part of each are looked at; and a person's tags."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import QueryError, QuerySyntaxError, UsageError
from indexer.records import TimeSpan, Video, VideoMetadata
from indexer.store.tags import MAX_TAG_CHARACTERS, MAX_TAGS, check_tag, edit_tags, tag_key
from search.query.filter_parser import parse_filters
from search.query.filters import Filters, created_span
from search.query.parser import parse_query

VIDEO = Video(
    video_id="ab12" * 8,
    paths=("/films/2023/Paris/Eiffel [night].MP4", "/copies/tower.mp4"),
    size_bytes=1,
    modified_ns=(1_700_000_000_000_000_000, 1_600_000_000_000_000_000),
    duration_seconds=90.0,
    probe=None,
    metadata=VideoMetadata(created="2023-05-09T11:41:46Z"),
    tags=("Beach", "work trip"),
    languages={"subtitle": ("en", "pt-BR"), "speech": ("fr",)},
)


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (Filters(), True),
        (Filters(videos=("ab12",)), True),
        (Filters(videos=("ab1",)), False),
        (Filters(videos=("tower.mp4",)), True),
        (Filters(videos=("TOWER",)), True),
        (Filters(videos=("eiffel [night].mp4",)), True),
        (Filters(videos=("eiffel*",)), True),
        (Filters(videos=("eiffel ?night?.mp4",)), True),
        (Filters(videos=("eiffel [n]night].mp4",)), False),
        (Filters(videos=("/copies/tower.mp4",)), True),
        (Filters(videos=("copies/tower.mp4",)), True),
        (Filters(videos=("./Copies/tower*",)), True),
        (Filters(videos=("films/tower.mp4",)), False),
        (Filters(videos=("opies/tower.mp4",)), False),
        (Filters(videos=("nothing", "tower")), True),
        (Filters(videos=("nothing",)), False),
        (Filters(folders=("paris",)), True),
        (Filters(folders=("2023/paris",)), True),
        (Filters(folders=("films/paris",)), False),
        (Filters(folders=("/films/2023",)), True),
        (Filters(folders=("/films/2023/",)), True),
        (Filters(folders=("/2023",)), False),
        (Filters(folders=("20*",)), True),
        (Filters(folders=("tower.mp4",)), False),
        (Filters(folders=("london", "copies")), True),
        (Filters(languages=("fr",)), True),
        (Filters(languages=("pt",)), True),
        (Filters(languages=("pt-br",)), True),
        (Filters(languages=("pt-PT",)), False),
        (Filters(languages=("p",)), False),
        (Filters(languages=("de", "en")), True),
        (Filters(tags=("beach",)), True),
        (Filters(tags=("BEACH", "Work  Trip")), True),
        (Filters(tags=("beach", "snow")), False),
        (Filters(created_from=datetime(2023, 5, 9, tzinfo=UTC), created_to=datetime(2023, 5, 10, tzinfo=UTC)), True),
        (Filters(created_to=datetime(2023, 5, 9, 11, 41, 46, tzinfo=UTC)), False),
        (Filters(duration_from_seconds=90), True),
        (Filters(duration_to_seconds=90), False),
        (Filters(time_from_seconds=500), True),
    ],
)
def test_which_videos_fit(filters: Filters, *, fits: bool) -> None:
    assert filters.matches(VIDEO) is fits


@pytest.mark.parametrize(
    ("written", "tag"),
    [("de", "de"), ("German", "de"), ("deutsch", "de"), ("ger", "de"), ("eng", "en"), ("pt-br", "pt-BR")],
)
def test_a_language_goes_by_its_names_and_codes(written: str, tag: str) -> None:
    assert parse_filters(parse_query(f"cat language:{written}")).wanted.languages == (tag,)


def test_what_is_no_language_is_an_error_with_its_place() -> None:
    with pytest.raises(QuerySyntaxError, match="'klingonese' is not a language") as caught:
        parse_filters(parse_query("cat language:klingonese"))
    assert (caught.value.start, caught.value.stop) == (4, 23)


def test_without_a_date_in_the_container_the_oldest_file_says_when() -> None:
    video = replace(VIDEO, metadata=VideoMetadata())
    assert (video.created, video.created_source) == (datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC), "file")
    assert VIDEO.created_source == "container"
    assert Filters(created_to=datetime(2021, 1, 1, tzinfo=UTC)).matches(video)


def test_only_the_asked_time_within_a_video_counts() -> None:
    filters = Filters(time_from_seconds=10, time_to_seconds=20)
    assert filters.limit_to_time_filter(TimeSpan(0, 15)) == TimeSpan(10, 15)
    assert filters.limit_to_time_filter(TimeSpan(12, 30)) == TimeSpan(12, 20)
    assert filters.limit_to_time_filter(TimeSpan(0, 10)) is None
    assert filters.limit_to_time_filter(TimeSpan(20, 30)) is None
    assert filters.limit_to_time_filter(TimeSpan(10, 10)) == TimeSpan(10, 10)
    assert filters.limit_to_time_filter(TimeSpan(20, 20)) is None
    assert Filters().limit_to_time_filter(TimeSpan(3, 3)) == TimeSpan(3, 3)


edges = st.integers(0, 30).map(float)


@given(edges, edges, st.none() | edges, st.none() | edges)
def test_what_is_within_lies_in_both(first: float, second: float, low: float | None, high: float | None) -> None:
    span = TimeSpan(min(first, second), max(first, second))
    if low is not None and high is not None and low >= high:
        with pytest.raises(QueryError):
            Filters(time_from_seconds=low, time_to_seconds=high)
        return
    found = Filters(time_from_seconds=low, time_to_seconds=high).limit_to_time_filter(span)
    inside = [
        moment / 2
        for moment in range(62)
        if span.start_seconds <= moment / 2 < max(span.stop_seconds, span.start_seconds + 0.5)
        and (low is None or moment / 2 >= low)
        and (high is None or moment / 2 < high)
    ]
    assert (found is not None) == bool(inside)
    if found is not None and inside:
        assert found.start_seconds == inside[0]
        assert found.stop_seconds <= span.stop_seconds


def test_a_fresh_filter_is_none() -> None:
    assert not Filters()
    assert Filters(tags=("beach",))


@pytest.mark.parametrize(
    ("text", "start", "stop"),
    [
        ("2023", (2023, 1, 1), (2024, 1, 1)),
        ("2023-12", (2023, 12, 1), (2024, 1, 1)),
        ("2024-2", (2024, 2, 1), (2024, 3, 1)),
        ("2023-05-31", (2023, 5, 31), (2023, 6, 1)),
    ],
)
def test_years_months_and_days_are_spans(text: str, start: tuple[int, int, int], stop: tuple[int, int, int]) -> None:
    assert created_span(text) == (datetime(*start, tzinfo=UTC), datetime(*stop, tzinfo=UTC))


@pytest.mark.parametrize("text", ["", "23", "2023-00", "2023-13", "2023-02-30", "0000", "9999", "May", "2023-05-09T10"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="not a date"):
        created_span(text)


def test_tags_are_added_and_removed_whatever_their_case() -> None:
    assert edit_tags(("Beach",), add=("beach", " two  words "), remove=("nothing",)) == ("Beach", "two words")
    assert edit_tags(("Beach", "snow"), remove=("BEACH",)) == ("snow",)


@pytest.mark.parametrize("raw", ["", "  ", "-", "a,b", 'a"b', "a\x1bb", "a\u202eb", "x" * (MAX_TAG_CHARACTERS + 1)])
def test_what_may_be_no_tag(raw: str) -> None:
    with pytest.raises(UsageError):
        check_tag(raw)


def test_a_video_has_a_bound_of_tags() -> None:
    with pytest.raises(UsageError, match="100 tags"):
        edit_tags((), add=[f"tag {number}" for number in range(MAX_TAGS + 1)])


@given(st.lists(st.text(max_size=12), max_size=8), st.lists(st.text(max_size=12), max_size=4))
def test_tags_stay_sorted_and_each_once(add: list[str], remove: list[str]) -> None:
    try:
        tags = edit_tags((), add=add)
    except UsageError:
        return
    keys = [tag_key(tag) for tag in tags]
    assert keys == sorted(set(keys))
    assert edit_tags(tags, add=tags) == tags
    left = {tag_key(tag) for tag in edit_tags(tags, remove=remove)}
    assert left == set(keys) - {tag_key(tag) for tag in remove}
