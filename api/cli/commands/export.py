"""`reelseek export`: export moments to files."""

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
from click.core import ParameterSource

from api.cli.clock import time_in_video
from api.cli.exit_codes import ExitCode
from api.cli.flags import SEARCH_MODEL_SETTINGS, flag, with_settings
from api.cli.options import (
    COLLECTION,
    EXPORT_OUT,
    EXPORT_VIDEO,
    FORMAT_OR_ENDING,
    ORDER,
    REPLACE_FILES,
    SOURCE,
    START,
    STOP,
    TITLE_OR_QUERY,
    WEAK,
)
from api.export.formats import FORMATS, TUNING, Format
from api.options import DROP_FRAME, HANDLES, RATE
from indexer.config import Settings
from indexer.library_place import library_place
from search.options import LIMIT, SIGNALS_ONLY
from search.signals import Signal

if TYPE_CHECKING:
    from api.export.failed_moments import FailedMoment
    from api.export.subclips import RequestedMoment


@click.command()
@click.argument("query", required=False)
@flag(FORMAT_OR_ENDING, dest="kind")
@flag(EXPORT_OUT)
@flag(SOURCE)
@flag(COLLECTION)
@flag(EXPORT_VIDEO)
@flag(START, kind=time_in_video)
@flag(STOP, kind=time_in_video)
@flag(LIMIT)
@flag(WEAK)
@flag(SIGNALS_ONLY)
@flag(ORDER)
@flag(HANDLES, dest="handles", kind=str)
@flag(RATE)
@flag(DROP_FRAME, dest="drops")
@flag(TITLE_OR_QUERY)
@flag(REPLACE_FILES)
@with_settings(*SEARCH_MODEL_SETTINGS)
def export(query: str | None, *, settings: Settings, as_json: bool, **given: Any) -> ExitCode:
    """Export moments: clips, tables, chapters, edit lists for editors, or one reel.

    \b
    csv, json     a table of moments with times, frames and time codes
    webvtt        chapters, one file per video
    edl           CMX3600, one frame rate per file
    fcpxml        Final Cut Pro, DaVinci Resolve
    xmeml         Premiere Pro and DaVinci Resolve (Final Cut Pro 7 XML)
    otio          OpenTimelineIO
    clips         an MP4 for each moment, cut to the frame, in a folder; an M4A for one of sound alone
    reel          one MP4 of all moments, at one size and rate, with chapters; needs pictures
    ms-swift      fine-tuning data: answers that are right, with cut clips, in a folder

    \b
    Examples:
      reelseek export "a red car" --out cars.edl
      reelseek export "a red car" --format clips --out cars --handles 1
      reelseek export "a red car" --out cars.mp4                   one reel
      reelseek search "a red car" --json > cars.json
      reelseek export --from cars.json --out cars.otio
      reelseek export --collection "Opening titles" --out titles.xml
      reelseek export --video trip.mp4 --start 61.2 --stop 64.8 --format clips --out cut
      reelseek export "a red car" --format csv | less
      reelseek ask "Who serves?" --json >> right.jsonl             keep it if it is right, or correct it
      reelseek export --format ms-swift --from right.jsonl --handles 2 --out tuning

    Frames and time codes are exact: from the frame on screen at the start to the last one before the stop, counted
    from the file's own time code, or from 00:00:00:00 without one. Existing files are overwritten only with
    --force; existing clips are kept, so that an interrupted run can continue. Returns 1 if nothing is found, and 3
    if some moments could not be exported, which are named with the reason.
    """
    from api.cli.interrupt import stop_on_signal
    from api.cli.terminal import percent_bar
    from api.export.run_export import ExportOptions, run_export
    from api.safe_text import safe_text

    kind = _kind(given.pop("kind"), given["out"])
    if kind == TUNING:
        from api.cli.export_tuning import export_tuning

        return export_tuning(query, settings=settings, as_json=as_json, given=given)
    wanted, lost, title = _wanted(query, settings, given)
    if not wanted:
        if as_json:
            click.echo(json.dumps({"format": kind, "files": [], "moments": 0, "kept": 0, "warnings": [], "failed": []}))
        else:
            click.echo("Nothing found; nothing exported.", err=True)
        return ExitCode.NOTHING_FOUND
    order = ExportOptions.read(kind=kind, title=given["title"] or title, as_json=as_json, given=given)
    cancel = threading.Event()
    with stop_on_signal(cancel, lambda: None), percent_bar("exporting", quiet=as_json) as progress:
        written = run_export(wanted, order, settings=settings, is_cancelled=cancel.is_set, on_progress=progress)
    written.failed[:0] = lost
    for warning in written.warnings:
        click.echo(f"warning: {warning}", err=True)
    for failure in written.failed:
        click.echo(f"not exported: {safe_text(str(failure))}", err=True)
    if as_json:
        click.echo(json.dumps(written.to_json()))
    elif written.text is not None:
        click.echo(written.text, nl=False)
    else:
        click.echo(written.summary())
    return ExitCode.PARTLY_FAILED if written.failed else ExitCode.OK


