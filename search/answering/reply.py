"""A model's reply -> an answer whose every citation lies inside what was shown, or none at all. Pure."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from indexer.records import TimeSpan

TIME_SLACK_SECONDS = 0.06
"""Times are shown and said with one decimal: a citation may lie outside its clip by the rounding."""
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
    """What is left of a reply after everything that was not shown is taken away."""

    answer: str
    found: bool
    """Only with at least one citation."""
    citations: tuple[Citation, ...]


NOTHING = ParsedReply("", False, ())


def parse_reply(text: str, clips: Sequence[TimeSpan]) -> ParsedReply | None:
    """Reads a reply; None when it is no JSON object, so that it may be asked for again.

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
        return ParsedReply(answer, False, ())
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
    """One line that any output can carry."""
    if not isinstance(value, str):
        return ""
    return " ".join(value.encode("utf-8", "replace").decode().split())[:longest]
