"""Views of an indexing run: a progress bar in a terminal, lines in a pipe, JSON for programs."""

import json
from dataclasses import asdict
from pathlib import PurePath
from typing import Any, Protocol, Self

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from api.cli.terminal import console, label
from api.formatting import count_text, duration_text, size_text, time_code, without_path
from api.index_progress import IndexProgress, event_name
from api.safe_text import safe_text
from indexer.pipeline.events import (
    IndexEvent,
    IndexFinished,
    ModelsAwaited,
    ScanFinished,
    StageFailed,
    StageFinished,
    StageLeftOut,
    StageProgress,
    VideoFailed,
    VideoMissing,
    VideoMoved,
    VideoWarned,
    WatchIdle,
    WatchLooked,
    WatchWaiting,
)

STOPPING = "stopping after the current work; press Ctrl-C again to stop now"
SHOWN_ACTIVE = 3
"""Videos in progress that are shown."""
QUIET_SECONDS = 30.0
"""Interval between progress lines within a long video, in a pipe."""


class IndexView(Protocol):
    """Shows a run in progress; used as a context manager around it."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: Any) -> None: ...
    def show(self, event: IndexEvent) -> None: ...
    def stopping(self) -> None: ...


class JsonView:
    """Every event as one line of JSON."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        pass

    def show(self, event: IndexEvent) -> None:
        click.echo(json.dumps({"event": event_name(event), **asdict(event)}))

    def stopping(self) -> None:
        click.echo(STOPPING, err=True)


class SilentView(JsonView):
    """Shows nothing, for callers that only need the result."""

    def show(self, event: IndexEvent) -> None:
        pass


class PlainView(JsonView):
    """A line for every finished step, and one now and then during long ones."""

    def __init__(self, tally: IndexProgress) -> None:
        self.tally = tally
        self._last_line_seconds = tally.seconds

    def show(self, event: IndexEvent) -> None:
        line = event_line(event)
        if isinstance(event, StageProgress):
            if self.tally.seconds - self._last_line_seconds < QUIET_SECONDS:
                return
            line = f"working {event.stage:<12}{time_code(event.done_seconds)}  {event.path}{_time_left(self.tally)}"
        if line:
            self._last_line_seconds = self.tally.seconds
            click.echo("\n".join(map(safe_text, line.splitlines())))


class BarView:
    """A bar with files, pace and time left; videos in progress below it, warnings above it."""

    def __init__(self, tally: IndexProgress, screen: Console | None = None) -> None:
        self.tally = tally
        self.screen = screen or console()
        self._note = "starting: scanning for videos, loading models"
        self._live = Live(get_renderable=self._draw, console=self.screen, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._live.stop()

    def show(self, event: IndexEvent) -> None:
        if isinstance(event, VideoWarned | VideoMoved | StageLeftOut | ModelsAwaited):
            for line in event_line(event).splitlines():
                self.screen.print(label(line, "" if isinstance(event, VideoMoved) else "yellow"))
        if isinstance(event, ScanFinished):
            self._note = "loading models" if event.todo else ""

    def stopping(self) -> None:
        self._note = STOPPING
        self.tally.active.clear()
        # The second Ctrl-C kills at once, and would leave the cursor hidden.
        self.screen.show_cursor(True)

    def _draw(self) -> RenderableType:
        tally = self.tally
        active = list(tally.active.values())[-SHOWN_ACTIVE:]
        if not tally.stage:
            return Text(self._note, style="yellow")
        bar = Table.grid(padding=(0, 2))
        cells: list[RenderableType] = [
            Text.assemble((tally.stage.replace("_", " "), "green"), f" {tally.stage_files} of {tally.todo} videos"),
            ProgressBar(total=1.0, completed=tally.share, width=max(10, min(40, self.screen.width - 70))),
            Text(f"{tally.share:4.0%}", style="bold"),
            Text(f"{tally.pace:.1f}x real time" if tally.pace else "", style="cyan"),
            Text("" if self._note == STOPPING else _time_left(tally).strip(" ,")),
            Text(
                f"{failed} failed" if (failed := len(tally.failures) + len(tally.stage_failures)) else "", style="red"
            ),
        ]
        bar.add_row(*cells)
        note = Text("  " + self._note, style="yellow") if self._note == STOPPING else None
        return Group(bar, *([note] if note else [self._line(event) for event in active]))

    def _line(self, event: StageProgress) -> Text:
        whole = f" of {time_code(event.duration_seconds)}" if event.duration_seconds > 0 else ""
        line = Text.assemble((f"  {time_code(event.done_seconds)}{whole}  ", "dim"), label(PurePath(event.path).name))
        line.truncate(self.screen.width, overflow="ellipsis")
        return line


def event_line(event: IndexEvent) -> str:
    """An event as a sentence, or two lines of them; empty for progress and for events that the summary covers."""
    match event:
        case ScanFinished():
            return f"found {count_text(event.videos, 'video')}, {event.todo:,} to index"
        case StageFinished():
            length, rows = time_code(event.duration_seconds), count_text(event.rows, "row")
            return f"done {event.stage}: {event.path} ({length}, {rows}, {duration_text(event.wall_seconds)})"
        case StageLeftOut():
            return f"{event.stage.replace('_', ' ')} skipped: {event.reason}"
        case ModelsAwaited():
            adds, size = " and ".join(event.adds), size_text(event.size_mb * 1e6)
            return (
                f"Later: {adds}, by the models of the profile {event.profile}, {size} to download.\n"
                f"Add them with `{event.how}`, then this command again. All else is indexed now."
            )
        case VideoMoved():
            return f"moved: {event.old_path} is now {event.path}"
        case VideoFailed():
            return f"failed ({event.kind}): {event.path}: {reason_of(event)}"
        case StageFailed():
            return f"failed {event.stage} ({event.kind}): {event.path}: {reason_of(event)}"
        case VideoWarned():
            return f"warning: {event.path}: {event.warning}"
        case WatchLooked(ready=0):
            return f"waiting for {event.changing:,} of {count_text(event.files, 'file')} to be complete"
        case WatchLooked():
            return f"indexing {count_text(event.ready, 'file')}; {event.changing:,} not complete yet"
        case WatchIdle():
            return f"watching {count_text(event.files, 'file')}; everything is indexed"
        case WatchWaiting():
            return f"waiting: {event.reason}"
        case VideoMissing():
            return f"{'removed' if event.dropped else 'missing'}: {event.path} is no longer on disk"
        case _:
            return ""


def reason_of(failure: VideoFailed | StageFailed) -> str:
    """The reason without the path that most reasons start with."""
    return without_path(failure.reason, failure.path)


def _time_left(tally: IndexProgress) -> str:
    left = tally.seconds_left
    if left is None:
        return ""
    return f", about {left:.0f} s left" if left < 60 else f", about {duration_text(left)} left"


def done_json(finished: IndexFinished) -> str:
    """The last line of `index --json`."""
    names = ("videos", "indexed", "skipped", "failed", "failed_stages", "seconds")
    return json.dumps({"event": "done", **{name: getattr(finished, name) for name in names}})
