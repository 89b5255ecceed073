"""A strict reader of WebVTT: the syntax that authors must keep (W3C WebVTT, section 4), not what parsers forgive.

Leaves out styles and regions, which nothing here writes. Chapters follow 4.6: cues in order, none overlapping unless
nested; those written here are never nested.
"""

import html
import re
from dataclasses import dataclass
from itertools import pairwise

_TIMES = re.compile(
    r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})[ \t]+-->[ \t]+(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
)
_REFERENCE = re.compile(r"&(?:amp|lt|gt|lrm|rlm|nbsp|#\d+|#x[0-9a-fA-F]+);")


@dataclass(frozen=True)
class Cue:
    """A cue; times in milliseconds."""

    start_ms: int
    stop_ms: int
    text: str


def read_vtt(text: str) -> list[Cue]:
    """The cues. Raises ValueError for what an author must not write."""
    if "\0" in text or "\r" in text:
        raise ValueError("a NUL, or a line end that we never write")
    header, _, body = text.removesuffix("\n").partition("\n\n") if text.count("\n") == 1 else text.partition("\n\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t][^\n]*)?", header):
        raise ValueError(f"the header is {header!r}")
    if body and not text.endswith("\n"):
        raise ValueError("the last line does not end")
    cues = [_cue(block) for block in re.split(r"\n{2,}", body.strip("\n")) if block]
    if any(later.start_ms < earlier.start_ms for earlier, later in pairwise(cues)):
        raise ValueError("cues are not in order")
    return cues


def read_chapters(text: str) -> list[Cue]:
    """As `read_vtt`, of chapters: each with a title of one line, none over another."""
    cues = read_vtt(text)
    for earlier, later in pairwise(cues):
        if later.start_ms < earlier.stop_ms:
            raise ValueError(f"{later} begins within {earlier}")
    if any(not cue.text.strip() or "\n" in cue.text for cue in cues):
        raise ValueError("a chapter without a title of one line")
    return cues


def _cue(block: str) -> Cue:
    lines = block.split("\n")
    if "-->" not in lines[0]:
        lines = lines[1:]  # an identifier
    found = _TIMES.fullmatch(lines[0]) if lines else None
    if found is None:
        raise ValueError(f"no times in {block!r}")
    start, stop = _milliseconds(*found.groups()[:4]), _milliseconds(*found.groups()[4:])
    if stop <= start:
        raise ValueError(f"a cue that stops before it starts: {lines[0]!r}")
    body = "\n".join(lines[1:])
    if "-->" in body or re.search(r"[<>]", body) or "&" in _REFERENCE.sub("", body):
        raise ValueError(f"mark-up in {body!r}")
    return Cue(start, stop, html.unescape(body))


def _milliseconds(hours: str | None, minutes: str, seconds: str, rest: str) -> int:
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(rest)
