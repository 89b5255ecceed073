"""Child processes of the trials: forked from one that has loaded the models and nothing else, watched, and killed.

Loading takes longer than the work that is to be disturbed. LanceDB has threads, so only children import the store.
"""

import faulthandler
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from indexer.errors import LibraryBrokenError, LibraryLockedError, ReelseekError

FORK = multiprocessing.get_context("fork")
MOST_SECONDS = 600.0
"""Of one child. A trial takes seconds, on a busy machine a minute; what takes longer hangs."""

Tell = Callable[[str], None]
"""Tells the parent which step begins."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended."""

    how: str
    """`done`, `raised`, `died` (killed by a signal, or exited without a result) or `hung` (and was killed then)."""
    value: Any = None
    """What the function returned."""
    error: str = ""
    """In words, with the traceback of an error that is not typed."""
    kind: str = ""
    """`typed` (a ReelseekError), `locked`, `broken` or `untyped`."""

    def fault(self, *, allowed: tuple[str, ...] = ()) -> list[str]:
        """What is wrong with this end: nothing where it is done or raised an allowed kind of error."""
        if self.how == "done" or (self.how == "raised" and self.kind in allowed):
            return []
        return [f"{self.how}: {self.error}"]


class Child:
    """A function at work in a forked process. It is called with `tell`, then the arguments."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._ours, theirs = FORK.Pipe()
        self._step = ""
        self._ended: Ended | None = None
        self._process = FORK.Process(target=_call, args=(theirs, function, arguments))
        self._process.start()
        theirs.close()

    def wait_for_step(self, seconds: float = MOST_SECONDS) -> None:
        """Returns at the next step that the child tells, at its end, or after a while."""
        self._receive(seconds)

    def kill_after(self, seconds: float) -> None:
        """Kills it after a while, unless it has ended by then."""
        self._process.join(seconds)
        self.kill()

    def kill(self) -> None:
        """Kills it at once."""
        if self._process.is_alive() and self._process.pid:
            os.kill(self._process.pid, signal.SIGKILL)
        self._process.join()

    def end(self, seconds: float = MOST_SECONDS) -> Ended:
        """Waits for its end; kills it when that takes too long."""
        until = time.monotonic() + seconds
        while self._ended is None:
            self._receive(until - time.monotonic())
        self._process.join(10.0)
        self.kill()
        self._ours.close()
        return self._ended

    def _receive(self, seconds: float) -> None:
        """Takes the next step, or notes how the child ended."""
        where = self._step or "its beginning"
        if not self._ours.poll(max(0.0, seconds)):
            self.kill()
            self._ended = Ended("hung", error=f"no end in time, at {where}")
            return
        try:
            what, value = self._ours.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            self._ended = Ended("died", error=f"exit code {self._process.exitcode} at {where}")
            return
        if what == "step":
            self._step = value
        else:
            self._ended = value


def run_child(function: Callable[..., Any], *arguments: Any) -> Ended:
    """Calls a function in a forked process, as `Child` does, and waits for its end."""
    return Child(function, *arguments).end()


def _call(pipe: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    faulthandler.dump_traceback_later(MOST_SECONDS - 5.0)  # on standard error: where it hangs

    def tell(step: str) -> None:
        pipe.send(("step", step))

    try:
        value = function(tell, *arguments)
        pipe.send(("ended", Ended("done", value)))
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is counted
        pipe.send(("ended", _raised(error)))
    # At once: what LanceDB's threads do at the end of an interpreter is not the subject here.
    pipe.close()
    os._exit(0)


def _raised(error: BaseException) -> Ended:
    name, text = type(error).__name__, " ".join(str(error).split())
    match error:
        case LibraryLockedError():
            return Ended("raised", error=f"{name}: {text}", kind="locked")
        case LibraryBrokenError():
            return Ended("raised", error=f"{name}: {text}", kind="broken")
        case ReelseekError():
            return Ended("raised", error=f"{name}: {text}", kind="typed")
        case _:
            return Ended("raised", error="".join(traceback.format_exception(error)), kind="untyped")
