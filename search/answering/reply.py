"""Parser of a model's reply: an answer whose every citation lies inside a clip that was shown. Pure."""

import json
import math
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from indexer.records import TimeSpan

REPLY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "answer": {"type": "string"},
        "found": {"type": "boolean"},
        "moments": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "clip": {"type": "integer", "minimum": 1},
                    "start": {"type": "number", "minimum": 0},
                    "stop": {"type": "number", "minimum": 0},
                    "why": {"type": "string"},
                },
                "required": ["clip", "start", "stop", "why"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["answer", "found", "moments"],
    "additionalProperties": False,
}
"""Keys in this order, as `json.dumps` writes them by default: `{"answer": "red", "found": true, "moments": [...]}`."""


def _short_schema() -> dict[str, Any]:
    schema = deepcopy(REPLY_SCHEMA)
    schema["properties"]["answer"]["maxLength"] = 160
    schema["properties"]["moments"]["maxItems"] = 3
    schema["properties"]["moments"]["items"]["properties"]["why"]["maxLength"] = 60
    return schema


SHORT_SCHEMA = _short_schema()
"""For the second try after a reply that was cut off: short enough to be complete."""


def _found_schema() -> dict[str, Any]:
    schema = deepcopy(REPLY_SCHEMA)
    schema["properties"]["found"] = {"const": True}
    schema["properties"]["moments"]["minItems"] = 1
    return schema


FOUND_SCHEMA = _found_schema()
"""For the second try where retrieval is sure and the model found nothing: the reply must name a place."""


TIME_SLACK_SECONDS = 0.06
"""Times in prompts and replies have one decimal: a citation may lie outside its clip by the rounding."""
LONGEST_WHY = 300
LONGEST_ANSWER = 4000


@dataclass(frozen=True, slots=True)
class Citation:
    """A span of a shown clip."""

    clip: int
    """Place in the list of shown clips, from 0."""
    span: TimeSpan
    """Inside the clip's span, never empty."""
    why: str


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """A reply without the citations of anything that was not shown."""

    answer: str
    found: bool
    """Only with at least one citation."""
    citations: tuple[Citation, ...]
    is_denial: bool = False
    """The model says that it found nothing."""

    def shifted(self, seconds: Sequence[float]) -> Self:
        """The reply with the times of each clip later by so many seconds."""
        citations = [replace(one, span=one.span.shifted(seconds[one.clip])) for one in self.citations]
        return replace(self, citations=tuple(citations))


NOTHING = ParsedReply("", False, ())


def parse_reply(text: str, clips: Sequence[TimeSpan]) -> ParsedReply | None:
    """Parses a reply; None when it is no JSON object, so that it can be generated again.

    A clip that was not shown is rejected, times are cut to their clip, and found without a citation is not found.

    Args:
        clips: the spans of the shown clips, in the order of their numbers.
    """
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    fields = cast(dict[str, Any], value)
    answer = _words(fields.get("answer"), LONGEST_ANSWER)
    moments = fields.get("moments")
    items = cast(list[Any], moments) if isinstance(moments, list) else []
    citations: list[Citation] = []
    for item in items:
        citation = _citation(item, clips)
        if citation is not None and citation not in citations:
            citations.append(citation)
    if fields.get("found") is not True or not citations:
        return ParsedReply(answer, False, (), is_denial=fields.get("found") is False)
    return ParsedReply(answer, True, tuple(citations))


def _citation(item: Any, clips: Sequence[TimeSpan]) -> Citation | None:
    if not isinstance(item, dict):
        return None
    fields = cast(dict[str, Any], item)
    number, start, stop = fields.get("clip"), _seconds(fields.get("start")), _seconds(fields.get("stop"))
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= len(clips):
        return None
    if start is None or stop is None or start > stop:
        return None
    clip = clips[number - 1]
    start = clip.start_seconds if start <= clip.start_seconds + TIME_SLACK_SECONDS else start
    stop = clip.stop_seconds if stop >= clip.stop_seconds - TIME_SLACK_SECONDS else stop
    if not clip.start_seconds <= start < stop <= clip.stop_seconds:
        return None
    return Citation(number - 1, TimeSpan(start, stop), _words(fields.get("why"), LONGEST_WHY))


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None


def _words(value: Any, longest: int) -> str:
    """One line of valid Unicode."""
    if not isinstance(value, str):
        return ""
    return " ".join(value.encode("utf-8", "replace").decode().split())[:longest]


_BEGINS = re.compile(r'^\s*\{\s*"answer"\s*:\s*"')


class AnswerStream:
    """Receives a reply piece by piece and passes on the value of its "answer" as far as that is certain."""

    def __init__(self, on_words: Callable[[str], None]) -> None:
        self._on_words = on_words
        self._text = ""
        self._sent = 0
        self._over = False

    def __call__(self, piece: str) -> None:
        self._text += piece
        begin = _BEGINS.match(self._text)
        if self._over or begin is None:
            return
        words, self._over = _string_so_far(self._text[begin.end() :])
        if len(words) > self._sent:
            self._on_words(words[self._sent :])
            self._sent = len(words)


def _string_so_far(text: str) -> tuple[str, bool]:
    """The decoded string and whether it has ended; half an escape or half of a surrogate pair waits."""
    end, place = False, 0
    while place < len(text):
        if text[place] == '"':
            end = True
            break
        place += 2 if text[place] == "\\" else 1
    raw = text[: min(place, len(text))]
    for cut in range(min(12, len(raw)) + 1):
        try:
            value = str(json.loads(f'"{raw[: len(raw) - cut]}"', strict=False))
        except ValueError:
            continue
        if value and 0xD800 <= ord(value[-1]) <= 0xDBFF:
            value = value[:-1]
        return value.encode("utf-8", "replace").decode(), end
    return "", end
