"""Cue cleaning: cues with mark-up in, plain text out, each text once. Pure.

Removes the mark-up of all formats, and merges cues that show one text in several steps: effects with one cue a frame,
roll-up captions that repeat their last lines, captions that grow word by word. Descriptions for the hard of hearing
stay, because people search for them.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from indexer.records import TimedText, TimeSpan

MAX_CUE_CHARACTERS = 2_000
"""Ten times the longest cue that broadcasters allow; anything longer is no readable text."""
MAX_RAW_CHARACTERS = 20_000
"""With mark-up. Bounds the work on a malicious cue; typeset lines reach some thousand characters."""
MAX_REPEAT_GAP_SECONDS = 0.25
"""A text that reappears sooner never disappeared: effects are one event a frame, roll-ups follow at once."""

_EVENT_FIELDS = re.compile(r"(?:Dialogue:\s*)?\d+,\d+,[^,\n]*,[^,\n]*,\d*,\d*,\d*,[^,\n]*,")
"""The fields that Matroska and FFmpeg put before an ASS text: order, layer, style, name, three margins, effect."""
_OVERRIDE = re.compile(r"\{([^{}]*)\}")
_DRAWING = re.compile(r"\\p(\d+)")
_HTML_TAG = re.compile(
    r"</?(?:i|b|u|s|c|v|font|span|lang|ruby|rt|rp|p|div|em|strong|sub|sup|small|big|center|tt)\b[^<>]*>", re.IGNORECASE
)
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_INLINE_TIME = re.compile(r"<(?:\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3}>")
_SPACES = re.compile(r"\s+")
_JOINERS = {"\u200c", "\u200d"}
"""Format characters that stay: joiners, which belong to the spelling in Persian and Indic scripts."""


@dataclass(slots=True)
class _PendingCue:
    """A cue to which later cues may still be merged."""

    start_seconds: float
    stop_seconds: float
    lines: list[str]
    whole: list[str]
    """All lines on screen, also those that an earlier cue already showed."""
    language: str


def clean_cues(cues: Iterable[TimedText], codec: str) -> list[TimedText]:
    """Plain cues in order of their start; repetitions of a cue are merged into one span.

    Args:
        cues: with the mark-up of the file or track.
        codec: FFmpeg's name, as `subrip`, `ass`, `webvtt`, `mov_text`.
    """
    is_ass = codec in {"ass", "ssa"}
    pending: list[_PendingCue] = []
    for cue in sorted(cues, key=lambda cue: (cue.span.start_seconds, cue.span.stop_seconds)):
        start, stop = max(cue.span.start_seconds, 0.0), cue.span.stop_seconds
        lines = plain_cue_lines(cue.text, is_ass=is_ass)
        if lines and stop > start:
            _add(pending, _PendingCue(start, stop, lines, lines, cue.language))
    pending.sort(key=lambda cue: (cue.start_seconds, cue.stop_seconds))
    return [
        TimedText(TimeSpan(cue.start_seconds, cue.stop_seconds), "\n".join(cue.lines), cue.language) for cue in pending
    ]


def plain_cue_lines(text: str, *, is_ass: bool) -> list[str]:
    """The lines that a player would show, without mark-up; empty where no letter or digit remains."""
    text = _EVENT_FIELDS.sub("", text[:MAX_RAW_CHARACTERS], count=1) if _EVENT_FIELDS.match(text) else text
    text = _without_overrides(text[:MAX_RAW_CHARACTERS], is_ass=is_ass)
    text = text.replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", " ")
    text = _LINE_BREAK_TAG.sub("\n", _INLINE_TIME.sub("", text))
    text = html.unescape(_HTML_TAG.sub("", text))
    text = unicodedata.normalize("NFC", text[:MAX_CUE_CHARACTERS])
    lines = [_SPACES.sub(" ", _visible(line)).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    return lines if any(character.isalnum() for line in lines for character in line) else []


def _without_overrides(text: str, *, is_ass: bool) -> str:
    r"""Without `{\...}` blocks, and without the shapes that ASS draws between `{\p1}` and `{\p0}`."""
    parts: list[str] = []
    drawing, end = False, 0
    for block in _OVERRIDE.finditer(text):
        if not drawing:
            parts.append(text[end : block.start()])
        end = block.end()
        inside = block.group(1)
        is_markup = is_ass or inside.startswith("\\") or re.match(r"[a-zA-Z]:", inside)  # `{y:i}` is MicroDVD's
        if not is_markup and not drawing:
            parts.append(block.group())
        for level in _DRAWING.findall(inside) if is_markup else []:
            drawing = level.strip("0") != ""
    if not drawing:
        parts.append(text[end:])
    return "".join(parts)


def _visible(line: str) -> str:
    return "".join(
        " " if character in "\t\x0b\x0c\x1c\x1d\x1e\x1f\x85" else character
        for character in line
        if character in "\t\x0b\x0c\x1c\x1d\x1e\x1f\x85"
        or character in _JOINERS
        or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )


def _add(pending: list[_PendingCue], cue: _PendingCue) -> None:
    """Appends `cue` or its new lines, or extends an earlier cue that it repeats."""
    for earlier in reversed(pending[-8:]):  # positions on screen alternate: a few cues may be up at once
        if cue.start_seconds - earlier.stop_seconds > MAX_REPEAT_GAP_SECONDS or cue.language != earlier.language:
            continue
        if cue.whole == earlier.whole:
            earlier.stop_seconds = max(earlier.stop_seconds, cue.stop_seconds)
            return
        if _grows(earlier.whole, cue.whole):
            earlier.stop_seconds = max(earlier.stop_seconds, cue.stop_seconds)
            earlier.lines = earlier.lines[: len(earlier.lines) - len(earlier.whole)] + cue.whole
            earlier.whole = cue.whole
            return
    if pending and cue.start_seconds - pending[-1].stop_seconds <= MAX_REPEAT_GAP_SECONDS:
        cue.lines = cue.whole[_repeated_lines(pending[-1].whole, cue.whole) :]
    if cue.lines:
        pending.append(cue)
    else:
        pending[-1].stop_seconds = max(pending[-1].stop_seconds, cue.stop_seconds)
        pending[-1].whole = cue.whole


def _grows(before: list[str], after: list[str]) -> bool:
    """Whether `after` is `before` with more words at its end."""
    old, new = "\n".join(before), "\n".join(after)
    return len(before) == len(after) and new.startswith(old) and not new[len(old)].isalnum()


def _repeated_lines(before: list[str], after: list[str]) -> int:
    """Number of lines with which `before` ends and `after` begins: a roll-up caption shows them again."""
    for count in range(min(len(before), len(after)), 0, -1):
        if before[-count:] == after[:count]:
            return count
    return 0


def without_programme_start(cues: Sequence[TimedText], duration_seconds: float) -> list[TimedText]:
    """The cues on the clock of the video, where all of them lie behind its end: broadcasters let a programme begin at
    01:00:00:00 or 10:00:00:00."""
    first = min((cue.span.start_seconds for cue in cues), default=0.0)
    hours = first // 3600 * 3600
    if first <= duration_seconds or not hours:
        return list(cues)
    return [replace(cue, span=TimeSpan(cue.span.start_seconds - hours, cue.span.stop_seconds - hours)) for cue in cues]


def cut_cues_to(item: TimedText, duration_seconds: float) -> TimedText | None:
    """The text with its span cut to the video; None where it lies outside."""
    span = item.span.within(duration_seconds)
    return None if span is None else replace(item, span=span)
