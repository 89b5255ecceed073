"""`reelseek export`: take found moments away."""

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.commands.search import SIGNALS
from api.cli.exit_codes import ExitCode
from api.cli.options import SEARCH_MODEL_OPTIONS, with_settings
from indexer.config import Settings

if TYPE_CHECKING:
    from api.export.subclip_preparation import Format
    from api.export.subclips import RequestedMoment
    from search.signals import Signal

FORMATS = ("csv", "json", "webvtt", "edl", "fcpxml", "otio", "clips", "reel")
"""Those of `api.export.subclip_preparation`, which is too heavy to import for `--help`; a test compares them."""


@click.command()
@click.argument("query", required=False)
@click.option("--format", "kind", type=click.Choice(FORMATS), help="What to write.  [by the ending of --out]")
@click.option(
    "--out",
    metavar="PATH",
    help="A file; a folder for clips, and where a format makes several files.  [standard output, for text]",
)
@click.option("--from", "source", metavar="FILE", help="Moments that `search --json` or `ask --json` printed; - reads.")
@click.option("--video", metavar="VIDEO", help="Only of this video; without QUERY all of it, or --start to --stop.")
@click.option("--start", type=float, metavar="SECONDS", help="Where the span begins.")
@click.option("--stop", type=float, metavar="SECONDS", help="Where it ends.")
@click.option("--limit", metavar="N", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many.")
@click.option("--signal", "signals", multiple=True, type=click.Choice(SIGNALS), help="Search only by this.")
@click.option("--order", type=click.Choice(("best", "time")), default="best", show_default=True, help="Which is first.")
@click.option("--handles", metavar="SECONDS", default="0", help="So much more at both ends, as 1 or 0.5s.  [0]")
@click.option("--rate", metavar="RATE", help="Of the time line, as 25, 29.97 or 30000/1001.  [that of most moments]")
@click.option(
    "--drop-frame/--non-drop-frame",
    "drops",
    default=None,
    help="Time code at 29.97 and 59.94 for files that have none.  [drop-frame]",
)
@click.option("--title", help="Of the time line.  [the query]")
@click.option("--force", is_flag=True, help="Replace what is there.")
@with_settings(*SEARCH_MODEL_OPTIONS)
def export(query: str | None, *, settings: Settings, as_json: bool, **given: Any) -> ExitCode:
    """Take found moments away: clips, tables, chapters, edit lists for editors, or one reel of all.

    \b
    csv, json     a table of moments with times, frames and time codes
    webvtt        chapters, one file a video
    edl           CMX3600: one frame rate a file
    fcpxml        Final Cut Pro, DaVinci Resolve
    otio          OpenTimelineIO
    clips         an MP4 for each moment, cut to the frame, into a folder
    reel          one MP4 of all moments, in one size and rate, with chapters

    \b
    Examples:
      reelseek export "a red car" --out cars.edl
      reelseek export "a red car" --format clips --out cars --handles 1
      reelseek export "a red car" --out cars.mp4                   one reel
      reelseek search "a red car" --json > cars.json
      reelseek export --from cars.json --out cars.otio
      reelseek export --video trip.mp4 --start 61.2 --stop 64.8 --format clips --out cut
      reelseek export "a red car" --format csv | less

    Frames and time codes are exact: from the frame on screen at the start to the last before the stop, counted from the
    time code that the file has, else from 00:00:00:00. A file that is there is not replaced without --force; clips
    that are there are kept, so that an interrupted run goes on. Returns 1 when nothing is found.
    """
    from api.cli.interrupt import stop_on_signal
    from api.cli.terminal import percent_bar
    from api.export.run_export import ExportOptions, run_export

    kind = _kind(given.pop("kind"), given["out"])
    wanted, title = _wanted(query, settings, given)
    if not wanted:
        if as_json:
            click.echo(json.dumps({"format": kind, "files": [], "moments": 0, "kept": 0, "warnings": []}))
        else:
            click.echo("Nothing found, so nothing is written.", err=True)
        return ExitCode.NOTHING_FOUND
    order = ExportOptions.read(kind=kind, title=given["title"] or title, as_json=as_json, given=given)
    cancel = threading.Event()
    with stop_on_signal(cancel, lambda: None), percent_bar("exporting", quiet=as_json) as progress:
        written = run_export(wanted, order, settings=settings, is_cancelled=cancel.is_set, on_progress=progress)
    for warning in written.warnings:
        click.echo(f"warning: {warning}", err=True)
    if as_json:
        click.echo(json.dumps(written.to_json()))
    elif written.text is not None:
        click.echo(written.text, nl=False)
    else:
        click.echo(written.summary())
    return ExitCode.OK


def _kind(kind: "Format | None", out: str | None) -> "Format":
    if kind is not None:
        return kind
    by_ending: dict[str, Format] = {".vtt": "webvtt", ".mp4": "reel", ".csv": "csv", ".json": "json", ".edl": "edl"}
    by_ending |= {".fcpxml": "fcpxml", ".otio": "otio"}
    found = by_ending.get(Path(out).suffix.lower()) if out else None
    if found is None:
        raise click.UsageError(f"say what to write with --format {'|'.join(FORMATS)}")
    return found


def _wanted(query: str | None, settings: Settings, given: dict[str, Any]) -> "tuple[list[RequestedMoment], str]":
    """The moments in the order that was asked for, and what to call them."""
    from api.export.requested_moments import moment_from_span, moments_from_json, moments_from_results
    from indexer.store.library import Library
    from search.engine import SearchEngine

    source, video, start, stop = given["source"], given["video"], given["start"], given["stop"]
    is_span = start is not None or stop is not None
    if [query is not None, source is not None, query is None and video is not None].count(True) != 1:
        raise click.UsageError("name what to export: a QUERY, --from FILE, or --video VIDEO")
    if is_span and (query is not None or source is not None):
        raise click.UsageError("--start and --stop go with --video alone; within a query say it in the query")
    signals: tuple[Signal, ...] = given["signals"]
    if query is not None:
        with SearchEngine.open(Path(settings.library), settings=settings) as engine:
            result = engine.search(query, video=video, limit=given["limit"], signals=signals or None)
            found, title = moments_from_results(result.moments if result.found else [], engine.videos()), result.query
    else:
        with Library.open(Path(settings.library)) as library:
            if source is not None:
                text = sys.stdin.read() if source == "-" else _read(Path(source))
                found = moments_from_json(library, text, name=source)
                title = "moments" if source == "-" else Path(source).stem
            else:
                found = [moment_from_span(library, str(video), start, stop)]
                title = Path(found[0].video.path).stem
    if given["order"] == "time":
        found.sort(key=lambda one: (one.video.path, one.span))
    return found, title


def _read(path: Path) -> str:
    from indexer.errors import ExportError

    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
