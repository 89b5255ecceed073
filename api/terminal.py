"""Consoles and the few looks that every command shares. Imports rich, so commands import it late."""

import sys

from rich.console import Console
from rich.text import Text

from api.safe_text import safe_text

WIDE_COLUMNS = 90
"""Terminals at least so wide have room for a picture beside the words."""


def console() -> Console:
    """Standard output. Mark-up, emoji names and guessed colours are off: every word is shown as it is."""
    return Console(file=sys.stdout, markup=False, emoji=False, highlight=False, soft_wrap=False)


def is_terminal() -> bool:
    """A person is looking: standard output is not a pipe or a file."""
    return sys.stdout.isatty()


def label(text: str, style: str = "") -> Text:
    """Any string as one safe line of styled text; a line end in a name is shown as what it is."""
    return Text(safe_text(text), style=style)
