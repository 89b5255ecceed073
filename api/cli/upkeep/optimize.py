"""`reelseek optimize`: build the search indexes and compact files."""

import json
import time

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import with_settings
from indexer.config import Settings
from indexer.library_place import library_place


@click.command()
@with_settings()
def optimize(*, settings: Settings, as_json: bool) -> ExitCode:
    """Build the search indexes and compact the library's files.

    Indexing does this when it is worthwhile. Run it by hand after many small runs or removals.

    \b
    Examples:
      reelseek optimize
    """
    from indexer.store.library import Library

    place = library_place(settings.library)
    started = time.monotonic()
    with Library.open_to_change(place) as library:
        before = library.storage.size_bytes()
        library.maintain(force=True)
    after, seconds = library.storage.size_bytes(), time.monotonic() - started
    if as_json:
        shown = {"size_bytes_before": before, "size_bytes": after, "seconds": round(seconds, 3)}
        click.echo(json.dumps({"library": str(place), **shown}))
    else:
        from api.formatting import duration_text, size_text

        click.echo(f"optimized in {duration_text(seconds)}: {size_text(before)} before, {size_text(after)} now")
    return ExitCode.OK
