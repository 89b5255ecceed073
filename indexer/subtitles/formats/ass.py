"""Advanced SubStation Alpha (ASS, SSA): the texts of its dialogue lines."""

import re

from indexer.subtitles.formats.clock import CLOCK, clock_seconds
from indexer.subtitles.formats.cues import FileCue

_FIELDS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")
_MARKED = re.compile(r",\s*Marked\s*=\s*\d+\s*,", re.I)
"""A field of SSA that some programs leave among those of ASS."""
_CLOCK = re.compile(rf"\s*({CLOCK})\s*")


_SIGN = re.compile(
    r"^[^\S\n]*(?:\[(?:Script Info|V4\+? Styles\+?|Events)\]|Dialogue:\s*(?:Marked\s*=\s*)?\d+\s*,)", re.M | re.I
)


def is_ass(text: str) -> bool:
    """Whether a text has a section or a line of the format."""
    return _SIGN.search(text) is not None


def parse_ass(text: str) -> list[FileCue]:
    """The dialogue lines whose times can be read; comments, and lines that cannot be read, are left out."""
    fields, cues = _FIELDS, list[FileCue]()
    in_events = not re.search(r"^[^\S\n]*\[Events\]", text, re.M | re.I)
    for line in text.split("\n"):
        kind, _, value = line.strip().partition(":")
        if kind.startswith("["):
            in_events = kind.casefold().startswith("[events]")
        elif kind.casefold() == "format" and in_events:
            names = tuple(name.strip().casefold() for name in value.split(","))
            fields = names if {"start", "end"} < set(names) and names[-1] == "text" else _FIELDS
        elif kind.casefold() == "dialogue":
            if "marked" not in fields:
                value = _MARKED.sub(",", value, count=1)
            values = dict(zip(fields, value.split(",", len(fields) - 1), strict=False))
            start, end = (_CLOCK.fullmatch(values.get(name, "")) for name in ("start", "end"))
            if start and end and "text" in values:
                cues.append(FileCue(clock_seconds(start[1]), clock_seconds(end[1]), values["text"]))
    return cues
