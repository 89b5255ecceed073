"""Runs the pipeline under a view: events to the tally and the view, Ctrl-C to the pipeline's cancel switch."""

import threading
from collections.abc import Sequence
from pathlib import Path

from api.cli.interrupt import stop_on_signal
from api.cli.output.index_views import IndexView
from api.index_progress import IndexProgress
from indexer.config import Settings
from indexer.pipeline.events import IndexEvent, IndexFinished


def run_index(
    paths: Sequence[Path],
    *,
    settings: Settings,
    tally: IndexProgress,
    view: IndexView,
    prune: bool = False,
    retry_failed: bool = False,
) -> IndexFinished:
    """Indexes and shows it; the first Ctrl-C ends the run early with `interrupted` set."""
    cancel = threading.Event()

    def on_event(event: IndexEvent) -> None:
        tally.add(event)
        view.show(event)

    with view, stop_on_signal(cancel, view.stopping):
        # Imported while the view shows already: the libraries behind it take seconds to load.
        from indexer.pipeline.index import index_paths

        return index_paths(
            paths, settings=settings, on_event=on_event, cancel=cancel, prune=prune, retry_failed=retry_failed
        )