def _kind(kind: Any, out: str | None) -> Format | Literal["ms-swift"]:
    if kind is not None:
        return kind
    by_ending: dict[str, Format] = {".vtt": "webvtt", ".mp4": "reel", ".csv": "csv", ".json": "json", ".edl": "edl"}
    by_ending |= {".fcpxml": "fcpxml", ".xml": "xmeml", ".otio": "otio"}
    found = by_ending.get(Path(out).suffix.lower()) if out else None
    if found is None:
        choose = f"choose one with --format {'|'.join((*FORMATS, TUNING))}"
        if ending := Path(out or "").suffix:
            known = ", ".join(by_ending)
            raise click.UsageError(f"no format has the extension {ending}; {choose}, or end --out in {known}")
        raise click.UsageError(f"no format given; {choose}")
    return found


def _refuse_ignored(*, takes_weak: bool) -> None:
    """Raises click.UsageError for an option of a search where none is made."""
    context = click.get_current_context()
    ignored = {"limit": LIMIT, "signals": SIGNALS_ONLY} | ({} if takes_weak else {"weak": WEAK})
    for name, option in ignored.items():
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(
                f"{option.flags[0]} chooses among the results of a search; leave it out, or give a QUERY"
            )


def _wanted(
    query: str | None, settings: Settings, given: dict[str, Any]
) -> "tuple[list[RequestedMoment], list[FailedMoment], str]":
    """The moments in the requested order, those that are of no video of the library, and a title for them."""
    from api.export.requested_moments import (
        moment_from_span,
        moments_from_collection,
        moments_from_json,
        moments_from_results,
    )
    from api.text_input import read_text
    from indexer.store.collections.collection_store import CollectionStore
    from indexer.store.library import Library
    from search.engine import SearchEngine

    source, video, start, stop = given["source"], given["video"], given["start"], given["stop"]
    chosen: str | None = given["collection"]
    is_span = start is not None or stop is not None
    ways = [query is not None, source is not None, chosen is not None, query is None and video is not None]
    if ways.count(True) != 1:
        raise click.UsageError("give one of QUERY, --from FILE, --collection NAME or --video VIDEO")
    if is_span and (query is not None or source is not None or chosen is not None):
        raise click.UsageError("--start and --stop need --video without a query; with a query, use its at: filter")
    if query is None:
        _refuse_ignored(takes_weak=source is not None)
    signals: tuple[Signal, ...] = given["signals"]
    lost: list[FailedMoment] = []
    if query is not None:
        with SearchEngine.open(library_place(settings.library), settings=settings) as engine:
            result = engine.search(query, video=video, limit=given["limit"], signals=signals or None)
            moments = result.moments if result.found else []
            found = moments_from_results(moments, engine.videos(), weak=given["weak"])
            title = result.query
    else:
        with Library.open(library_place(settings.library)) as library:
            if source is not None:
                found, lost = moments_from_json(library, read_text(source), name=source, weak=given["weak"])
                title = "moments" if source == "-" else Path(source).stem
            elif chosen is not None:
                collection = CollectionStore(library_place(settings.library)).find(chosen)
                found, lost = moments_from_collection(collection, library.videos())
                title = collection.name
            else:
                found = [moment_from_span(library, str(video), start, stop)]
                title = Path(found[0].video.path).stem
    if given["order"] == "time":
        found.sort(key=lambda one: (one.video.path, one.span))
    return found, lost, title
