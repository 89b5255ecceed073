"""What was read from frame to frame -> texts with the span in which they were on screen.

Pure. The same screen read twice differs by slips: such readings are one state, and the best of them is kept. A new
bullet or another number in a title is another state. Clocks and counters change all the time and tell nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from indexer.records import TimedText, TimeSpan

SURE_CONFIDENCE = 0.85
"""A line read with less does not make a new state: camera pictures give such lines at random (measured on shared/)."""
SURE_SHORT_CONFIDENCE = 0.95
"""For lines of one or two letters, which noise resembles most."""
SAME_LINE_RATIO = 0.8
"""Letters in common of two readings of one line; one slip in five is more than the reader makes on legible text."""
SAME_SHORT_LINE_RATIO = 0.9
SHORT_LINE_LETTERS = 10
"""Below this one letter is a tenth of the line and tells words apart: `you win`, `you won`."""
MISSED_SECONDS = 2.0
"""A text that is gone for no longer was overlooked: the same sign is not put up twice within two seconds."""
GROWTH_SECONDS = 2.0
"""A state that is only the beginning of the next and lasts for less is part of it: a line that is being typed."""

LONGEST_TEXT_CHARACTERS = 400
"""Longer screens are several texts: a vector of a whole page stands for none of its parts.

Measured with all-MiniLM-L6-v2 on the real queries of tests/: of 11 asked by meaning 8 against 7 for whole screens, of
24 asked by words, but by meaning alone, 24 against 22; 120 to 400 characters did alike, so the fewest rows.
"""

_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "ß": "ss"})
"""Signs that the reader mixes up."""
_NUMBER = re.compile(r"\b\d+\b")
_CLOCK = re.compile(r"\d[:.]\d")


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """One line of text in a picture."""

    text: str
    confidence: float
    """0 to 1, as the reader gives it."""
    box: tuple[int, int, int, int]
    """Left, top, right, bottom in pixels of the picture that was read; right and bottom exclusive."""


@dataclass(slots=True)
class _State:
    start_seconds: float
    stop_seconds: float
    lines: Sequence[ScreenLine]

    def take(self, lines: Sequence[ScreenLine]) -> None:
        if _worth(lines) > _worth(self.lines):
            self.lines = lines


def collect_screen_texts(frames: Iterable[tuple[float, Sequence[ScreenLine]]], stop_seconds: float) -> list[TimedText]:
    """States of the screen in order of time, each as one text with its lines joined by newlines, long ones as several.

    A state starts at the time of the frame that first showed it and stops at that of the first frame that showed
    something else; the last one stops at `stop_seconds`.

    Args:
        frames: time on the player's clock and lines of every frame that was read, in order of time; a frame that is
            not among them shows what the one before it showed.
        stop_seconds: end of the video.
    """
    states: list[_State] = []
    is_open = False
    last_seconds = 0.0
    for time_seconds, lines in frames:
        last_seconds = time_seconds
        if states and is_open and is_same_screen(states[-1].lines, lines):
            states[-1].take(lines)
            continue
        if is_open:
            states[-1].stop_seconds = time_seconds
            is_open = False
        if lines:
            _open(states, time_seconds, lines)
            is_open = True
    if is_open:
        states[-1].stop_seconds = max(stop_seconds, last_seconds)
    return [
        TimedText(TimeSpan(state.start_seconds, state.stop_seconds), text)
        for state in _without_beginnings(states)
        for text in _texts([line.text for line in state.lines])
    ]


def _texts(lines: Sequence[str]) -> list[str]:
    """Lines joined to texts of at most `LONGEST_TEXT_CHARACTERS`, unless one line alone is longer."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= LONGEST_TEXT_CHARACTERS:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts


def _open(states: list[_State], time_seconds: float, lines: Sequence[ScreenLine]) -> None:
    """A new state, or the last one again where it was overlooked for a moment."""
    if states and time_seconds - states[-1].stop_seconds <= MISSED_SECONDS and is_same_screen(states[-1].lines, lines):
        states[-1].take(lines)
    else:
        states.append(_State(time_seconds, time_seconds, lines))


def _without_beginnings(states: Sequence[_State]) -> list[_State]:
    kept: list[_State] = []
    for state in states:
        before = kept[-1] if kept else None
        if (
            before is not None
            and before.stop_seconds == state.start_seconds
            and before.stop_seconds - before.start_seconds < GROWTH_SECONDS
            and _grows(before.lines, state.lines)
        ):
            state.start_seconds = before.start_seconds
            kept.pop()
        kept.append(state)
    return kept


def _worth(lines: Sequence[ScreenLine]) -> float:
    """More letters, more surely read."""
    return sum(len(line.text) * line.confidence for line in lines)


def is_same_screen(before: Sequence[ScreenLine], after: Sequence[ScreenLine]) -> bool:
    """Two readings of one state: each sure line of the one is a line of the other."""
    if bool(before) != bool(after):
        return False
    old, new = _sure(before), _sure(after)
    if not old and not new:
        return _bare_numbers(before) == _bare_numbers(after)
    return _are_among(old, after) and _are_among(new, before)


def _are_among(sure: Sequence[ScreenLine], others: Sequence[ScreenLine]) -> bool:
    keys = {_key(line.text) for line in others}
    numbers = {_key(line.text): _numbers(line) for line in others}
    for line in sure:
        key = _key(line.text)
        if key in keys and numbers[key] == _numbers(line):
            continue
        if not any(_is_reading_of(line, other) for other in others):
            return False
    return True


def _is_reading_of(line: ScreenLine, other: ScreenLine) -> bool:
    first, second = _key(line.text), _key(other.text)
    needed = SAME_SHORT_LINE_RATIO if min(len(first), len(second)) < SHORT_LINE_LETTERS else SAME_LINE_RATIO
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if matcher.real_quick_ratio() < needed or matcher.quick_ratio() < needed or matcher.ratio() < needed:
        return False
    are_sure = min(line.confidence, other.confidence) >= SURE_CONFIDENCE
    return not are_sure or _numbers(line) == _numbers(other)


def _grows(before: Sequence[ScreenLine], after: Sequence[ScreenLine]) -> bool:
    """Each sure line before is a line after, or the beginning of one."""
    keys = [_key(line.text) for line in after]
    sure = _sure(before)
    return bool(sure) and all(
        any(key.startswith(_key(line.text)) for key in keys) or any(_is_reading_of(line, other) for other in after)
        for line in sure
    )


def _sure(lines: Sequence[ScreenLine]) -> list[ScreenLine]:
    """Lines with letters that were surely read."""
    return [line for line in lines if _is_sure(line)]


def _is_sure(line: ScreenLine) -> bool:
    letters = sum(sign.isalnum() for sign in line.text)
    needed = SURE_CONFIDENCE if letters > 2 else SURE_SHORT_CONFIDENCE
    return line.confidence >= needed and any(sign.isalpha() for sign in line.text)


def _bare_numbers(lines: Sequence[ScreenLine]) -> set[str]:
    """Numbers that stand alone, without the digits of clocks."""
    return {line.text for line in lines if not _CLOCK.search(line.text) and line.confidence >= SURE_SHORT_CONFIDENCE}


def _numbers(line: ScreenLine) -> list[str]:
    """Numbers in a line with words, which tell `Chapter 1` from `Chapter 2`; none in one with a clock."""
    return [] if _CLOCK.search(line.text) else _NUMBER.findall(line.text)


def _key(text: str) -> str:
    """Letters and digits alone, with those made equal that the reader mixes up."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    return "".join(sign for sign in folded if sign.isalnum())
