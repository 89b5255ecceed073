"""The interface of an engine: it makes the stages of a plan's jobs."""

from collections.abc import Callable, Sequence
from typing import Protocol

from indexer.models.loading import Models
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.base import Stage


class Engine(Protocol):
    """Carries out jobs. Every engine leaves the same rows in the library."""

    def make_stages(
        self, run: RunContext, stages: Sequence[Stage], jobs: Sequence[Job], *, load: Callable[[], Models]
    ) -> None:
        """Does the work, and commits each video as it is finished; returns early when the run is cancelled.

        Args:
            stages: all of the run, prepared, in order.
            jobs: at least one.
            load: loads the embedding models, or gives those that are loaded.

        Raises:
            ReelseekError: what concerns the whole run. What was finished before is committed, or queued in the run.
        """
        ...
