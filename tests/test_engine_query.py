"""What may be asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import QueryError
from search.query.validation import MAX_QUERY_CHARACTERS, check_query


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a red car", "a red car"),
        ("  a\tred\r\ncar\u3000", "a red car"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("\u4f60\u597d", "\u4f60\u597d"),
        ("\U0001f600", "\U0001f600"),
        ("?", "?"),
        ("x" * MAX_QUERY_CHARACTERS, "x" * MAX_QUERY_CHARACTERS),
        ("\u0645\u0631\u062d\u0628\u0627\u200f", "\u0645\u0631\u062d\u0628\u0627\u200f"),
    ],
)
def test_queries_are_tidied(query: str, expected: str) -> None:
    assert check_query(query) == expected


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(" \t\n\u00a0", "empty", id="white space"),
        pytest.param("\u200b\u2060", "empty", id="nothing visible"),
        pytest.param("x" * 1001, "1,001 characters", id="overlong"),
        pytest.param("a\x00b", "control character (U+0000 at 1)", id="NUL"),
        pytest.param("\x1b[31mred", "control character (U+001B", id="terminal escape"),
        pytest.param("a\x7f", "control character", id="delete"),
        pytest.param("caf\udce9", "half of a surrogate pair", id="undecoded byte"),
        pytest.param("\ufffd\ufffdPNG", "replacement character", id="decoded picture"),
        pytest.param("a\uffff", "no character", id="not a character"),
        pytest.param(b"bytes", "must be text, got bytes", id="bytes"),
        pytest.param(None, "must be text, got NoneType", id="nothing"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(query: object, reason: str) -> None:
    with pytest.raises(QueryError) as caught:
        check_query(query)
    assert reason in str(caught.value)
    assert ";" in str(caught.value), "a way out follows the reason"


@settings(deadline=None)
@given(st.text(max_size=1200))
def test_any_text_is_either_tidied_or_refused(query: str) -> None:
    try:
        tidy = check_query(query)
    except QueryError:
        return
    assert tidy == tidy.strip() != ""
    assert check_query(tidy[:MAX_QUERY_CHARACTERS]) == tidy[:MAX_QUERY_CHARACTERS].strip()
    tidy.encode("utf-8")
