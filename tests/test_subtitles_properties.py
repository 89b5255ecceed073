"""What holds for any cues: order, bounds, no word lost, no mark-up left."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.records import TimedText, TimeSpan
from indexer.subtitles.cues import clean_cues, plain_cue_lines
from indexer.subtitles.passages import join_passages

WORD = st.sampled_from("river mill autumn corn white slide path. query? wheel, Größe 文字 - [door] ...".split())
PLAIN = st.lists(st.lists(WORD, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=3).map("\n".join)
MARKUP = st.sampled_from(
    ["<i>", "</i>", "<font color='red'>", "<c.x>", "<v Bob>", "</v>", "{\\an8}", "{\\k20}", "<00:00:01.500>", "<b>"]
)


@st.composite
def cue_lists(draw: st.DrawFn, *, gaps: float = 3.0) -> list[TimedText]:
    cues: list[TimedText] = []
    clock = 0.0
    for _ in range(draw(st.integers(0, 12))):
        clock += draw(st.floats(-1, gaps))
        start = max(clock, 0.0)
        clock = start + draw(st.floats(0.01, 8))
        cues.append(TimedText(TimeSpan(start, clock), draw(PLAIN)))
    return cues


def words(cues: list[TimedText]) -> set[str]:
    return {word for cue in cues for word in cue.text.split() if any(letter.isalnum() for letter in word)}


@given(cue_lists())
@settings(max_examples=200, deadline=None)
def test_clean_cues_keeps_every_word_and_is_stable(cues: list[TimedText]) -> None:
    cleaned = clean_cues(cues, "subrip")
    assert words(cleaned) == words(cues)
    starts = [cue.span.start_seconds for cue in cleaned]
    assert starts == sorted(starts)
    assert all(cue.span.duration_seconds > 0 and cue.text == cue.text.strip() for cue in cleaned)
    if cues:
        assert max(cue.span.stop_seconds for cue in cleaned or cues) <= max(cue.span.stop_seconds for cue in cues)


@given(st.lists(st.one_of(WORD, MARKUP), max_size=20), st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_markup_is_left(parts: list[str], is_ass: bool) -> None:
    text = "\n".join(plain_cue_lines(" ".join(parts), is_ass=is_ass))
    assert not re.search(r"[<>{}\\]", text)
    plain = [part for part in parts if not part.startswith(("<", "{"))]
    if any(letter.isalnum() for part in plain for letter in part):
        assert text.split() == plain


@given(st.text(max_size=300), st.sampled_from(["subrip", "ass", "webvtt", "mov_text"]))
@settings(max_examples=200, deadline=None)
def test_any_text_is_survived(text: str, codec: str) -> None:
    for cue in clean_cues([TimedText(TimeSpan(0, 1), text)], codec):
        assert cue.text
        assert all(line == line.strip() != "" for line in cue.text.split("\n"))


@given(cue_lists(gaps=1.5))
@settings(max_examples=200, deadline=None)
def test_passages_hold_all_words_in_order_within_bounds(cues: list[TimedText]) -> None:
    ordered = sorted(cues, key=lambda cue: (cue.span.start_seconds, cue.span.stop_seconds))
    passages = join_passages(cues)
    assert " ".join(passage.text for passage in passages).split() == [w for cue in ordered for w in cue.text.split()]
    starts = {cue.span.start_seconds for cue in cues}
    stops = {cue.span.stop_seconds for cue in cues}
    alone = {(cue.span, " ".join(cue.text.split())) for cue in cues}
    assert [p.span.start_seconds for p in passages] == sorted(p.span.start_seconds for p in passages)
    for passage in passages:
        assert passage.span.start_seconds in starts
        assert passage.span.stop_seconds in stops
        if (passage.span, passage.text) not in alone:
            assert len(passage.text) <= 200
            assert passage.span.duration_seconds <= 15
