"""Replies of a model, sound and hostile: nothing that was not shown is ever cited."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.records import TimeSpan
from search.answering.reply import AnswerStream, ParsedReply, parse_reply

CLIPS = [TimeSpan(22.83, 25.12), TimeSpan(0.0, 600.0), TimeSpan(7.0, 7.4)]


def moment(clip: Any = 1, start: Any = 23.0, stop: Any = 24.0, why: Any = "seen") -> dict[str, Any]:
    return {"clip": clip, "start": start, "stop": stop, "why": why}


def parsed(*moments: Any, found: Any = True, answer: Any = "yes") -> ParsedReply:
    reply = parse_reply(json.dumps({"answer": answer, "found": found, "moments": list(moments)}), CLIPS)
    assert reply is not None
    return reply


def test_a_sound_reply_is_kept() -> None:
    reply = parsed(moment(), moment(3, 7.1, 7.3))
    assert reply.found
    assert [(one.clip, one.span) for one in reply.citations] == [(0, TimeSpan(23.0, 24.0)), (2, TimeSpan(7.1, 7.3))]


def test_times_are_cut_to_their_clip() -> None:
    assert parsed(moment(1, 20, 24)).citations[0].span == TimeSpan(22.83, 24.0)
    assert parsed(moment(1, 24, 99)).citations[0].span == TimeSpan(24.0, 25.12)


def test_rounded_ends_are_the_clips_own() -> None:
    assert parsed(moment(1, 22.8, 25.1)).citations[0].span == CLIPS[0]


@pytest.mark.parametrize(
    "bad",
    [
        moment(0),
        moment(4),
        moment(-1),
        moment(True),
        moment(1.0),
        moment("1"),
        moment(None),
        moment(1, 30, 40),
        moment(1, 24, 23),
        moment(1, float("nan"), 24),
        moment(1, float("-inf"), float("inf")),
        moment(1, "23", 24),
        moment(1, 10**400, 10**401),
        [],
        "clip 1",
        None,
        {},
    ],
)
def test_what_was_not_shown_is_rejected_and_then_nothing_is_found(bad: Any) -> None:
    reply = parsed(bad)
    assert not reply.found
    assert reply.citations == ()
    assert parsed(bad, moment()).found, "a sound citation beside it stays"


def test_found_needs_a_citation_and_citations_need_found() -> None:
    assert not parsed().found
    assert not parsed(moment(), found=False).found
    assert parsed(moment(), found=False).citations == ()
    assert not parsed(moment(), found="true").found


@pytest.mark.parametrize("text", ["", "{", "no json", "[]", "null", '{"answer": "cut of', "[" * 100_000])
def test_what_is_no_object_is_asked_for_again(text: str) -> None:
    assert parse_reply(text, CLIPS) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
numbers = st.floats() | st.integers(-(10**320), 10**320) | st.floats(0, 700)
hostile_moments = st.fixed_dictionaries(
    {"clip": st.integers(-3, 9) | json_values, "start": numbers | json_values, "stop": numbers | json_values},
    optional={"why": json_values},
)
hostile_replies = st.fixed_dictionaries(
    {
        "found": st.just(True) | json_values,
        "moments": st.lists(hostile_moments | json_values, max_size=6) | json_values,
    },
    optional={"answer": json_values, "more": json_values},
)
spans = st.tuples(st.floats(0, 1000), st.floats(0.1, 100)).map(lambda pair: TimeSpan(pair[0], pair[0] + pair[1]))


@given(hostile_replies.map(json.dumps) | json_values.map(json.dumps) | st.text(), st.lists(spans, max_size=5))
def test_every_citation_lies_inside_a_shown_clip(text: str, clips: list[TimeSpan]) -> None:
    reply = parse_reply(text, clips)
    if reply is None:
        return
    assert reply.found == bool(reply.citations)
    for citation in reply.citations:
        clip = clips[citation.clip]
        assert clip.start_seconds <= citation.span.start_seconds < citation.span.stop_seconds <= clip.stop_seconds
    json.dumps([reply.answer, [citation.why for citation in reply.citations]]).encode()
    (reply.answer + "".join(citation.why for citation in reply.citations)).encode()


@given(st.text(), st.integers(1, 9), st.booleans())
def test_the_stream_tells_the_answer_and_nothing_else(answer: str, step: int, ascii_only: bool) -> None:
    told: list[str] = []
    stream = AnswerStream(told.append)
    text = json.dumps({"answer": answer, "found": True, "moments": []}, ensure_ascii=ascii_only)
    for place in range(0, len(text), step):
        stream(text[place : place + step])
    assert "".join(told) == answer.encode("utf-8", "replace").decode()
