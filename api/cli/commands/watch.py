"""`reelseek watch`: folders whose new videos are indexed by themselves."""

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exit_codes import ExitCode
from api.cli.options import INDEX_OPTIONS, WATCH_OPTIONS, with_settings
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
@click.option("--once", is_flag=True, help="Index what is complete, and end; for a timer.")
@click.option("--prune", is_flag=True, help="Drop videos whose files are removed while it watches.")
@with_settings(*WATCH_OPTIONS, *INDEX_OPTIONS)
def watch(folders: tuple[Path, ...], *, once: bool, prune: bool, settings: Settings, as_json: bool) -> ExitCode:
    """Watch folders: new and changed videos are indexed once they are complete.

    A file is complete when its size and time have not changed for --settle-seconds and, where this machine can tell,
    nobody holds it open for writing. Names that programs give to unfinished files (.part, .crdownload, .tmp and the
    like) are passed over. A library that another process writes to, and a folder that goes away, are waited for.
    Ctrl-C stops cleanly; what runs then goes on with the next watch or index.

    \b
    Examples:
      reelseek watch ~/Videos
      reelseek watch /mnt/camera ~/Downloads --library /data/films --settle-seconds 60
      reelseek watch ~/Videos --prune              forget files that are deleted
      reelseek watch ~/Videos --once               what is complete now, then end
      reelseek watch ~/Videos --json               one event a line

    With --prune, a folder that is suddenly empty is taken for a drive that is not there, and nothing is dropped.
    Returns 3 when some videos could not be indexed.
    """
    from api.cli.interrupt import stop_on_signal
    from api.cli.output.index_views import STOPPING
    from indexer.pipeline.watch import watch as watch_folders

    view, cancel = _view(settings, as_json), threading.Event()

    def say_stopping() -> None:
        click.echo(STOPPING, err=True)

    with view, stop_on_signal(cancel, say_stopping):
        summary = watch_folders(folders, settings=settings, on_event=view.show, cancel=cancel, once=once, prune=prune)
    if as_json:
        counts = {"indexed": summary.indexed, "failed": summary.failed, "removed": summary.removed}
        click.echo(json.dumps({"event": "done", **counts}))
    if summary.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.PARTLY_FAILED if summary.failed else ExitCode.OK


def _view(settings: Settings, as_json: bool) -> "IndexView":
    from api.cli.output.index_views import JsonView, PlainView
    from api.index_progress import IndexProgress, stages_of

    return JsonView() if as_json else PlainView(IndexProgress(stages=stages_of(settings)))
