"""Steps that a model may take, their schema, and the prompt for the next one. Pure.

One schema for every family and server, in place of the tool-call formats that each of them has.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal, cast

from indexer.models.frame_pairs import frames_on_lines
from indexer.models.vision_language import Part, Prompt, user_prompt
from search.answering.clip_planning import ClipCandidate
from search.answering.prompts import ShownClip
from search.query.validation import MAX_QUERY_CHARACTERS
from search.text.quoting import quote_for_prompt

MOST_STEPS = 6
MOST_MOMENTS = 16
"""Told to the model; a search that finds more adds none."""
LONGEST_TEXT = 160
"""Characters of a moment's caption and text, each."""
LONGEST_NOTE = 160

StepKind = Literal["search", "look", "answer", "none"]


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_NUMBER = {"type": "integer", "minimum": 1, "maximum": MOST_MOMENTS}
STEP_SCHEMA: dict[str, Any] = _object(
    note={"type": "string", "maxLength": LONGEST_NOTE},
    step={
        "anyOf": [
            _object(search=_object(query={"type": "string", "minLength": 1, "maxLength": 100})),
            _object(look=_object(moment=_NUMBER)),
            _object(answer=_object(moments={"type": "array", "items": _NUMBER, "maxItems": 6})),
        ]
    },
)
INSTRUCTION = (
    'Say in "note" what you know by now, and choose the next step: {"search": {"query"}} looks for other moments,'
    ' {"look": {"moment"}} shows the frames of one, {"answer": {"moments"}} answers from these. Reply as JSON:'
    ' {"note", "step"}.'
)


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a model chose."""

    kind: StepKind
    """`none`: what it said is no step, or one that cannot be taken."""
    note: str = ""
    query: str = ""
    """Of a search."""
    moments: tuple[int, ...] = ()
    """Of a look the one, of an answer those it is to rest on; places in the list of moments, from 0."""

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object; moments are numbered from 1."""
        numbers = [place + 1 for place in self.moments]
        return {"step": self.kind, "note": self.note, "query": self.query, "moments": numbers}

    def told(self) -> str:
        """One line for people."""
        numbers = ", ".join(str(place + 1) for place in self.moments)
        done = {
            "search": f"searches: {self.query}",
            "look": f"looks at moment {numbers}",
            "answer": "answers",
            "none": "replies with no valid step",
        }
        return done[self.kind] + (f" ({self.note})" if self.note else "")


def parse_step(text: str, *, moments: int) -> Step:
    """The step of a reply; `none` where it is none.

    Args:
        moments: how many are known.
    """
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Step("none")
    fields = cast(dict[str, Any], value) if isinstance(value, dict) else {}
    note = _words(fields.get("note"))[:LONGEST_NOTE]
    step: Any = fields.get("step")
    (kind, given) = next(iter(cast(dict[Any, Any], step).items())) if isinstance(step, dict) and step else ("", {})
    inner = cast(dict[str, Any], given) if isinstance(given, dict) else {}
    if kind == "search" and (query := _words(inner.get("query"))[:MAX_QUERY_CHARACTERS]):
        return Step("search", note, query=query)
    if kind == "look" and (places := _places([inner.get("moment")], moments)):
        return Step("look", note, moments=places)
    if kind == "answer":
        return Step("answer", note, moments=_places(inner.get("moments"), moments))
    return Step("none", note)


def step_prompt(
    question: str, moments: Sequence[ClipCandidate], steps: Sequence[Step], shown: tuple[int, ShownClip] | None
) -> Prompt:
    """What is known, the frames of the moment that was just looked at, and the question.

    Args:
        shown: the place of that moment, and its clip.
    """
    parts: list[Part] = [f"Moment {number}, {_told(one)}\n" for number, one in enumerate(moments, 1)]
    if shown is not None:
        parts += [f"Frames of moment {shown[0] + 1}:\n", *frames_on_lines(shown[1].runs)]
    for step in steps:
        parts.append(f"Earlier: {_step_in_words(step)}\n")
    left = MOST_STEPS - len(steps)
    parts.append(f"Question: {quote_for_prompt(question)}\n{INSTRUCTION} {left} step{'' if left == 1 else 's'} left.")
    return user_prompt(*parts)


def _told(one: ClipCandidate) -> str:
    place = (
        f"{quote_for_prompt(PurePath(one.video).name)} {one.span.start_seconds:.1f}s to {one.span.stop_seconds:.1f}s"
    )
    words = [quote_for_prompt(text[:LONGEST_TEXT]) for text in (one.caption, one.text) if text]
    return f"{place}: <<<{' '.join(words)}>>>" if words else place


def _step_in_words(step: Step) -> str:
    numbers = ", ".join(str(place + 1) for place in step.moments)
    done = {"search": f"searched <<<{quote_for_prompt(step.query)}>>>", "look": f"looked at moment {numbers}"}
    return f"{done.get(step.kind, 'nothing that can be done')}. Note: <<<{quote_for_prompt(step.note)}>>>"


def _places(numbers: Any, moments: int) -> tuple[int, ...]:
    items = cast(list[Any], numbers) if isinstance(numbers, list) else []
    valid = [one - 1 for one in items if isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= moments]
    return tuple(dict.fromkeys(valid))


def _words(value: Any) -> str:
    return " ".join(value.encode("utf-8", "replace").decode().split()) if isinstance(value, str) else ""
