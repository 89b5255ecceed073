"""The table of real queries is well formed, and its judge is right. Searching them takes a library of ../shared."""

import pytest

from tests.helpers.real_queries import KINDS, SHARED, RealQuery, load_real_queries, missed

QUERIES = load_real_queries()


def test_enough_of_each_kind() -> None:
    assert len(QUERIES) >= 24
    assert {query.kind for query in QUERIES} == set(KINDS)
    assert len({query.query for query in QUERIES}) == len(QUERIES)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.query)
def test_windows_are_spans_of_files_of_shared(query: RealQuery) -> None:
    for name, windows in query.windows.items():
        assert windows
        assert all(0 <= start < stop for start, stop in windows)
        if SHARED.is_dir():
            assert (SHARED / name).is_file()


def test_a_hit_overlaps_a_window_in_any_copy() -> None:
    query = RealQuery("x", "screen_words", {"videos/a.mp4": [[2.0, 4.0]], "hard/b.mp4": [[0.0, 1.0], [9.0, 9.5]]})
    assert query.is_hit(("/data/shared/videos/a.mp4", 3.9, 10.0))
    assert query.is_hit(("/data/shared/hard/b.mp4", 9.4, 9.6))
    assert not query.is_hit(("/data/shared/videos/a.mp4", 4.0, 5.0))
    assert not query.is_hit(("/data/shared/videos/other-a.mp4", 3.0, 5.0))
    assert not query.is_hit(None)
    assert missed([query], lambda text: None) == [(query, None)]
