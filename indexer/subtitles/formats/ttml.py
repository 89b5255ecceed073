"""TTML (also DFXP, IMSC, EBU-TT, SMPTE-TT) and YouTube's `srv` formats: paragraphs with times, in XML."""

import re
from dataclasses import dataclass, field

from indexer.subtitles.formats.clock import clock_seconds
from indexer.subtitles.formats.cues import FileCue
from indexer.subtitles.formats.markup import Part, parts_of

_OFFSET = re.compile(r"(\d{1,12}(?:[.,]\d{1,9})?)\s*(h|ms|m|s|f|t)")
_CLOCK = re.compile(r"\d{1,4}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,9})?")
_FRAMES = re.compile(r"(\d{1,4}:\d{1,2}:\d{1,2})[:;](\d{1,4})(?:\.\d{1,4})?")
_TIMED = frozenset({"body", "div", "p", "span", "text"})
_PARAGRAPHS = frozenset({"p", "text"})
_START_OF_PROGRAMME = "documentstartofprogramme"


@dataclass(frozen=True, slots=True)
class _Rates:
    """What a second holds, by the document's root."""

    frames: float = 30.0
    ticks: float = 1.0
    milliseconds_without_unit: bool = False
    """In `srv3`; elsewhere a number without a unit is seconds."""

    def seconds(self, text: str) -> float | None:
        """Of a time as TTML writes it (TTML2, 12.3.1); None where it is none."""
        text = text.strip()
        if found := _OFFSET.fullmatch(text):
            value = float(found[1].replace(",", "."))
            scale = {"h": 3600, "m": 60, "s": 1, "ms": 0.001, "f": 1 / self.frames, "t": 1 / self.ticks}
            return value * scale[found[2]]
        if found := _FRAMES.fullmatch(text):
            return clock_seconds(found[1]) + int(found[2]) / self.frames
        if _CLOCK.fullmatch(text):
            return clock_seconds(text)
        if re.fullmatch(r"\d{1,12}(?:\.\d{1,9})?", text):
            return float(text) / (1000 if self.milliseconds_without_unit else 1)
        return None


@dataclass(slots=True)
class _Element:
    """An open element that may have times."""

    name: str
    start_seconds: float
    stop_seconds: float | None
    is_timed: bool
    language: str
    shown: list[str] = field(default_factory=list[str])


def is_ttml(text: str) -> bool:
    """Whether a text is XML with the root of one of these formats."""
    return re.search(r"<(?:\w+:)?(?:tt|timedtext|transcript)[\s>]", text[:4096], re.I) is not None


def parse_ttml(text: str) -> list[FileCue]:
    """The paragraphs, or where only their spans have times, the spans."""
    rates, language, offset = _Rates(), "", 0.0
    open_elements: list[_Element] = []
    cues: list[FileCue] = []
    in_start_of_programme = False

    def close(name: str) -> None:
        """Closes the innermost element of this name, and those inside it that were never closed."""
        if any(element.name == name for element in open_elements):
            while True:
                element = open_elements.pop()
                cues.extend(_cue_of(element, open_elements))
                if element.name == name:
                    return

    for part in parts_of(text):
        if part.kind == "text":
            if in_start_of_programme:
                offset = rates.seconds(part.text) or 0.0
            elif any(element.name in _PARAGRAPHS for element in open_elements):
                open_elements[-1].shown.append(re.sub(r"\s+", " ", part.text))
        elif part.name == _START_OF_PROGRAMME:
            in_start_of_programme = part.kind == "start"
        elif part.kind == "end":
            close(part.name)
        elif part.name in ("tt", "timedtext", "transcript"):
            rates, language = _rates_of(part), part.attributes.get("lang", "")
        elif part.name == "br" and open_elements:
            open_elements[-1].shown.append("\n")
        elif part.name in _TIMED and not part.is_empty:
            if part.name in _PARAGRAPHS:
                close(part.name)
            open_elements.append(_opened(part, open_elements, rates, language))
    for name in ("p", "text"):
        close(name)
    return [
        FileCue(cue.start_seconds - offset, None if cue.stop_seconds is None else cue.stop_seconds - offset,
                cue.text, cue.language) for cue in cues
    ]  # fmt: skip


def _opened(part: Part, parents: list[_Element], rates: _Rates, language: str) -> _Element:
    """An element on the clock of the document: its times count from the start of its parent."""
    parent = parents[-1] if parents else None
    given = part.attributes
    start = rates.seconds(given.get("begin", given.get("t", given.get("start", ""))))
    stop = rates.seconds(given.get("end", ""))
    lasting = rates.seconds(given.get("dur", given.get("d", "")))
    if part.name == "span":  # `s` and `t` of YouTube's spans have another meaning
        start = rates.seconds(given.get("begin", ""))
    base = parent.start_seconds if parent else 0.0
    begin = base + (start or 0.0)
    ends = [base + stop] if stop is not None else []
    ends += [begin + lasting] if lasting is not None else []
    ends += [parent.stop_seconds] if parent and parent.stop_seconds is not None else []
    spoken = given.get("lang", parent.language if parent else language)
    return _Element(part.name, begin, min(ends, default=None), start is not None, spoken)


def _cue_of(element: _Element, parents: list[_Element]) -> list[FileCue]:
    """The cue of a closed element; a span inside a paragraph with times only adds its words to it."""
    words = "".join(element.shown)
    parent = next((one for one in reversed(parents) if one.name in _PARAGRAPHS or one.name == "span"), None)
    if element.name == "span" and parent is not None and (parent.is_timed or not element.is_timed):
        parent.shown.append(words)
        return []
    return [FileCue(element.start_seconds, element.stop_seconds, words, element.language)] if words.strip() else []


def _rates_of(root: Part) -> _Rates:
    frames = _number(root.attributes.get("framerate", ""), 30.0)
    numerator, _, denominator = root.attributes.get("frameratemultiplier", "").replace(":", " ").partition(" ")
    frames *= _number(numerator, 1.0) / _number(denominator, 1.0)
    has_frames = "framerate" in root.attributes
    ticks = _number(root.attributes.get("tickrate", ""), frames if has_frames else 1.0)
    return _Rates(frames, ticks, root.name == "timedtext")


def _number(text: str, otherwise: float) -> float:
    found = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*", text)
    return (float(found[1]) if found else 0.0) or otherwise
