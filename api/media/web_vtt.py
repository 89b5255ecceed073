"""WebVTT subtitles from the texts of the library. Pure."""

from collections import Counter
from collections.abc import Sequence

from indexer.records import TextRow


def cue_times(start_seconds: float, stop_seconds: float) -> str:
    """The line of times of a cue, which ends a millisecond after its start or later."""
    start = max(0, round(start_seconds * 1000))
    return f"{_timestamp(start)} --> {_timestamp(max(start + 1, round(stop_seconds * 1000)))}"


def cue_time(seconds: float) -> str:
    """A WebVTT timestamp: `hours:minutes:seconds.milliseconds`."""
    return _timestamp(max(0, round(seconds * 1000)))


def _timestamp(ticks: int) -> str:
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
            lines += [cue_times(row.span.start_seconds, row.span.stop_seconds), text, ""]
    return "\n".join(lines)
