"""OCR lines, and whether two readings are of the same line. Pure.

Two readings of a line may differ by OCR errors. A title with another number is another line; clocks and counters change
all the time and are ignored.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

RELIABLE_CONFIDENCE = 0.85
"""Below it, a line may be noise: camera pictures yield such lines at random (measured on shared/)."""
RELIABLE_SHORT_CONFIDENCE = 0.95
"""The same for lines of one or two letters, which noise resembles most."""
SAME_LINE_RATIO = 0.8
"""Least share of letters in common of two readings of one line: OCR of legible text errs less than once in five."""
SAME_SHORT_LINE_RATIO = 0.9
SHORT_LINE_LETTERS = 10
"""In shorter lines one letter is a tenth of the line, and distinguishes words: `you win`, `you won`."""

_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l", "ß": "ss"})
"""Characters that OCR confuses."""
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
    """0 to 1, from the recogniser."""
    box: Box
    """Fractions of the picture that was read."""

    @property
    def key(self) -> str:
        """Letters and digits only, with characters unified that OCR confuses."""
        return line_letters_key(self.text)

    @property
    def is_reliable(self) -> bool:
        """Whether it has letters, and its confidence excludes noise."""
        letters = sum(character.isalnum() for character in self.text)
        needed = RELIABLE_CONFIDENCE if letters > 2 else RELIABLE_SHORT_CONFIDENCE
        return self.confidence >= needed and any(character.isalpha() for character in self.text)


FrameLines = tuple[float, Sequence[ScreenLine]]
"""A frame that was read: its time on the player's clock, seconds, and its lines in reading order."""


def is_same_screen(before: Sequence[ScreenLine], after: Sequence[ScreenLine]) -> bool:
    """Whether two readings are of one state of the screen: each reliable line of one is a line of the other."""
    if bool(before) != bool(after):
        return False
    old, new = ([line for line in lines if line.is_reliable] for lines in (before, after))
    if not old and not new:
        return _bare_numbers(before) == _bare_numbers(after)
    return _are_all_among(old, after) and _are_all_among(new, before)


def is_reading_of_line(line: ScreenLine, other: ScreenLine) -> bool:
    """Whether two lines are readings of one, apart from OCR errors; numbers that were read reliably must be equal."""
    if not is_similar_line(line.key, other.key):
        return False
    are_reliable = min(line.confidence, other.confidence) >= RELIABLE_CONFIDENCE
    return not are_reliable or _numbers(line.text) == _numbers(other.text)


def lines_differ_in_digits(before: str, after: str) -> bool:
    """Whether two lines differ only in their digits, as those of a clock or a counter do."""
    return before != after and _without_digits(before) == _without_digits(after)


@lru_cache(maxsize=1 << 14)
def is_similar_line(first: str, second: str) -> bool:
    """Whether two keys have nearly all letters in common."""
    needed = SAME_SHORT_LINE_RATIO if min(len(first), len(second)) < SHORT_LINE_LETTERS else SAME_LINE_RATIO
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() >= needed and matcher.quick_ratio() >= needed and matcher.ratio() >= needed


@lru_cache(maxsize=1 << 14)
def line_letters_key(text: str) -> str:
    """See `ScreenLine.key`."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    return "".join(character for character in folded if character.isalnum())


def _are_all_among(reliable: Sequence[ScreenLine], others: Sequence[ScreenLine]) -> bool:
    numbers = {line.key: _numbers(line.text) for line in others}
    for line in reliable:
        if line.key in numbers and numbers[line.key] == _numbers(line.text):
            continue
        if not any(is_reading_of_line(line, other) for other in others):
            return False
    return True


def _bare_numbers(lines: Sequence[ScreenLine]) -> set[str]:
    """Lines of numbers alone, without clocks."""
    reliable = [line for line in lines if line.confidence >= RELIABLE_SHORT_CONFIDENCE]
    return {line.text for line in reliable if not _CLOCK.search(line.text)}


def _numbers(text: str) -> list[str]:
    """Numbers in a line, which distinguish `Chapter 1` from `Chapter 2`; none in a line with a clock."""
    return [] if _CLOCK.search(text) else _NUMBER.findall(text)


def _without_digits(text: str) -> str:
    return _DIGITS.sub("0", "".join(text.split()))
