"""`reelseek index`: index videos into the library."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.engine_choice import engine_of_flags
from api.cli.exit_codes import ExitCode
from api.cli.flags import INDEX_SETTINGS, flag, with_settings
from api.cli.options import ADDRESS, ENGINE, PRUNE, RETRY_FAILED, WORKER_CPUS, WORKER_GPUS
from api.safe_text import safe_text
from indexer.config import Settings
from indexer.library_place import library_place

if TYPE_CHECKING:
    from api.cli.output.index_views import IndexView
    from api.index_progress import IndexProgress
    from indexer.pipeline.events import IndexFinished


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@flag(PRUNE)
@flag(RETRY_FAILED)
@flag(ENGINE)
@flag(ADDRESS)
@flag(WORKER_CPUS)
@flag(WORKER_GPUS)
@with_settings(*INDEX_SETTINGS)
def index(
    paths: tuple[Path, ...],
    *,
    prune: bool,
    retry_failed: bool,
    engine: str,
    address: str,
    worker_cpus: int | None,
    worker_gpus: float | None,
    settings: Settings,
    as_json: bool,
) -> ExitCode:
    """Index video files, recordings and folders of them.

    Folders are searched recursively. Recordings without pictures (MP3, M4A, WAV, FLAC, Opus and others) are found by
    what is said in them. A second run indexes only new and changed files; moved files are recognised.
    Your files are only read, never changed. Ctrl-C stops cleanly; run the same command again to continue.

    Nothing is downloaded unless --models or a model is named. What needs weights that are not on this machine comes
    later: the command says what, how large it is and how to get it, and the next run adds it to the same library.

    \b
    Examples:
      reelseek index ~/Videos
      reelseek index lecture.mp4 ~/Films --library /data/films
      reelseek index ~/Videos --models text        speech and text only, without an image model
      reelseek index ~/Videos --fps 0.5 --no-screen-text
      reelseek index ~/Videos --prune              also remove deleted files from the library
      reelseek index ~/Videos --json > log.jsonl   one event per line, "done" last
      reelseek index /share --engine ray --address 10.0.0.1:6379   on a cluster

    Returns 3 if some videos, or stages of videos, could not be indexed; `reelseek status` lists them with the reasons.
    """
    chosen = engine_of_flags(engine, address=address, worker_cpus=worker_cpus, worker_gpus=worker_gpus)
    if not as_json:  # at once, before anything heavy is imported
        place = safe_text(str(library_place(settings.library)))
        click.echo(f"Library {place}: looking for videos, loading models")
        sys.stdout.flush()
    from api.cli.run_index import run_index
    from api.index_progress import IndexProgress, stages_of

    tally = IndexProgress(stages=stages_of(settings))
    view = _view(tally, as_json)
    finished = run_index(
        paths, settings=settings, tally=tally, view=view, prune=prune, retry_failed=retry_failed, engine=chosen
    )
    _conclude(finished, tally, settings, as_json)
    if finished.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.PARTLY_FAILED if finished.failed or finished.failed_stages else ExitCode.OK


def _view(tally: "IndexProgress", as_json: bool) -> "IndexView":
    from api.cli.output.index_views import BarView, JsonView, PlainView
    from api.cli.terminal import is_terminal

    if as_json:
        return JsonView()
    return BarView(tally) if is_terminal() else PlainView(tally)


def _conclude(finished: "IndexFinished", tally: "IndexProgress", settings: Settings, as_json: bool) -> None:
    from api.cli.output.index_summary import print_summary
    from api.cli.output.index_views import done_json

    if as_json:
        click.echo(done_json(finished))
        if finished.interrupted:
            click.echo("stopped; run the same command again to continue", err=True)
    else:
        print_summary(finished, tally, settings)
