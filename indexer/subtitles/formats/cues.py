"""Cues as a file has them: with times that may lack or lie, and with mark-up."""

from collections.abc import Iterable
from dataclasses import dataclass

from indexer.records import TimedText, TimeSpan

MAX_OPEN_SECONDS = 10.0
"""A text without an end is shown until the next one, as players do; but nobody reads a line for longer."""
LAST_OPEN_SECONDS = 5.0
"""The last text without an end."""


@dataclass(frozen=True, slots=True)
class FileCue:
    """One cue of a file."""

    start_seconds: float
    """On the clock of the file; may lie before 0."""
    stop_seconds: float | None
    """None: until the next cue of its language."""
    text: str
    """With the mark-up of the format; an empty one only ends its predecessor."""
    language: str = ""
    """As the file says; mostly empty."""


def closed_cues(cues: Iterable[FileCue], language: str = "") -> list[TimedText]:
    """The cues in order of their start, each with an end; those that end before they start are never shown.

    Args:
        language: of cues that do not say theirs.
    """
    ordered = sorted(cues, key=lambda cue: cue.start_seconds)
    later: dict[str, float] = {}
    found: list[TimedText] = []
    for cue in reversed(ordered):
        start, stop = max(cue.start_seconds, 0.0), cue.stop_seconds
        if stop is None:
            following = later.get(cue.language, start + LAST_OPEN_SECONDS)
            stop = min(following, start + MAX_OPEN_SECONDS)
        if not cue.text.strip() or cue.start_seconds < later.get(cue.language, float("inf")):
            later[cue.language] = start
        if cue.text.strip() and start < stop:
            found.append(TimedText(TimeSpan(start, stop), cue.text, cue.language or language))
    return found[::-1]
