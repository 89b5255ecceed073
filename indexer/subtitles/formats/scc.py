"""Scenarist closed captions (SCC): the first channel of CEA-608 captions, as pairs of bytes with a time code.

Follows 47 CFR 15.119 and CEA-608-E: pop-on, roll-up and paint-on captions. Colours and positions are left out.
"""

import re
from dataclasses import dataclass, field

from indexer.subtitles.formats.cues import FileCue

_LINE = re.compile(r"\s*(\d{1,3}):(\d{2}):(\d{2})([:;.,])(\d{2})\s+((?:[0-9A-Fa-f]{4}\s*)+)")
_RATE = 30_000 / 1001
_STANDARD = str.maketrans("*\\^_`{|}~\x7f", "áéíóúç÷Ññ█")
"""Where the character set differs from ASCII."""
_SPECIAL = "®°½¿™¢£♪à\xa0èâêîôû"
_EXTENDED = {
    0x12: "ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»",
    0x13: "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤¦ÅåØø┌┐└┘",
}


def is_scc(text: str) -> bool:
    """Whether a text is headed as this format."""
    return text.lstrip("\ufeff \n").startswith("Scenarist_SCC")


def parse_scc(text: str) -> list[FileCue]:
    """The captions of the first channel, each from when it is shown until it is erased or replaced."""
    decoder = _Decoder()
    for line in text.split("\n"):
        if (found := _LINE.fullmatch(line.rstrip())) is None:
            continue
        hours, minutes, seconds, frames = (int(found[place]) for place in (1, 2, 3, 5))
        whole = hours * 3600 + minutes * 60 + seconds
        # A drop-frame code keeps to the clock; the other one counts 30 frames where 29.97 pass in a second.
        start = whole + frames / _RATE if found[4] in ";,." else (whole * 30 + frames) / _RATE
        for place, pair in enumerate(found[6].split()):
            decoder.feed(start + place / _RATE, int(pair[:2], 16) & 0x7F, int(pair[2:], 16) & 0x7F)
    return decoder.finished()


@dataclass(slots=True)
class _Decoder:
    cues: list[FileCue] = field(default_factory=list[FileCue])
    _now: float = 0.0
    _shown: str = ""
    _shown_since: float = 0.0
    _hidden: str = ""
    """The text that is being loaded."""
    _mode: str = "pop-on"
    _row: int = -1
    _last: tuple[int, int] | None = None
    """The control code before, which is sent twice."""
    _is_first_channel: bool = True

    def feed(self, seconds: float, one: int, two: int) -> None:
        self._now = seconds
        if one >= 0x20:
            self._last = None
            if self._is_first_channel:
                self._write("".join(chr(code).translate(_STANDARD) for code in (one, two) if code >= 0x20))
        elif one >= 0x10:
            if (one, two) == self._last:
                self._last = None
                return
            self._last = (one, two)
            self._is_first_channel = one < 0x18
            if self._is_first_channel:
                self._control(one, two)

    def _control(self, one: int, two: int) -> None:
        if one == 0x11 and 0x30 <= two <= 0x3F:
            self._write(_SPECIAL[two - 0x30])
        elif one in _EXTENDED and 0x20 <= two <= 0x3F:
            self._backspace()  # it replaces a plain letter, sent for older decoders
            self._write(_EXTENDED[one][two - 0x20])
        elif one == 0x11 and 0x20 <= two <= 0x2F:
            self._write(" ")  # a change of style takes a place
        elif two >= 0x40:
            self._move_to((one & 7) << 1 | two >> 5 & 1)
        elif one in (0x14, 0x15):
            self._command(two)

    def _command(self, code: int) -> None:
        match code:
            case 0x20:
                self._mode = "pop-on"
            case 0x21:
                self._backspace()
            case 0x25 | 0x26 | 0x27:
                self._mode = "roll-up"
            case 0x29:
                self._mode = "paint-on"
            case 0x2C:
                self.erase()
            case 0x2D if self._mode == "roll-up":
                self.erase()
            case 0x2E:
                self._hidden = ""
            case 0x2F:
                self.erase()
                self._shown, self._hidden, self._shown_since, self._mode = self._hidden, "", self._now, "pop-on"
            case _:
                pass

    def finished(self) -> list[FileCue]:
        """All captions; one that is still shown has no end."""
        last = [FileCue(self._shown_since, None, self._shown)] if self._shown.strip() else []
        return [*self.cues, *last]

    def erase(self) -> None:
        """What is shown is gone from now on."""
        if self._shown.strip():
            self.cues.append(FileCue(self._shown_since, self._now, self._shown))
        self._shown = ""

    def _write(self, text: str) -> None:
        if self._mode == "pop-on":
            self._hidden += text
        else:
            if not self._shown:
                self._shown_since = self._now
            self._shown += text

    def _backspace(self) -> None:
        if self._mode == "pop-on":
            self._hidden = self._hidden[:-1]
        else:
            self._shown = self._shown[:-1]

    def _move_to(self, row: int) -> None:
        before = self._hidden if self._mode == "pop-on" else self._shown
        if before.strip() and self._mode != "roll-up":
            self._write("\n" if row != self._row else " ")
        self._row = row
