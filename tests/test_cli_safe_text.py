"""Hostile text is neutralised, times are readable, and the right words are marked."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.formatting import duration_text, size_text, time_code
from api.highlight import excerpt, matching_spans
from api.safe_text import one_line, safe_text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain Zürich 東京 été 🎬", "plain Zürich 東京 été 🎬"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("csi\x9b31m", "csi\\x9b31m"),
        ("gpj.\u202e4pm", "gpj.\\u202e4pm"),
        ("\u2066iso\u2069", "\\u2066iso\\u2069"),
        ("a\rb\nc\td", "a\\x0db\\x0ac\\x09d"),
        ("bad\udcff", "bad\\udcff"),
        ("\ufeffzero\u200bwidth", "\\ufeffzero\\u200bwidth"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("a\u200cb", "a\u200cb"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_what_moves_hides_or_recolours_becomes_visible(text: str, safe: str) -> None:
    assert safe_text(text) == safe


@given(st.text())
def test_nothing_hidden_is_left_and_it_can_be_printed(text: str) -> None:
    shown = one_line(text)
    shown.encode()
    assert not {unicodedata.category(c) for c in shown if c not in "\u200c\u200d"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00:00.0"), (59.96, "0:01:00.0"), (3723.44, "1:02:03.4"), (36000, "10:00:00.0"), (-0.01, "0:00:00.0")],
)
def test_time_codes(seconds: float, shown: str) -> None:
    assert time_code(seconds) == shown


def test_lengths_and_sizes_use_the_unit_that_fits() -> None:
    assert [duration_text(s) for s in (8.46, 252, 11100)] == ["8.5 s", "4 min 12 s", "3 h 05 min"]
    assert [size_text(b) for b in (999, 1000, 3.4e9, 5e15)] == ["999 bytes", "1.0 kB", "3.4 GB", "5000.0 TB"]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("The invoice for the tables", "table of the invoices", ["invoice", "tables"]),
        ("Weiße Schrift", "weisse SCHRIFT", ["Weiße", "Schrift"]),
        ("Été à Paris", "ete", ["Été"]),
        ("to be or not", "or", ["or"]),
        ("a small red circle", "a video of the red circle", ["red", "circle"]),
        ("transport", "port", []),
        ("我们今天学习数据库系统", "数据库", ["数据库"]),
        ("数据库 and XPath", "学习数据 xpath", ["数据", "XPath"]),
        ("nothing alike", "zebra", []),
        ("", "zebra", []),
    ],
)
def test_words_that_answer_the_query_are_marked(text: str, query: str, marked: list[str]) -> None:
    assert [text[a:b] for a, b in matching_spans(text, query)] == marked


@given(st.text(), st.text(max_size=50))
def test_marks_lie_inside_the_text_in_order(text: str, query: str) -> None:
    spans = matching_spans(text, query)
    assert spans == sorted(spans)
    assert all(0 <= a < b <= len(text) for a, b in spans)


@given(st.text(alphabet="ab c", min_size=1), st.text(alphabet="ab c", max_size=20), st.integers(10, 40))
def test_an_excerpt_is_short_and_its_marks_mark_the_same_words(text: str, query: str, length: int) -> None:
    spans = matching_spans(text, query)
    shown, moved = excerpt(text, spans, length)
    assert len(shown) <= length + 4 if len(text) > length else shown == text
    whole = {text[a:b] for a, b in spans}
    assert all(0 <= a <= b and any(word.startswith(shown[a:b].rstrip(" …")) for word in whole) for a, b in moved)


def test_an_excerpt_starts_near_the_first_match() -> None:
    text = "word " * 200 + "needle " + "word " * 200
    shown, moved = excerpt(text, matching_spans(text, "needle"), 100)
    assert shown.startswith("… word")
    assert shown.endswith("…")
    assert [shown[a:b] for a, b in moved] == ["needle"]
