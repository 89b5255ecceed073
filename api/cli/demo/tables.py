"""The table of the demo's searches."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from api.cli.demo.search_checks import RIGHT_IOU, Check
from api.cli.terminal import label
from api.formatting import time_code
from indexer.records import TimeSpan


def checks_table(checks: Sequence[Check]) -> Table:
    """One row per search: the query, the true moment, the moment found, and the time it took."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("kind", no_wrap=True, style="cyan")
    table.add_column("query", overflow="fold", ratio=1)
    for name in ("true", "found"):
        table.add_column(name, no_wrap=True)
    for name in ("IoU", "ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for check in checks:
        mark = Text("✓", style="bold green") if check.right else Text("✗", style="bold red" if check.counts else "dim")
        table.add_row(
            mark,
            label(check.kind),
            label(check.query),
            _place(check.true_video, check.true_span),
            _place(check.found_video, check.found_span) if check.found_span else label("nothing", "dim"),
            f"{check.iou:.2f}",
            f"{1000 * check.seconds:.0f}",
        )
    return table


def verdict(checks: Sequence[Check]) -> str:
    """How many searches are right, and which do not count."""
    judged = [check for check in checks if check.counts]
    others = [check for check in checks if not check.counts]
    right = sum(check.right for check in judged)
    text = f"{right} of {len(judged)} searches right: the first moment is the true one (IoU {RIGHT_IOU:g} or more)."
    if others:
        kinds = ", ".join(sorted({check.kind for check in others}))
        missed = f"{sum(check.right for check in others)} of {len(others)} right"
        text += f" Not judged: {kinds}, {missed}, since a single frame cannot show it."
    return text


def _place(video: str, span: TimeSpan) -> Text:
    start, stop = (time_code(moment).removeprefix("0:") for moment in (span.start_seconds, span.stop_seconds))
    return label(f"{_short(video)} {start}-{stop}")


def _short(video: str) -> str:
    """The number in the name of one of the demo's videos."""
    return "#" + video.rsplit(".", 1)[0].rsplit("-", 1)[-1]
