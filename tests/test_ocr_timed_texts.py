"""Readings from look to look -> timed texts with their boxes."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.ocr.lines import Box, ScreenLine
from indexer.ocr.timed_texts import collect_screen_texts
from indexer.records import TimedText, TimeSpan


def lines(*texts: str, confidence: float = 0.97, left: float = 0.1, top: float = 0.1) -> list[ScreenLine]:
    return [
        ScreenLine(text, confidence, (left, top + 0.1 * n, left + 0.02 * len(text), top + 0.1 * n + 0.05))
        for n, text in enumerate(texts)
    ]


def found(frames: list[tuple[float, list[ScreenLine]]], stop: float) -> list[tuple[float, float, str]]:
    return [
        (text.span.start_seconds, text.span.stop_seconds, text.text.replace("\n", " / "))
        for text in collect_screen_texts(frames, stop)
    ]


def boxes(text: TimedText) -> list[tuple[int, float, Box]]:
    return [(box.line, box.start_seconds, (box.left, box.top, box.right, box.bottom)) for box in text.boxes]


def test_screens_follow_each_other() -> None:
    frames = [(0.0, lines("This is a slide")), (20.0, lines("Another one")), (30.0, [])]
    assert found(frames, 40.0) == [(0, 20, "This is a slide"), (20, 30, "Another one")]
    assert found(frames[:2], 40.0)[1] == (20, 40, "Another one")
    assert collect_screen_texts([], 40.0) == []


def test_lines_that_come_and_go_together_are_one_text_with_a_box_each() -> None:
    text = collect_screen_texts([(2.0, lines("Path expressions", "first bullet")), (9.0, [])], 12.0)[0]
    assert text.text == "Path expressions\nfirst bullet"
    assert [(line, start) for line, start, _ in boxes(text)] == [(0, 2.0), (1, 2.0)]
    assert boxes(text)[1][2] == pytest.approx((0.1, 0.2, 0.34, 0.25))


def test_slips_do_not_make_texts_and_the_best_reading_stays() -> None:
    frames = [
        (0.0, lines("Pafh expresslons", "XQuery includes XPath", confidence=0.88)),
        (1.0, lines("Path expressions", "XQuery includes XPath", confidence=0.99)),
        (2.0, lines("Path expressions", "XQuery lncludes XPath", confidence=0.9)),
    ]
    assert found(frames, 5.0) == [(0, 5, "Path expressions / XQuery includes XPath")]


def test_a_new_bullet_has_its_own_time_and_the_others_keep_theirs() -> None:
    frames = [
        (0.0, lines("Title of the slide", "first bullet")),
        (9.0, lines("Title of the slide", "first bullet", "second")),
        (15.0, lines("Title of the slide")),
    ]
    assert found(frames, 20.0) == [(0, 15, "first bullet"), (0, 20, "Title of the slide"), (9, 15, "second")]


@pytest.mark.parametrize(
    ("before", "after"), [("Chapter 1", "Chapter 2"), ("YOU WIN", "YOU WON"), ("RIVER", "RIDER"), ("42", "43")]
)
def test_words_and_numbers_that_differ_are_told_apart(before: str, after: str) -> None:
    assert found([(0.0, lines(before)), (5.0, lines(after))], 9.0) == [(0, 5, before), (5, 9, after)]


def test_clocks_and_counters_are_one_line() -> None:
    frames = [(float(n), lines("Presenter", f"00:00:{n:02d}", f"{n}", f"done {n} of 99")) for n in range(10)]
    assert found(frames, 10.0) == [(0, 10, "Presenter / 00:00:00 / 0 / done 0 of 99")]


def test_noise_beside_a_sign_is_none() -> None:
    frames = [
        (float(n), [*lines("HARVEST"), *lines(random.Random(n).choice(["rnl", "Xw", "oOo"]), confidence=0.78, top=0.6)])
        for n in range(6)
    ]
    assert (0, 6, "HARVEST") in found(frames, 6.0)
    assert found([(0.0, lines("rnl", confidence=0.78)), (1.0, []), (9.0, [])], 9.0) == []


def test_a_sign_overlooked_once_is_one() -> None:
    frames = [(0.0, lines("HARVEST")), (1.0, []), (2.0, lines("HARVEST")), (3.0, []), (8.0, lines("HARVEST"))]
    assert found(frames, 9.0) == [(0, 3, "HARVEST"), (8, 9, "HARVEST")]


def test_words_that_are_typed_begin_when_they_are_there() -> None:
    typed = ["$ g", "$ git sta", "$ git status --sh", "$ git status --short"]
    frames = [(float(n), lines("Welcome to the terminal", row)) for n, row in enumerate(typed)]
    assert found(frames, 9.0) == [
        (0, 9, "Welcome to the terminal / $"),
        (1, 9, "$ git"),
        (2, 9, "$ git status"),
        (3, 9, "$ git status --short"),
    ]


def test_a_line_that_moves_is_one_and_its_box_goes_with_it() -> None:
    frames = [(float(n), lines("Directed by Anna Berg", top=0.9 - 0.2 * n)) for n in range(5)]
    text = collect_screen_texts([*frames, (5.0, [])], 9.0)[0]
    assert (text.span, text.text) == (TimeSpan(0, 5), "Directed by Anna Berg")
    assert [(start, round(box[1], 2)) for _, start, box in boxes(text)] == [
        (n, round(0.9 - 0.2 * n, 2)) for n in range(5)
    ]


def test_a_line_that_runs_through_is_read_while_it_is_inside() -> None:
    def at(left: float, right: float, text: str) -> list[ScreenLine]:
        return [ScreenLine(text, 0.97, (left, 0.5, right, 0.6))]

    shown = [
        at(0, 0.2, "arvest"),
        at(0, 0.45, "er harvest"),
        at(0.2, 0.7, "summer harvest"),
        at(0.5, 1, "summer harvest"),
    ]
    frames = [(float(n), row) for n, row in enumerate([*shown, at(0.75, 1, "summer har"), at(0.9, 1, "sum"), []])]
    assert [item for item in found(frames, 9.0) if item[2] == "summer harvest"] == [(2, 4, "summer harvest")]


def test_what_scrolls_up_in_a_terminal_goes_on() -> None:
    rows = ["make test", "12 passed", "make lint", "all checks passed", "make demo", "drawing the world"]
    frames = [(float(n), lines(*rows[n : n + 3])) for n in range(4)]
    assert found(frames, 5.0)[0] == (0, 1, "make test")
    assert (0, 3, "make lint") in found(frames, 5.0)
    assert (2, 5, "make demo") in found(frames, 5.0)


def test_a_long_screen_is_several_texts_of_one_span() -> None:
    rows = [f"line {n} of a long listing with many words in it" for n in range(30)]
    texts = collect_screen_texts([(1.0, lines(*rows))], 5.0)
    assert len(texts) > 2
    assert {item.span for item in texts} == {TimeSpan(1, 5)}
    assert "\n".join(item.text for item in texts).split("\n") == rows
    assert all(len(item.text) <= 400 for item in texts)
    for item in texts:
        assert [box.line for box in item.boxes] == list(range(item.text.count("\n") + 1))


def test_words_that_stay_when_others_of_their_line_go_keep_their_time() -> None:
    frames = [(0.0, lines("harvest moon over the river")), (4.0, lines("harvest moon over")), (9.0, [])]
    assert set(found(frames, 9.0)) == {(0, 4, "harvest moon over the river"), (0, 9, "harvest moon over")}


def test_a_longer_line_elsewhere_is_another_one() -> None:
    frames = [
        (0.0, lines("et justo duo dolores et ea rebum", top=0.7)),
        (1.0, []),
        (2.0, lines("duo dolores et ea rebum", top=0.3)),
    ]
    assert found(frames, 8.0) == [(0, 1, "et justo duo dolores et ea rebum"), (2, 8, "duo dolores et ea rebum")]


WORDS = ["harvest moon", "river bank", "Path expressions", "Kapitel zwei", "文字识别系统", "git status", "Hello world"]


@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.lists(st.sampled_from(WORDS), max_size=4, unique=True)), max_size=15),
    st.floats(0, 20),
)
@settings(max_examples=200, deadline=None)
def test_nothing_is_lost_and_nothing_invented(steps: list[tuple[float, list[str]]], rest: float) -> None:
    clock, frames = 0.0, list[tuple[float, list[ScreenLine]]]()
    for step, words in steps:
        clock += step
        frames.append((clock, lines(*words)))
    texts = collect_screen_texts(frames, clock + rest)
    times = {time_seconds for time_seconds, _ in frames} | {clock + rest}
    for item in texts:
        assert set(item.text.split("\n")) <= set(WORDS)
        assert {item.span.start_seconds, item.span.stop_seconds} <= times
        assert {box.line for box in item.boxes} == set(range(item.text.count("\n") + 1))
        assert all(item.span.start_seconds <= box.start_seconds <= item.span.stop_seconds for box in item.boxes)
    for time_seconds, read in frames:
        showing = [item for item in texts if item.span.start_seconds <= time_seconds <= item.span.stop_seconds]
        for line in read:
            assert any(line.text in item.text.split("\n") for item in showing)
