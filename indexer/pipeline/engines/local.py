"""The local engine: this process makes one stage after the other, each for all videos at once. The default."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from indexer.errors import ReelseekError
from indexer.models.loading import Models
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.unexpected import concerns_whole_run
from indexer.provenance import provenance_of
from indexer.store.maker_file import check_maker


class LocalEngine:
    """An engine without other machines."""

    def make_stages(
        self, run: RunContext, stages: Sequence[Stage], jobs: Sequence[Job], *, load: Callable[[], Models]
    ) -> None:
        """As `Engine.make_stages`.

        Raises:
            ModelError: the models cannot be loaded.
            LibraryModelsError: the library was made with other models.
        """
        models = load()
        check_maker(run.library.path, run.library.maker, provenance_of(models, run.settings))
        run.models = models
        for stage in stages:
            try:
                with _operation_threads(run, stage):
                    stage.make(jobs)
            except BaseException as error:
                if isinstance(error, ReelseekError) or concerns_whole_run(error):
                    raise
                run.leave_out_failed(stage.name, error)


def _operation_threads(run: RunContext, stage: Stage) -> AbstractContextManager[None]:
    if not (stage.one_thread_an_operation and (run.models.picture or run.models.text)):
        return nullcontext()
    from indexer.models.device import single_thread_on_cpu  # imports torch, which takes seconds

    return single_thread_on_cpu(run.settings.device)
