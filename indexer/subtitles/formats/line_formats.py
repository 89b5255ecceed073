"""Formats with one cue a line: MicroDVD, MPL2, TMPlayer, LRC; and SubViewer and SBV, with a line of times above it."""

import re
from collections.abc import Callable

from indexer.subtitles.formats.clock import clock_seconds
from indexer.subtitles.formats.cues import FileCue

FILM_RATE = 24_000 / 1001
"""Frames a second of a MicroDVD file that does not say its own, beside a video whose rate is not known."""

_MICRODVD = re.compile(r"\s*\{(\d{1,9})\}\{(\d{0,9})\}(.*)")
_MPL2 = re.compile(r"\s*\[(\d{1,9})\]\[(\d{0,9})\](.*)")
_TMPLAYER = re.compile(r"\s*(\d{1,3}:\d{1,2}:\d{1,2})(?:,\d+)?[:=](.*)")
_LRC = re.compile(r"\s*((?:\[(?:\d{1,2}:)?\d{1,4}:\d{1,2}(?:[.:,]\d{1,3})?\]\s*)+)(.*)")
_LRC_TIME = re.compile(r"\[([^\]]*)\]")
_LRC_OFFSET = re.compile(r"^\s*\[offset:\s*([+-]?\d{1,9})\s*\]", re.M | re.I)
_LRC_WORD = re.compile(r"<\d{1,4}:\d{1,2}(?:[.:]\d{1,3})?>")
_PAIR = re.compile(r"\s*(\d{1,3}:\d{1,2}:\d{1,2}(?:[.:]\d{1,3})?)\s*,\s*(\d{1,3}:\d{1,2}:\d{1,2}(?:[.:]\d{1,3})?)\s*")
_RATE = re.compile(r"\s*(\d{1,3}(?:[.,]\d{1,6})?)\s*")

LINE_FORMATS: dict[str, re.Pattern[str]] = {
    "microdvd": _MICRODVD,
    "mpl2": _MPL2,
    "subviewer": _PAIR,
    "lrc": _LRC,
    "tmplayer": _TMPLAYER,
}
"""What a line of each format looks like."""


def line_format_of(text: str) -> str:
    """The format of which most lines are; empty where no line is of any."""
    lines = text.split("\n")[:2000]
    counts = {name: sum(len(line) < 5000 and form.fullmatch(line) is not None for line in lines)
              for name, form in LINE_FORMATS.items()}  # fmt: skip
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def parse_lines(text: str, form: str, frames_per_second: float) -> list[FileCue]:
    """The cues of a file in one of `LINE_FORMATS`.

    Args:
        frames_per_second: of the video; for MicroDVD, which counts frames, where the file does not say its own.
    """
    parsers: dict[str, Callable[[str], list[FileCue]]] = {
        "microdvd": lambda given: _parse_microdvd(given, frames_per_second),
        "mpl2": _parse_mpl2,
        "subviewer": _parse_pairs,
        "lrc": _parse_lrc,
        "tmplayer": _parse_tmplayer,
    }
    return parsers[form](text)


def _parse_microdvd(text: str, frames_per_second: float) -> list[FileCue]:
    rate, cues = frames_per_second or FILM_RATE, list[FileCue]()
    for line in text.split("\n"):
        if (found := _MICRODVD.fullmatch(line)) is None:
            continue
        start, stop, shown = int(found[1]), found[2], found[3]
        said = _RATE.fullmatch(shown)
        if said and not cues and start <= 1 and stop in ("", "0", "1"):  # {1}{1}23.976
            rate = float(said[1].replace(",", ".")) or rate
            continue
        cues.append(FileCue(start / rate, int(stop) / rate if stop else None, _piped(shown)))
    return cues


def _parse_mpl2(text: str) -> list[FileCue]:
    """Tenths of a second."""
    found = (_MPL2.fullmatch(line) for line in text.split("\n"))
    return [FileCue(int(one[1]) / 10, int(one[2]) / 10 if one[2] else None, _piped(one[3])) for one in found if one]


def _parse_tmplayer(text: str) -> list[FileCue]:
    found = (_TMPLAYER.fullmatch(line) for line in text.split("\n"))
    return [FileCue(clock_seconds(one[1]), None, _piped(one[2])) for one in found if one]


def _parse_lrc(text: str) -> list[FileCue]:
    """Lyrics: a line may have several times, at each of which it is sung. A positive offset lets all come earlier."""
    said = _LRC_OFFSET.search(text)
    offset = int(said[1]) / 1000 if said else 0.0
    cues: list[FileCue] = []
    for line in text.split("\n"):
        if found := _LRC.fullmatch(line):
            words = _LRC_WORD.sub("", found[2])
            cues += [FileCue(_lrc_seconds(time) - offset, None, words) for time in _LRC_TIME.findall(found[1])]
    return cues


def _lrc_seconds(time: str) -> float:
    """Also `01:02:50`, where the last are hundredths, and `1:02:03.50`, with hours."""
    parts = time.replace(",", ".").split(":")
    if len(parts) == 3 and "." not in time:
        parts = [parts[0], f"{parts[1]}.{parts[2]}"]
    return clock_seconds(":".join(parts))


def _parse_pairs(text: str) -> list[FileCue]:
    """SBV and SubViewer: `START,STOP`, then the text up to a blank line."""
    cues: list[FileCue] = []
    times: tuple[float, float] | None = None
    shown: list[str] = []
    for line in [*text.split("\n"), ""]:
        pair = _PAIR.fullmatch(line) if len(line) < 200 else None
        if times is not None and (pair or not line.strip()):
            cues.append(FileCue(*times, re.sub(r"\[br\]", "\n", "\n".join(shown), flags=re.I)))
            times, shown = None, []
        if pair:
            times = clock_seconds(pair[1]), clock_seconds(pair[2])
        elif times is not None:
            shown.append(line)
    return cues


def _piped(text: str) -> str:
    """`|` breaks a line; a `/` before one makes it italic."""
    return "\n".join(line.strip().removeprefix("/") for line in text.split("|"))
