"""SubRip (SRT) and WebVTT: cues below a line `START --> STOP`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from indexer.subtitles.formats.clock import CLOCK, clock_seconds
from indexer.subtitles.formats.cues import FileCue

_ARROW = r"(?:[-‐-―−=]{1,3}\s?[-‐-―−=]{0,2}\s?[>＞]|→)"
_TIME_LINE = re.compile(rf"[\s\ufeff]*(?:\d{{1,7}}\s+)?({CLOCK})\s*{_ARROW}\s*({CLOCK})?(.*)", re.DOTALL)
"""Also with the number of the cue before it, and with arrows as editors and translators spoil them."""
_SETTING = re.compile(r"[A-Za-z]+\d?:\S*")
"""What may follow the times: `align:start`, `X1:100`."""
_NUMBER = re.compile(r"[\s\ufeff]*#?(\d{1,7})\.?\s*")
_MOST_TIME_LINE = 1000
_LANGUAGE = re.compile(r"Language:\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*$", re.MULTILINE)


@dataclass(slots=True)
class _Block:
    """A line of times and the lines up to the next."""

    start_seconds: float
    stop_seconds: float | None
    rest: str
    """Text that follows on the line of times."""
    lines: list[str] = field(default_factory=list[str])

    def cue(self, lines: Sequence[str], language: str = "") -> FileCue:
        shown = [line for line in (self.rest, *lines) if line.strip()]
        return FileCue(self.start_seconds, self.stop_seconds, "\n".join(shown), language)


def has_arrow_times(text: str) -> bool:
    """Whether any line is a pair of times with an arrow."""
    return any(_block_of(line) is not None for line in text.split("\n"))


def parse_srt(text: str) -> list[FileCue]:
    """The cues of a SubRip file. A cue lasts until the next line of times: its text may contain blank lines."""
    head, blocks = _blocks(text)
    while head and not head[-1].strip():
        head.pop()
    number = _NUMBER.fullmatch(head[-1]) if head else None
    count = int(number[1]) if number else None
    for block in blocks[:-1]:
        count = _drop_number(block.lines, count)
    return [block.cue(block.lines) for block in blocks]


def parse_vtt(text: str) -> list[FileCue]:
    """The cues of a WebVTT file. A cue ends at the first blank line after its text: a comment or the next cue's name
    may follow it."""
    head, blocks = _blocks(text)
    said = _LANGUAGE.search("\n".join(head))
    shown = [_paragraph(block.lines, is_last=block is blocks[-1]) for block in blocks]
    return [block.cue(lines, said[1] if said else "") for block, lines in zip(blocks, shown, strict=True)]


def _paragraph(lines: Sequence[str], *, is_last: bool) -> Sequence[str]:
    """The lines up to the first blank one, also where blank lines come first; those directly above the next cue are its
    name then."""
    start = next((place for place, line in enumerate(lines) if line), len(lines))
    stop = next((place for place in range(start, len(lines)) if not lines[place]), len(lines))
    is_other = start > 0 and (lines[start : start + 1] and lines[start].startswith(("NOTE", "STYLE", "REGION")))
    is_name = start > 0 and stop == len(lines) and not is_last
    return [] if is_other or is_name else lines[start:stop]


def _drop_number(lines: list[str], count: int | None) -> int | None:
    """Removes the number of the next cue: one that continues the count, or that stands alone above the line of times.

    Returns the count after it; None as long as the cues of the file have no numbers.
    """
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    number = _NUMBER.fullmatch(kept[-1]) if kept else None
    if number is None or count is None:
        return count
    stands_alone = len(kept) == len(lines) and (len(kept) == 1 or not kept[-2].strip())
    if int(number[1]) != count + 1 and not stands_alone:
        return count
    while kept and (not kept[-1].strip() or kept[-1].strip() == number[0].strip()):
        kept.pop()  # also where it is there twice
    lines[:] = kept
    return int(number[1])


def _blocks(text: str) -> tuple[list[str], list[_Block]]:
    """The lines before the first line of times, and the blocks."""
    head: list[str] = []
    blocks: list[_Block] = []
    for line in text.split("\n"):
        if (block := _block_of(line)) is not None:
            blocks.append(block)
        else:
            (blocks[-1].lines if blocks else head).append(line)
    return head, blocks


def _block_of(line: str) -> _Block | None:
    found = _TIME_LINE.fullmatch(line) if len(line) <= _MOST_TIME_LINE else None
    if found is None:
        return None
    words = found[3].split()
    glued = bool(found[2]) and not found[3].startswith((" ", "\t"))
    words = words[1:] if glued else words  # damage at the end of a time is no text
    rest = "" if all(map(_SETTING.fullmatch, words)) else " ".join(words)
    return _Block(clock_seconds(found[1]), clock_seconds(found[2]) if found[2] else None, rest)
