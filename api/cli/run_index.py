"""An indexing run with a view: events go to the tally and the view, Ctrl-C cancels the run."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.interrupt import stop_on_signal
from api.cli.output.index_views import IndexView
from api.index_progress import IndexProgress
from indexer.config import Settings
from indexer.pipeline.events import IndexEvent, IndexFinished

if TYPE_CHECKING:
    from indexer.pipeline.engines.engine import Engine


def run_index(
    paths: Sequence[Path],
    *,
    settings: Settings,
    tally: IndexProgress,
    view: IndexView,
    prune: bool = False,
    retry_failed: bool = False,
    engine: "Engine | None" = None,
) -> IndexFinished:
    """Runs indexing under a view; the first Ctrl-C ends it early, with `interrupted` set.

    Args:
        engine: carries out the jobs; None: this process does.
    """
    cancel = threading.Event()

    def on_event(event: IndexEvent) -> None:
        tally.add(event)
        view.show(event)

    with view, stop_on_signal(cancel, view.stopping):
        # Imported while the view is already shown: this takes seconds.
        from indexer.pipeline.index import index_paths

        return index_paths(
            paths,
            settings=settings,
            on_event=on_event,
            cancel=cancel,
            prune=prune,
            retry_failed=retry_failed,
            engine=engine,
        )
