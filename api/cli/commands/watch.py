"""`reelseek watch`: index new videos as they appear in folders."""

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.flags import INDEX_SETTINGS, WATCH_SETTINGS, flag, with_settings
from api.cli.options import ONCE, WATCH_PRUNE
from indexer.config import Settings

if TYPE_CHECKING:
    from api.cli.output.index_views import IndexView


@click.command()
@click.argument(
    "folders",
    metavar="FOLDER...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@flag(ONCE)
@flag(WATCH_PRUNE)
@with_settings(*WATCH_SETTINGS, *INDEX_SETTINGS)
def watch(folders: tuple[Path, ...], *, once: bool, prune: bool, settings: Settings, as_json: bool) -> ExitCode:
    """Watch folders, and index new and changed videos.

    A file is complete when its size and modification time have not changed for --settle-seconds and, where the
    system can tell, no process has it open for writing. Names that programs give to unfinished files (.part,
    .crdownload, .tmp and the like) are skipped. If another process is writing to the library, or a folder is
    unavailable, the command waits. Ctrl-C stops cleanly; the next watch or index continues.

    \b
    Examples:
      reelseek watch ~/Videos
      reelseek watch /mnt/camera ~/Downloads --library /data/films --settle-seconds 60
      reelseek watch ~/Videos --prune              also remove deleted files from the library
      reelseek watch ~/Videos --once               index what is complete now, then exit
      reelseek watch ~/Videos --json               one event per line

    With --prune, a folder that is suddenly empty is treated as an unmounted drive, and nothing is removed. Returns
    3 if some videos, or stages of videos, could not be indexed.
    """
    from api.cli.interrupt import stop_on_signal
    from api.cli.output.index_views import STOPPING
    from indexer.pipeline.watch import watch as watch_folders

    view, cancel = _view(settings, as_json), threading.Event()

    def print_stopping() -> None:
        click.echo(STOPPING, err=True)

    with view, stop_on_signal(cancel, print_stopping):
        summary = watch_folders(folders, settings=settings, on_event=view.show, cancel=cancel, once=once, prune=prune)
    if as_json:
        names = ("indexed", "failed", "failed_stages", "removed")
        click.echo(json.dumps({"event": "done", **{name: getattr(summary, name) for name in names}}))
    if summary.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.PARTLY_FAILED if summary.failed or summary.failed_stages else ExitCode.OK


def _view(settings: Settings, as_json: bool) -> "IndexView":
    from api.cli.output.index_views import JsonView, PlainView
    from api.index_progress import IndexProgress, stages_of

    return JsonView() if as_json else PlainView(IndexProgress(stages=stages_of(settings)))
