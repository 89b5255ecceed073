"""`reelseek backup` and `reelseek restore`: copy a library to another folder, and make a library from such a copy."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import with_settings
from indexer.config import Settings
from indexer.library_place import LibraryPlace, library_place

if TYPE_CHECKING:
    from indexer.upkeep.backup import Copied


@click.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@with_settings()
def backup(folder: Path, *, settings: Settings, as_json: bool) -> ExitCode:
    """Back up the library to FOLDER.

    The backup is itself a library. Backing up to the same FOLDER again copies only what is new. Video files are not
    copied. Works while a service searches the library, but not during indexing or if the library is damaged.

    \b
    Examples:
      reelseek backup /mnt/disk/library-backup
      reelseek backup /mnt/disk/library-backup --library /data/films
      reelseek search "red car" --library /mnt/disk/library-backup
    """
    from indexer.upkeep.backup import back_up

    copied = back_up(library_place(settings.library), folder, on_progress=_progress(as_json))
    return _report(copied, folder, as_json=as_json, done="Backed up to")


@click.command()
@click.argument("folder", metavar="BACKUP", type=click.Path(path_type=Path))
@with_settings()
def restore(folder: Path, *, settings: Settings, as_json: bool) -> ExitCode:
    """Restore a library from BACKUP, made by `reelseek backup`.

    The library must not exist yet. The backup is checked first and kept.

    \b
    Examples:
      reelseek restore /mnt/disk/library-backup
      reelseek restore /mnt/disk/library-backup --library /data/films
    """
    from indexer.upkeep.backup import restore as restore_library

    place = library_place(settings.library)
    copied = restore_library(folder, place, on_progress=_progress(as_json))
    return _report(copied, place, as_json=as_json, done="Restored to")


def _progress(as_json: bool) -> Callable[[int, int], None]:
    """Counts files in one line of a terminal."""
    is_shown = sys.stderr.isatty() and not as_json

    def show(done: int, total: int) -> None:
        if is_shown and (done == total or done % 50 == 0):
            click.echo(f"\r{done:,} of {total:,} files", nl=done == total, err=True)

    return show


def _report(copied: "Copied", place: LibraryPlace, *, as_json: bool, done: str) -> ExitCode:
    from dataclasses import asdict

    from api.formatting import count_text, size_text
    from api.safe_text import safe_text

    if as_json:
        click.echo(json.dumps({"to": str(place), **asdict(copied)}))
    else:
        new = f"{copied.new_files:,} of them new, {size_text(copied.new_bytes)}"
        click.echo(safe_text(f"{done} {place}: {count_text(copied.files, 'file')}, {new}"))
    return ExitCode.OK
