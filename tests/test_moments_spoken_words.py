"""A moment of speech is cut to the words that match."""

import pytest

from indexer.records import SpokenWord, TimeSpan
from search.moments.spoken_words import spoken_span

SPEECH = "And so my fellow Americans ask not what your country can do for you ask what you can do for your country"


def words(text: str) -> list[SpokenWord]:
    """One word a second."""
    return [SpokenWord(f" {word}", float(n), n + 0.9) for n, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("ask what you can do for your country", 14, 21),
        ("ask not what your country can do", 5, 11),
        ("my fellow american", 2, 4),
        ("fellow Americans, asking", 3, 5),
        ("what is said to the fellow Americans", 3, 4),
    ],
)
def test_the_words_are_found_where_they_are_said_together(query: str, first: int, last: int) -> None:
    assert spoken_span(query, words(SPEECH)) == TimeSpan(first, last + 0.9)


@pytest.mark.parametrize(
    "query", ["country of the fellow", "a purple elephant", "what for", "", "two people from two countries"]
)
def test_words_that_are_spread_or_not_said_leave_the_line_whole(query: str) -> None:
    assert spoken_span(query, words(SPEECH)) is None
