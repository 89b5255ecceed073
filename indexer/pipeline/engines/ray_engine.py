"""The Ray engine: workers on many machines make the videos, and this process commits them.

Plain actors, not Ray Data: a job is one video with an answer that streams, which is what an actor's method is; which
job is tried again, and how often, stays with `worker_pool`.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from indexer.errors import EngineError, UsageError
from indexer.models.loading import Models
from indexer.pipeline.engines.messages import WorkerSetup
from indexer.pipeline.engines.ray_cluster import connected, count_workers, import_ray
from indexer.pipeline.engines.ray_worker import JobActor, RayWorker
from indexer.pipeline.engines.result_commits import ResultCommits, order_of
from indexer.pipeline.engines.worker_pool import WorkerPool
from indexer.pipeline.fingerprints import running_software
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.base import Stage

MOST_DEFAULT_CPUS = 4
"""More cores gain little on one video."""


class RayEngine:
    """An engine for a cluster, or for the cores of this machine."""

    def __init__(self, *, address: str = "", worker_cpus: int = 0, worker_gpus: float = -1.0) -> None:
        """
        Args:
            address: HOST:PORT of a cluster, of which this machine is a part; empty: this machine alone.
            worker_cpus: cores that each worker asks for; 0: those of the smallest machine, at most 4.
            worker_gpus: GPUs that each worker asks for, may be a share; negative: one where there is any.

        Raises:
            EngineError: Ray is not installed, or too old.
        """
        self._ray = import_ray(address)
        self._address, self._worker_cpus, self._worker_gpus = address, worker_cpus, worker_gpus

    def make_stages(
        self, run: RunContext, stages: Sequence[Stage], jobs: Sequence[Job], *, load: Callable[[], Models]
    ) -> None:
        """As `Engine.make_stages`; `load` is not called: workers load the models of the settings.

        Raises:
            UsageError: the run has loaded models of single stages, which cannot be sent.
            EngineError: Ray cannot be used, or no worker is left; what was finished is committed.
        """
        if run.loaded.speech or run.loaded.vision_language:
            raise UsageError("loaded models cannot be sent to other machines; name them in the settings")
        with connected(self._ray, self._address):
            nodes: list[dict[str, Any]] = [node for node in self._ray.nodes() if node["Alive"]]
            cpus, gpus = self._asked(nodes)
            actor_class = self._ray.remote(JobActor).options(
                num_cpus=cpus, num_gpus=gpus, max_concurrency=2, max_restarts=0, scheduling_strategy="SPREAD"
            )
            setup = WorkerSetup(
                run.settings, run.library.maker, running_software(), run.retry_failed, cpus, str(Path.cwd())
            )
            pool = WorkerPool(
                jobs,
                start=lambda: RayWorker(self._ray, actor_class, setup),
                size=count_workers(nodes, cpus=cpus, gpus=gpus),
                order_of=lambda job: order_of(job, run),
                emit=run.emit,
                cancel=run.cancel,
            )
            _commit_results(run, pool)

    def _asked(self, nodes: Sequence[dict[str, Any]]) -> tuple[int, float]:
        """(CPUs, GPUs) of each worker."""
        sizes = [int(node["Resources"].get("CPU", 0)) for node in nodes]
        smallest = min((size for size in sizes if size), default=1)
        has_gpus = any(node["Resources"].get("GPU", 0) for node in nodes)
        gpus = self._worker_gpus if self._worker_gpus >= 0 else float(has_gpus)
        return self._worker_cpus or min(MOST_DEFAULT_CPUS, smallest), gpus


def _commit_results(run: RunContext, pool: WorkerPool) -> None:
    commits = ResultCommits(run)
    try:
        with closing(pool.results()) as results:
            for made in results:
                if made is not None:
                    commits.add(made.job, made.outcome)
                run.commits.flush_when_due()
    except EngineError:
        run.commits.flush()
        raise
    run.commits.flush()
