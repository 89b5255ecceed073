"""The catalog's stages as classes. A stage's module is imported only when the stage is needed."""

from importlib import import_module

from indexer.catalog import STAGE_ENTRIES, StageEntry
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.base import Stage


def stage_class(entry: StageEntry) -> type[Stage]:
    """The class that a catalog entry names."""
    module, _, name = entry.implementation.partition(":")
    found: type[Stage] = getattr(import_module(module), name)
    return found


def create_stages(run: RunContext) -> list[Stage]:
    """Every stage of the catalog, in the order in which they are made."""
    return [stage_class(entry)(run) for entry in STAGE_ENTRIES]
