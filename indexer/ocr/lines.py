"""Lines as they were read, and whether two readings are of one line. Pure.

The same line read twice differs by slips. Another number in a title is another line; clocks and counters change all
the time and tell nothing.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

SURE_CONFIDENCE = 0.85
"""A line read with less may be none: camera pictures give such lines at random (measured on shared/)."""
SURE_SHORT_CONFIDENCE = 0.95
"""For lines of one or two letters, which noise resembles most."""
SAME_LINE_RATIO = 0.8
"""Letters in common of two readings of one line; one slip in five is more than the reader makes on legible text."""
SAME_SHORT_LINE_RATIO = 0.9
SHORT_LINE_LETTERS = 10
"""Below this one letter is a tenth of the line and tells words apart: `you win`, `you won`."""

_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "ß": "ss"})
"""Signs that the reader mixes up."""
_NUMBER = re.compile(r"\b\d+\b")
_DIGITS = re.compile(r"\d+")
_CLOCK = re.compile(r"\d[:.]\d")

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in fractions of the picture, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """One line of text in a picture."""

    text: str
    confidence: float
    """0 to 1, as the reader gives it."""
    box: Box
    """Fractions of the picture that was read."""

    @property
    def key(self) -> str:
        """Letters and digits alone, with those made equal that the reader mixes up."""
        return key_of(self.text)

    @property
    def is_sure(self) -> bool:
        """Whether it has letters that were surely read."""
        letters = sum(sign.isalnum() for sign in self.text)
        needed = SURE_CONFIDENCE if letters > 2 else SURE_SHORT_CONFIDENCE
        return self.confidence >= needed and any(sign.isalpha() for sign in self.text)


def is_same_screen(before: Sequence[ScreenLine], after: Sequence[ScreenLine]) -> bool:
    """Two readings of one state of the screen: each sure line of the one is a line of the other."""
    if bool(before) != bool(after):
        return False
    old, new = ([line for line in lines if line.is_sure] for lines in (before, after))
    if not old and not new:
        return _bare_numbers(before) == _bare_numbers(after)
    return _are_among(old, after) and _are_among(new, before)


def is_reading_of(line: ScreenLine, other: ScreenLine) -> bool:
    """Whether two lines are readings of one, but for slips; numbers that were surely read must be the same."""
    if not is_alike(line.key, other.key):
        return False
    are_sure = min(line.confidence, other.confidence) >= SURE_CONFIDENCE
    return not are_sure or _numbers(line.text) == _numbers(other.text)


def is_counting(before: str, after: str) -> bool:
    """Whether a line is another one in its digits alone, as a clock or a counter is."""
    return before != after and _without_digits(before) == _without_digits(after)


@lru_cache(maxsize=1 << 14)
def is_alike(first: str, second: str) -> bool:
    """Whether two keys have nearly all letters in common."""
    needed = SAME_SHORT_LINE_RATIO if min(len(first), len(second)) < SHORT_LINE_LETTERS else SAME_LINE_RATIO
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= needed and matcher.quick_ratio() >= needed and matcher.ratio() >= needed


@lru_cache(maxsize=1 << 14)
def key_of(text: str) -> str:
    """See `ScreenLine.key`."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    return "".join(sign for sign in folded if sign.isalnum())


def _are_among(sure: Sequence[ScreenLine], others: Sequence[ScreenLine]) -> bool:
    numbers = {line.key: _numbers(line.text) for line in others}
    for line in sure:
        if line.key in numbers and numbers[line.key] == _numbers(line.text):
            continue
        if not any(is_reading_of(line, other) for other in others):
            return False
    return True


def _bare_numbers(lines: Sequence[ScreenLine]) -> set[str]:
    """Numbers that stand alone, without the digits of clocks."""
    return {line.text for line in lines if not _CLOCK.search(line.text) and line.confidence >= SURE_SHORT_CONFIDENCE}


def _numbers(text: str) -> list[str]:
    """Numbers in a line with words, which tell `Chapter 1` from `Chapter 2`; none in one with a clock."""
    return [] if _CLOCK.search(text) else _NUMBER.findall(text)


def _without_digits(text: str) -> str:
    return _DIGITS.sub("0", "".join(text.split()))
