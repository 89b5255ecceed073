"""The interface of a worker: a process, on this machine or another, that holds the models and makes videos."""

from collections.abc import Generator
from typing import Protocol

from indexer.pipeline.engines.messages import Answer, JobOrder


class WorkerDiedError(Exception):
    """A worker died, its machine did, or it cannot work any more; the message says where and why."""


class Worker(Protocol):
    """Makes one video after the other. Every method but `stop` and `kill` may raise WorkerDiedError."""

    @property
    def place(self) -> str:
        """The machine, as people know it; empty while none has taken the worker."""
        ...

    def is_placed(self, timeout_seconds: float) -> bool:
        """Whether a machine has taken the worker; waits up to that long."""
        ...

    def load(self) -> None:
        """Loads the models.

        Raises:
            ReelseekError: they, or the software, are not those of the run.
        """
        ...

    def answers(self, order: JobOrder) -> Generator[Answer]:
        """What it says while it makes a video; all but the last are progress."""
        ...

    def stop(self) -> None:
        """Ends the video at hand soon, with what is finished of it; returns at once."""
        ...

    def kill(self) -> None:
        """Ends the worker at once; safe to repeat."""
        ...
