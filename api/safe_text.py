"""Makes text out of videos and file names safe and readable in a terminal. Pure; imports nothing heavy.

Names and texts come from strangers: escape sequences in them could repaint the screen, and bidirectional
overrides could make a name read as another one.
"""

import unicodedata

_JOINERS = {"\u200c", "\u200d"}
"""Needed by Persian, Indic scripts and emoji, and harmless."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Controls, formats (bidi overrides, zero-width marks), undecodable bytes, private use, line separators."""


def safe_text(text: str) -> str:
    """Replaces every character that moves, hides or recolours text by its visible escape, as `\\x1b`."""
    return "".join(_visible(character) for character in text)


def one_line(text: str) -> str:
    """`safe_text` on one line: lines and runs of blanks become one blank."""
    return safe_text(" ".join(text.split()))


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def time_code(seconds: float) -> str:
    """Seconds as H:MM:SS.s, rounded to a tenth."""
    tenths = round(max(0.0, seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest // 10:02d}.{rest % 10}"


def duration_text(seconds: float) -> str:
    """A length of time in the two units that matter: `3 h 05 min`, `4 min 12 s`, `8.5 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def size_text(size_bytes: float) -> str:
    """Bytes in the unit that gives a short number: `3.4 GB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "bytes" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def count_text(count: int, thing: str) -> str:
    """A number with its noun: `1 video`, `1,200 videos`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"
