"""Readings from frame to frame -> timed texts."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.records import TimedText, TimeSpan
from indexer.screen_states import ScreenLine, collect_screen_texts


def lines(*texts: str, confidence: float = 0.97) -> list[ScreenLine]:
    return [ScreenLine(text, confidence, (0, 20 * n, 100, 20 * n + 15)) for n, text in enumerate(texts)]


def text(start: float, stop: float, *rows: str) -> TimedText:
    return TimedText(TimeSpan(start, stop), "\n".join(rows))


def test_states_follow_each_other() -> None:
    frames = [(0.0, lines("This is a slide")), (20.0, lines("This is another one")), (30.0, [])]
    assert collect_screen_texts(frames, 40.0) == [
        text(0, 20, "This is a slide"),
        text(20, 30, "This is another one"),
    ]
    assert collect_screen_texts(frames[:2], 40.0)[1] == text(20, 40, "This is another one")
    assert collect_screen_texts([], 40.0) == []


def test_slips_do_not_make_states_and_the_best_reading_stays() -> None:
    frames = [
        (0.0, lines("Pafh expresslons", "XQuery includes XPath", confidence=0.88)),
        (1.0, lines("Path expressions", "XQuery includes XPath", confidence=0.99)),
        (2.0, lines("Path expressions", "XQuery lncludes XPath", confidence=0.9)),
    ]
    assert collect_screen_texts(frames, 5.0) == [text(0, 5, "Path expressions", "XQuery includes XPath")]


def test_a_new_bullet_is_a_new_state() -> None:
    frames = [
        (0.0, lines("Title of the slide", "first bullet")),
        (9.0, lines("Title of the slide", "first bullet", "second")),
    ]
    assert [found.span for found in collect_screen_texts(frames, 20.0)] == [TimeSpan(0, 9), TimeSpan(9, 20)]


def test_words_and_numbers_that_differ_are_told_apart() -> None:
    for before, after in (("Chapter 1", "Chapter 2"), ("YOU WIN", "YOU WON"), ("RIVER", "RIDER"), ("42", "43")):
        frames = [(0.0, lines(before)), (5.0, lines(after))]
        assert [found.text for found in collect_screen_texts(frames, 9.0)] == [before, after]


def test_clocks_and_counters_are_not() -> None:
    frames = [(float(n), lines("Presenter", f"00:00:{n:02d}", f"{n}")) for n in range(10)]
    assert [found.span for found in collect_screen_texts(frames, 10.0)] == [TimeSpan(0, 10)]


def test_noise_beside_a_sign_does_not_split_it() -> None:
    frames = [
        (float(n), lines("HARVEST") + lines(random.Random(n).choice(["rnl", "ii", "oOo"]), confidence=0.78))
        for n in range(6)
    ]
    found = collect_screen_texts(frames, 6.0)
    assert [item.span for item in found] == [TimeSpan(0, 6)]
    assert found[0].text.startswith("HARVEST")


def test_a_sign_overlooked_once_is_one() -> None:
    frames = [(0.0, lines("HARVEST")), (1.0, []), (2.0, lines("HARVEST")), (3.0, []), (8.0, lines("HARVEST"))]
    assert [found.span for found in collect_screen_texts(frames, 9.0)] == [TimeSpan(0, 3), TimeSpan(8, 9)]


def test_a_line_being_typed_is_one_state() -> None:
    typed = ["$ g", "$ git st", "$ git status --short"]
    frames = [(n * 0.5, lines("Welcome to the terminal", row)) for n, row in enumerate(typed)]
    assert collect_screen_texts(frames, 9.0) == [text(0, 9, "Welcome to the terminal", typed[-1])]


def test_a_long_screen_is_several_texts_of_one_span() -> None:
    rows = [f"line {n} of a long listing with many words in it" for n in range(30)]
    found = collect_screen_texts([(1.0, lines(*rows))], 5.0)
    assert len(found) > 2
    assert {item.span for item in found} == {TimeSpan(1, 5)}
    assert "\n".join(item.text for item in found).split("\n") == rows
    assert all(len(item.text) <= 400 for item in found)


WORDS = ["harvest moon", "river bank", "Path expressions", "Kapitel zwei", "文字识别系统", "git status", "Hello world"]


@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.lists(st.sampled_from(WORDS), max_size=4, unique=True)), max_size=15),
    st.floats(0, 20),
)
@settings(max_examples=200, deadline=None)
def test_order_and_nothing_lost(steps: list[tuple[float, list[str]]], rest: float) -> None:
    clock, frames = 0.0, []
    for step, words in steps:
        clock += step
        frames.append((clock, lines(*words)))
    found = collect_screen_texts(frames, clock + rest)
    for before, after in pairwise(found):
        assert before.span.stop_seconds <= after.span.start_seconds
    times = {time_seconds for time_seconds, _ in frames} | {clock + rest}
    for item in found:
        assert item.text
        assert {item.span.start_seconds, item.span.stop_seconds} <= times
    for time_seconds, read in frames:
        showing = [item for item in found if item.span.start_seconds <= time_seconds <= item.span.stop_seconds]
        for line in read:
            assert any(line.text in item.text.split("\n") for item in showing)
