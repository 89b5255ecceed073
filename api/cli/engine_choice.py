"""Flags of `reelseek index` -> the engine that carries out its jobs. Imports an engine only when it is asked for."""

from typing import TYPE_CHECKING

from indexer.errors import UsageError

if TYPE_CHECKING:
    from indexer.pipeline.engines.engine import Engine


def engine_of_flags(
    engine: str, *, address: str, worker_cpus: int | None, worker_gpus: float | None
) -> "Engine | None":
    """The engine that the flags ask for; None: this process.

    Raises:
        UsageError: flags of another engine were given.
        EngineError: the engine is not installed, or too old.
    """
    if engine == "ray":
        from indexer.pipeline.engines.ray_engine import RayEngine

        gpus = -1.0 if worker_gpus is None else worker_gpus
        return RayEngine(address=address, worker_cpus=worker_cpus or 0, worker_gpus=gpus)
    given = {"--address": address, "--worker-cpus": worker_cpus, "--worker-gpus": worker_gpus}
    for name, value in given.items():
        if value not in ("", None):
            raise UsageError(f"{name} is of the engine ray; add --engine ray, or leave it out")
    return None
