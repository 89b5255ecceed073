"""File names that are safe on every file system, and reel names for EDLs. Pure."""

import re
import unicodedata
from collections.abc import Iterable

MAX_BYTES = 150
"""Limit of a name without its extension, in UTF-8; file systems allow 255."""
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Device names reserved by Windows, with any extension."""


def safe_name(text: str, *, max_bytes: int = MAX_BYTES) -> str:
    """Text as a file name without extension: never empty, a path, a device, an option or hidden."""
    plain = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    plain = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in plain)
    plain = " ".join(_FORBIDDEN.sub("_", plain).split()).lstrip(".-~ ")
    plain = plain.encode()[:max_bytes].decode("utf-8", "ignore").rstrip(". ")
    return f"_{plain}" if not plain or _RESERVED.fullmatch(plain) else plain


def distinct_file_names(names: Iterable[str]) -> list[str]:
    """The names in order, made unique by ` (2)`, ` (3)`, ignoring case."""
    seen: set[str] = set()
    found: list[str] = []
    for name in names:
        shown, turn = name, 1
        while shown.casefold() in seen:
            turn += 1
            shown = f"{name} ({turn})"
        seen.add(shown.casefold())
        found.append(shown)
    return found


def reel_names(texts: Iterable[str]) -> list[str]:
    """A unique CMX3600 reel name for each text: at most eight upper-case letters and digits."""
    seen: set[str] = set()
    found: list[str] = []
    for text in texts:
        folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
        stem = re.sub(r"[^A-Z0-9]", "", folded) or "REEL"
        # The format reserves AX, BL, BLACK and BARS.
        stem = f"R{stem}" if stem in ("AX", "BL", "BLACK", "BARS") else stem
        name, turn = stem[:8], 1
        while name in seen:
            turn += 1
            name = f"{stem[: 8 - len(str(turn))]}{turn}"
        seen.add(name)
        found.append(name)
    return found
