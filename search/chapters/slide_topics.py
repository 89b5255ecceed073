"""The topics of a talk with slides: on-screen texts in, the spans between changes of the slides' heading out. Pure.

Slides that follow each other under one heading are one topic, also where the heading counts them or says that it
continues. Left out: videos whose screen shows no lasting headings, see `HEADED_SHARE`; and what the topics are about.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from indexer.ocr.lines import is_similar_line, line_letters_key
from indexer.records import TextRow, TimeSpan

TOP_SHARE = 0.35
"""A heading stands in this upper part of the picture."""
SHOWN_SECONDS = 3.0
"""A line that is shown for less time is no heading."""
SHORTEST_SECONDS = 10.0
"""A shorter topic belongs to the one before it, as a shorter chapter would (`search.chapters.text_tiling`)."""
HEADED_SHARE = 0.6
"""Share of the video in which a heading is shown. Signs and titles in a film are shown for far less of its time."""
TALLER = 1.15
"""A heading is set so much larger than the usual line below it, or is the first of the lines."""
MOST_TOPICS = 60
_CONTINUED = r"cont(?:inued|d|\.)?|fortsetzung|suite|\d+(?:\s*(?:/|of|von)\s*\d+)?"
_COUNTED = re.compile(rf"\W*\b(?:{_CONTINUED})\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SlideTopic:
    """A part of a talk under one heading."""

    span: TimeSpan
    heading: str


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    span: TimeSpan
    top: float
    height: float


def slide_topics(texts: Sequence[TextRow], duration_seconds: float) -> list[SlideTopic]:
    """The topics in order, without gaps from 0 to the end; none unless headings stand over most of the video.

    Args:
        texts: on-screen texts of one video with their boxes.
    """
    headed = [(span, heading) for span, shown in _screens(list(_lines(texts))) if (heading := _heading(shown))]
    if not headed or sum(span.duration_seconds for span, _ in headed) < HEADED_SHARE * duration_seconds:
        return []
    starts = _starts(headed, duration_seconds)
    if not 2 <= len(starts) <= MOST_TOPICS:
        return []
    stops = [start for start, _ in starts[1:]] + [duration_seconds]
    return [SlideTopic(TimeSpan(start, stop), text) for (start, text), stop in zip(starts, stops, strict=True)]


def _lines(texts: Sequence[TextRow]) -> Iterator[_Line]:
    for row in texts:
        if row.is_scenery or row.span.duration_seconds < SHOWN_SECONDS:
            continue
        first = {box.line: box for box in reversed(row.boxes)}
        for number, text in enumerate(row.text.split("\n")):
            if box := first.get(number):
                yield _Line(text, row.span, box.top, box.bottom - box.top)


def _screens(lines: Sequence[_Line]) -> Iterator[tuple[TimeSpan, list[_Line]]]:
    """The spans in which the screen does not change, each with the lines that it shows."""
    edges = sorted({edge for line in lines for edge in (line.span.start_seconds, line.span.stop_seconds)})
    later = sorted(lines, key=lambda line: line.span, reverse=True)
    shown: list[_Line] = []
    for start, stop in pairwise(edges):
        shown = [line for line in shown if line.span.stop_seconds > start]
        while later and later[-1].span.start_seconds <= start:
            shown.append(later.pop())
        yield TimeSpan(start, stop), shown


def _heading(shown: Sequence[_Line]) -> str:
    """The tallest line at the top of a slide, or among equals the first; empty where none stands out."""
    top = [line for line in shown if line.top < TOP_SHARE and sum(sign.isalpha() for sign in line.text) > 2]
    if not top:
        return ""
    tallest = max(line.height for line in top)
    line = min((line for line in top if line.height * TALLER >= tallest), key=lambda line: line.top)
    is_first = line.top <= min(other.top for other in shown)
    is_large = line.height >= TALLER * median(other.height for other in shown)
    return line.text if is_first or is_large else ""


def _starts(headed: Sequence[tuple[TimeSpan, str]], duration_seconds: float) -> list[tuple[float, str]]:
    """(start in seconds, heading) of each topic; the first starts at 0."""
    runs: list[tuple[float, str]] = []
    for span, heading in headed:
        if not runs or not _is_same(runs[-1][1], heading):
            runs.append((span.start_seconds, heading))
    kept: list[tuple[float, str]] = []
    for (start, heading), stop in zip(runs, [start for start, _ in runs[1:]] + [duration_seconds], strict=True):
        is_long = stop - start >= SHORTEST_SECONDS
        if kept and (not is_long or _is_same(kept[-1][1], heading)):
            continue
        kept.append((start if kept else 0.0, heading))
    return [(start, _COUNTED.sub("", heading).strip() or heading) for start, heading in kept]


def _is_same(one: str, other: str) -> bool:
    keys = [line_letters_key(_COUNTED.sub("", text)) or line_letters_key(text) for text in (one, other)]
    return keys[0] == keys[1] or is_similar_line(keys[0], keys[1])
