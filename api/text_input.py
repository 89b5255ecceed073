"""Text that a user names: a file, or standard input."""

import sys
from pathlib import Path

from indexer.errors import ExportError


def read_text(name: str) -> str:
    """The text of a file in UTF-8; `-` is standard input. Raises ExportError where it cannot be read."""
    try:
        if name == "-":
            return sys.stdin.read()
        return Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
