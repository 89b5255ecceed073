"""The test bed of real words is well formed, its halves share no video's content, and its judge is right."""

from pathlib import Path

import pytest

from bench.realwords.outcomes import outcomes, share
from bench.realwords.queries import FORMS, HALVES, SHARED, SOURCES, RealQuery, load_queries, videos_of
from indexer.records import TimeSpan
from search.results import Moment, SearchResult

BY_TEXT_IN_BOTH = {"hard/media3/sample_with_overlapping_srt.mkv", "hard/media3/sample.text.mp4"}
"""Files whose subtitles were divided text by text."""


@pytest.mark.parametrize("half", HALVES)
def test_every_query_is_whole(half: str) -> None:
    queries = load_queries(half)  # pyright: ignore[reportArgumentType]
    assert len({query.id for query in queries}) == len(queries)
    for query in queries:
        assert set(query.forms) == set(FORMS), query.id
        assert all(text.strip() for text in query.forms.values()), query.id
        assert len(set(query.forms.values())) == len(FORMS), query.id
        assert query.is_absent or query.source in SOURCES, query.id
        for spans in query.windows.values():
            assert all(0 <= span.start_seconds <= span.stop_seconds for span in spans), query.id


def test_the_test_bed_is_large_enough() -> None:
    queries = [query for half in HALVES for query in load_queries(half)]
    assert sum(not query.is_absent for query in queries) >= 300
    assert sum(query.is_absent for query in queries) >= 150
    assert {"en", "de"} <= {query.language for query in queries}


def test_the_halves_share_no_video_and_no_wording() -> None:
    tuning, checking = (load_queries(half) for half in HALVES)
    assert set(videos_of(tuning)) & set(videos_of(checking)) <= BY_TEXT_IN_BOTH
    asked, others = ({text for query in half for text in query.forms.values()} for half in (tuning, checking))
    assert len(asked & others) <= 3


def test_every_video_of_it_is_there() -> None:
    if not SHARED.is_dir():
        pytest.skip("../shared is absent, so there are no videos to compare with")
    for half in HALVES:
        assert [name for name in videos_of(load_queries(half)) if not (SHARED / name).is_file()] == []


def moment(video: str, start: float, stop: float, text: str = "") -> Moment:
    best = (start + stop) / 2
    return Moment(video, "id", TimeSpan(start, stop), best, 1.0, {"screen_text": 1}, text, None)


def test_a_result_is_judged_by_its_first_moment() -> None:
    query = RealQuery(
        "a",
        "screen",
        "en",
        False,
        "new handouts",
        {"videos/a.mp4": (TimeSpan(2, 6),)},
        dict.fromkeys(FORMS, "handouts"),
    )
    found = [moment("/x/videos/b.mp4", 2, 6), moment("/x/videos/a.mp4", 2.5, 9, "3 new handouts")]

    def judged(*moments: Moment) -> tuple[int, bool, bool, bool, bool]:
        result = SearchResult("handouts", bool(moments), list(moments), {}, False)
        (one,) = outcomes([query], lambda _: result, forms=["keywords"])
        return one.rank, one.is_right, one.starts_within, one.stops_within, one.shows_words

    assert judged(*found) == (2, False, False, False, False)
    assert judged(found[1]) == (1, True, True, False, True)
    assert judged() == (0, False, False, False, False)
    assert share([True, False]) == 0.5


def test_a_video_is_known_by_the_end_of_its_path() -> None:
    query = RealQuery("a", "screen", "en", False, "", {"videos/a.mp4": (TimeSpan(0, 1),)}, {})
    assert query.windows_in(str(Path("/shared/videos/a.mp4"))) and not query.windows_in("/shared/videos/ba.mp4")
