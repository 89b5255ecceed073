"""A bar for work that tells how much of it is done; silent where nobody watches."""

from collections.abc import Callable, Generator
from contextlib import contextmanager


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
