"""Consoles and the few looks that every command shares. Imports rich, so commands import it late."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from api.safe_text import safe_text

PIPE_COLUMNS = 160
"""Where no terminal sets a width, so that paths seldom break."""
WIDE_COLUMNS = 90
"""Terminals at least so wide have room for a picture beside the words."""


def console(*, colours: bool = False) -> Console:
    """Standard output. Mark-up, emoji names and guessed colours are off: every word is shown as it is.

    Args:
        colours: true colours whatever stands behind standard output.
    """
    return Console(
        file=sys.stdout,
        width=None if is_terminal() or "COLUMNS" in os.environ else PIPE_COLUMNS,
        markup=False,
        emoji=False,
        highlight=False,
        force_terminal=True if colours else None,
        color_system="truecolor" if colours else "auto",
    )


def is_terminal() -> bool:
    """A person is looking: standard output is not a pipe or a file."""
    return sys.stdout.isatty()


def label(text: str, style: str = "") -> Text:
    """Any string as one safe line of styled text; a line end in a name is shown as what it is."""
    return Text(safe_text(text), style=style)


@contextmanager
def percent_bar(what: str, *, quiet: bool = False) -> Generator[Callable[[float], None]]:
    """Gives a function that takes 0 to 1; draws on standard error, so that output can be piped meanwhile."""
    import sys

    if quiet or not sys.stderr.isatty():
        yield lambda share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=1.0)
        yield lambda share: progress.update(task, completed=share)
