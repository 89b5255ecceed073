"""Escaping of text from videos and file names, to print it safely in a terminal. Pure; imports nothing heavy.

Names and texts come from untrusted sources: escape sequences could repaint the screen, and bidirectional overrides
could make one name look like another.
"""

import unicodedata

_JOINERS = {"\u200c", "\u200d"}
"""Harmless, and needed by Persian, Indic scripts and emoji."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Controls, formats (bidi overrides, zero-width marks), undecodable bytes, private use, line separators."""


def safe_text(text: str) -> str:
    """Replaces every character that moves, hides or recolours text with a visible escape, as `\\x1b`."""
    return "".join(_visible(character) for character in text)


def one_line(text: str) -> str:
    """`safe_text` on one line: line breaks and runs of white space become one space."""
    return safe_text(" ".join(text.split()))


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
