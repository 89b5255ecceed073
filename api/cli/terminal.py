"""Consoles, labels and progress bars that all commands share. Imports rich, so commands import it late."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from api.safe_text import safe_text

PIPE_COLUMNS = 160
"""Width without a terminal, so that paths rarely wrap."""
WIDE_COLUMNS = 90
"""Width from which a terminal has room for a thumbnail beside the text."""


def console(*, colours: bool = False) -> Console:
    """Standard output, without markup, emoji names and automatic highlighting: text is shown as it is.

    Args:
        colours: use true colours even if standard output is not a terminal.
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
    """Whether standard output is a terminal, not a pipe or a file."""
    return sys.stdout.isatty()


def label(text: str, style: str = "") -> Text:
    """A string as one safe line of styled text; line breaks in it are shown as escapes."""
    return Text(safe_text(text), style=style)


@contextmanager
def percent_bar(what: str, *, quiet: bool = False) -> Generator[Callable[[float], None]]:
    """A progress bar on standard error, so that output can be piped; yields a function that takes 0 to 1."""
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
