"""Chapters as text: lines for people, WebVTT for players. Pure."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from api.formatting import time_code
from api.media.web_vtt import cue_text, cue_time
from api.safe_text import one_line
from indexer.records import TimeSpan

if TYPE_CHECKING:
    from search.chapters.chapters import VideoChapter


def chapters_text(chapters: "Sequence[VideoChapter]") -> str:
    """One line per chapter: its start and its title."""
    if not chapters:
        return "No chapters: this video is not indexed yet.\n"
    return "".join(f"{time_code(one.span.start_seconds)}  {one_line(one.title)}\n" for one in chapters)


def chapters_vtt(chapters: Iterable[tuple[TimeSpan, str]]) -> str:
    """A chapters track (W3C WebVTT, 4.6), in order of time, with one-line titles.

    A chapter that overlaps an earlier one starts where that ends; one that ends before that is left out.
    """
    lines, end_ms = ["WEBVTT", ""], 0
    for span, title in sorted(chapters, key=lambda one: one[0]):
        start_ms = max(end_ms, round(span.start_seconds * 1000))
        stop_ms = round(span.stop_seconds * 1000)
        name = cue_text(" ".join("".join(sign if sign.isprintable() else " " for sign in title).split()))
        if stop_ms > start_ms and name:
            lines += [f"{cue_time(start_ms / 1000)} --> {cue_time(stop_ms / 1000)}", name, ""]
            end_ms = stop_ms
    return "\n".join(lines)
