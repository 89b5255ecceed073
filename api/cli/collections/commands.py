"""`reelseek collection`: collections of chosen moments."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.clock import time_in_video
from api.cli.collections.output import show_collection
from api.cli.exit_codes import ExitCode
from api.cli.flags import flag, with_settings
from api.cli.options import COLLECTED_VIDEO, COLLECTION_SOURCE, MOMENT_HANDLES, START, STOP
from indexer.config import Settings
from indexer.library_place import library_place

if TYPE_CHECKING:
    from indexer.records import TimeSpan
    from indexer.store.collections.collection_store import CollectionStore
    from indexer.store.collections.records import CollectedMoment, Collection
    from indexer.store.library import Library


@click.group()
def collection() -> None:
    """Collect, trim and arrange moments.

    Moments go by their number in `reelseek collection show`. The page edits the same collections.

    \b
    Examples:
      reelseek collection create "Opening titles"
      reelseek collection add "Opening titles" --video trip.mp4 --start 61.2 --stop 64.8
      reelseek export --collection "Opening titles" --out titles.fcpxml
    """


@collection.command("list")
@with_settings()
def list_collections(*, settings: Settings, as_json: bool) -> ExitCode:
    """List the collections of the library.

    \b
    Examples:
      reelseek collection list
      reelseek collection list --json | jq -r '.collections[].name'

    Returns 1 if there are none.
    """
    from api.formatting import count_text
    from api.safe_text import safe_text

    found = _store(settings).all()
    if as_json:
        rows = [{"collection_id": one.collection_id, "name": one.name, "moments": len(one.moments)} for one in found]
        click.echo(json.dumps({"collections": rows}))
    elif not found:
        click.echo("No collections yet. Create one with `reelseek collection create NAME`.")
    for one in () if as_json else found:
        click.echo(f"{count_text(len(one.moments), 'moment'):>14}  {safe_text(one.name)}")
    return ExitCode.OK if found else ExitCode.NOTHING_FOUND


@collection.command()
@click.argument("name")
@with_settings()
def show(name: str, *, settings: Settings, as_json: bool) -> ExitCode:
    """Show the moments of the collection NAME, in their order, with their notes.

    \b
    Examples:
      reelseek collection show "Opening titles"
      reelseek collection show "Opening titles" --json > titles.json
    """
    show_collection(_store(settings).find(name), as_json=as_json)
    return ExitCode.OK


@collection.command()
@click.argument("name")
@with_settings()
def create(name: str, *, settings: Settings, as_json: bool) -> ExitCode:
    """Begin an empty collection.

    \b
    Examples:
      reelseek collection create "Opening titles"
    """
    show_collection(_store(settings).create(name), as_json=as_json)
    return ExitCode.OK


@collection.command()
@click.argument("name")
@flag(COLLECTED_VIDEO)
@flag(START, kind=time_in_video)
@flag(STOP, kind=time_in_video)
@flag(COLLECTION_SOURCE)
@with_settings()
def add(name: str, *, settings: Settings, as_json: bool, **given: Any) -> ExitCode:
    """Add moments to the collection NAME: a span of a video, or the results of a search.

    A moment that is already in the collection with the same span is not added again.

    \b
    Examples:
      reelseek collection add titles --video trip.mp4 --start 61.2 --stop 64.8
      reelseek search "red car" --json | reelseek collection add titles --from -
    """
    from indexer.store.collections.collection_store import CollectionStore

    moments = _moments(settings, given)
    show_collection(CollectionStore(library_place(settings.library)).add(name, moments), as_json=as_json)
    return ExitCode.OK


@collection.command()
@click.argument("name")
@click.argument("number", type=click.IntRange(1))
@flag(START, kind=time_in_video)
@flag(STOP, kind=time_in_video)
@flag(MOMENT_HANDLES)
@with_settings()
def trim(name: str, number: int, *, settings: Settings, as_json: bool, **given: Any) -> ExitCode:
    """Change the start, stop or handles of moment NUMBER.

    \b
    Examples:
      reelseek collection trim titles 3 --start 61.24 --stop 64.6
      reelseek collection trim titles 3 --handles 1
    """
    from indexer.store.collections.collection_store import CollectionStore
    from indexer.store.library import Library

    with Library.open(library_place(settings.library)) as library:
        store = CollectionStore(library.path)
        moment = _numbered(store.find(name), number)
        span = _trimmed(library, moment, given["start"], given["stop"])
    changed = store.change_moment(name, moment.moment_id, span=span, handle_seconds=given["handle_seconds"])
    show_collection(changed, as_json=as_json)
    return ExitCode.OK


@collection.command()
@click.argument("name")
@click.argument("number", type=click.IntRange(1))
@click.argument("seconds", type=time_in_video, metavar="TIME")
@click.argument("text")
@with_settings()
def note(name: str, number: int, seconds: float, text: str, *, settings: Settings, as_json: bool) -> ExitCode:
    """Add a note to moment NUMBER at TIME.

    TIME counts from the start of the video: seconds, 12:34 or 1:02:03.5. Edit lists show the note as a marker.

    \b
    Examples:
      reelseek collection note titles 3 1:02.5 "fade from here"
    """
    from indexer.store.collections.records import Note

    store = _store(settings)
    moment = _numbered(store.find(name), number)
    show_collection(store.add_note(name, moment.moment_id, Note(seconds, text)), as_json=as_json)
    return ExitCode.OK


@collection.command()
@click.argument("name")
@click.argument("numbers", type=click.IntRange(1), nargs=-1, required=True, metavar="NUMBER...")
@with_settings()
def arrange(name: str, numbers: tuple[int, ...], *, settings: Settings, as_json: bool) -> ExitCode:
    """Move these moments to the front, in this order.

    \b
    Examples:
      reelseek collection arrange titles 3 1
    """
    store = _store(settings)
    found = store.find(name)
    ids = [_numbered(found, number).moment_id for number in numbers]
    show_collection(store.reorder(name, ids), as_json=as_json)
    return ExitCode.OK


@collection.command()
@click.argument("name")
@click.argument("new_name")
@with_settings()
def rename(name: str, new_name: str, *, settings: Settings, as_json: bool) -> ExitCode:
    """Rename the collection NAME.

    \b
    Examples:
      reelseek collection rename titles "Opening titles"
    """
    show_collection(_store(settings).rename(name, new_name), as_json=as_json)
    return ExitCode.OK


@collection.command()
@click.argument("name")
@click.argument("numbers", type=click.IntRange(1), nargs=-1, metavar="[NUMBER...]")
@with_settings()
def remove(name: str, numbers: tuple[int, ...], *, settings: Settings, as_json: bool) -> ExitCode:
    """Remove moments from the collection NAME, or without numbers the collection itself. Videos are not touched.

    \b
    Examples:
      reelseek collection remove titles 2 5
      reelseek collection remove titles
    """
    store = _store(settings)
    if not numbers:
        removed = store.remove(name)
        click.echo(json.dumps({"removed": removed.name}) if as_json else f"Removed collection {removed.name}.")
        return ExitCode.OK
    found = store.find(name)
    ids = [_numbered(found, number).moment_id for number in numbers]
    show_collection(store.remove_moments(name, ids), as_json=as_json)
    return ExitCode.OK


def _store(settings: Settings) -> "CollectionStore":
    """Raises LibraryMissingError where there is no library."""
    from indexer.store.collections.collection_store import CollectionStore
    from indexer.store.library import Library

    place = library_place(settings.library)
    Library.open(place).close()
    return CollectionStore(place)


def _numbered(found: "Collection", number: int) -> "CollectedMoment":
    from indexer.errors import UsageError

    if number > len(found.moments):
        raise UsageError(f"no moment {number} in collection {found.name!r}; it has {len(found.moments)}")
    return found.moments[number - 1]


def _trimmed(
    library: "Library", moment: "CollectedMoment", start: float | None, stop: float | None
) -> "TimeSpan | None":
    """The new span, limited to the video; None where it stays."""
    from api.export.requested_moments import moment_from_span
    from indexer.errors import UsageError

    if start is None and stop is None:
        return None
    begin = moment.span.start_seconds if start is None else start
    end = moment.span.stop_seconds if stop is None else stop
    if not begin < end:
        raise UsageError(f"the stop must be after the start, got {begin:g} to {end:g} s")
    return moment_from_span(library, moment.video_id, begin, end).span


def _moments(settings: Settings, given: dict[str, Any]) -> "Sequence[CollectedMoment]":
    from api.export.requested_moments import moment_from_span, moments_from_json
    from api.text_input import read_text
    from indexer.errors import NotInLibraryError
    from indexer.store.collections.records import CollectedMoment
    from indexer.store.library import Library

    source, video = given["source"], given["video"]
    is_span = given["start"] is not None or given["stop"] is not None
    if (source is None) == (video is None) or (source is not None and is_span):
        raise click.UsageError("give either --video VIDEO with --start and --stop, or --from FILE")
    with Library.open(library_place(settings.library)) as library:
        if video is not None:
            found = [moment_from_span(library, video, given["start"], given["stop"])]
        else:
            found, lost = moments_from_json(library, read_text(str(source)), name=str(source))
            if lost:
                raise NotInLibraryError(str(lost[0]))
    return [
        CollectedMoment("", one.video.video_id, Path(one.video.path).name, one.span, text=one.text) for one in found
    ]
