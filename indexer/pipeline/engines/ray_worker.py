"""A worker as an actor of Ray: what runs there (`JobActor`), and what the driver holds of it (`RayWorker`)."""

import socket
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar

from indexer.errors import ReelseekError
from indexer.pipeline.engines.job_runner import JobRunner
from indexer.pipeline.engines.messages import Answer, JobOrder, WorkerSetup
from indexer.pipeline.engines.worker import WorkerDiedError

Result = TypeVar("Result")
MOST_REASON_CHARACTERS = 300


class JobActor:
    """The actor's side. `stop` comes in a second thread."""

    def __init__(self) -> None:
        self._runner: JobRunner | None = None

    def place(self) -> str:
        """The machine's name."""
        return socket.gethostname()

    def load(self, setup: WorkerSetup) -> ReelseekError | None:
        """Loads the models; returns what concerns the whole run, for Ray would wrap what is raised."""
        try:
            self._runner = JobRunner(setup)
        except ReelseekError as error:
            return error
        return None

    def answers(self, order: JobOrder) -> Iterator[Answer]:
        """As `JobRunner.carry_out`."""
        assert self._runner is not None
        yield from self._runner.carry_out(order)

    def stop(self) -> None:
        """Ends the job soon."""
        if self._runner is not None:
            self._runner.stop()


class RayWorker:
    """The driver's side; as `Worker`. Errors of Ray become WorkerDiedError here."""

    def __init__(self, ray: Any, actor_class: Any, setup: WorkerSetup) -> None:
        """Asks for an actor.

        Args:
            ray: the module.
            actor_class: `JobActor` as a class of actors, with what each asks of a machine.
        """
        self._ray, self._setup = ray, setup
        self._actor = self._told(actor_class.remote)
        self._placed = self._told(self._actor.place.remote)
        self._place = ""

    @property
    def place(self) -> str:
        """The machine's name."""
        return self._place

    def is_placed(self, timeout_seconds: float) -> bool:
        """As `Worker.is_placed`."""
        ready, _ = self._told(lambda: self._ray.wait([self._placed], timeout=timeout_seconds))
        if ready:
            self._place = self._told(lambda: self._ray.get(self._placed))
        return bool(ready)

    def load(self) -> None:
        """As `Worker.load`."""
        error = self._told(lambda: self._ray.get(self._actor.load.remote(self._setup)))
        if error is not None:
            raise error

    def answers(self, order: JobOrder) -> Generator[Answer]:
        """As `Worker.answers`."""
        references = self._told(lambda: self._actor.answers.options(num_returns="streaming").remote(order))
        end = object()
        while (reference := self._told(lambda: next(references, end))) is not end:
            yield self._told(lambda: self._ray.get(reference))

    def stop(self) -> None:
        """As `Worker.stop`."""
        try:
            self._actor.stop.remote()
        except self._ray.exceptions.RayError:
            return

    def kill(self) -> None:
        """As `Worker.kill`."""
        try:
            self._ray.kill(self._actor)
        except self._ray.exceptions.RayError:
            return

    def _told(self, call: Callable[[], Result]) -> Result:
        try:
            return call()
        except self._ray.exceptions.RayError as error:
            raise WorkerDiedError(f"the worker on {self._place or 'a machine'} {self._why(error)}") from error

    def _why(self, error: Exception) -> str:
        kinds = self._ray.exceptions
        if isinstance(error, kinds.RayTaskError):
            cause: Any = error
            return _short(f"failed: {type(cause.cause).__name__}: {cause.cause}")
        if isinstance(error, kinds.OutOfMemoryError) or "memory pressure" in str(error):
            return "was killed since its machine lacks memory"
        if isinstance(error, kinds.RayActorError | kinds.NodeDiedError | kinds.WorkerCrashedError):
            return "died, or its machine did"
        return _short(f"cannot be used: {type(error).__name__}: {error}")


def _short(reason: str) -> str:
    return " ".join(reason.split())[:MOST_REASON_CHARACTERS]
