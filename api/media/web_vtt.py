"""WebVTT subtitles from the texts of the library. Pure."""

from collections import Counter
from collections.abc import Sequence

from indexer.records import TextRow

_MIN_CUE_SECONDS = 0.001
"""A cue must end after its start."""


def cue_time(seconds: float) -> str:
    """A WebVTT timestamp: `hours:minutes:seconds.milliseconds`."""
    ticks = max(0, round(seconds * 1000))
    return f"{ticks // 3_600_000:02d}:{ticks // 60_000 % 60:02d}:{ticks // 1000 % 60:02d}.{ticks % 1000:03d}"


def cue_text(text: str) -> str:
    """Text escaped for a cue: without markup, blank lines and arrows."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    lines = [line.strip() for line in escaped.replace("\r", "\n").replace("\0", "").split("\n")]
    return "\n".join(line for line in lines if line)


def subtitles_vtt(rows: Sequence[TextRow], *, language: str | None = None) -> str:
    """WebVTT with the passages in order of time.

    Args:
        language: of the track; None selects the language with most passages.
    """
    if language is None:
        counts = Counter(row.language for row in rows)
        language = max(counts, key=lambda name: counts[name], default="")
    lines = ["WEBVTT", ""]
    for row in sorted(rows, key=lambda row: row.span):
        text = cue_text(row.text)
        if row.language == language and text and row.span.stop_seconds > 0:
            start = max(0.0, row.span.start_seconds)
            stop = max(start + _MIN_CUE_SECONDS, row.span.stop_seconds)
            lines += [f"{cue_time(start)} --> {cue_time(stop)}", text, ""]
    return "\n".join(lines)
