"""The child process of an indexing job, separate from the service so that a crash does not affect it."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields

from indexer.config import Settings
from indexer.isolation.python_process import inherited_environment, start_python_async

_LINE_BYTES = 1 << 20
INTERRUPT_SECONDS = 20.0
"""Time between interrupting and killing the process."""
_ERROR_LINES = 5


class JobChild:
    """One run of the indexer over some paths."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._last_errors: deque[str] = deque(maxlen=_ERROR_LINES)
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, paths: Sequence[str], settings: Settings) -> "JobChild":
        """Start the process. Raises OSError."""
        process = await start_python_async(
            "api.cli.index_job",
            os.getcwd(),  # noqa: PTH109 - only passed on
            *paths,
            environment=job_environment(settings),
            line_bytes=_LINE_BYTES,
        )
        return cls(process)

    async def run(self, on_line: Callable[[bytes], None]) -> tuple[int, str]:
        """Read the output until the process exits. Returns the exit status and the last lines of standard error."""
        assert self._process.stdout
        stderr = asyncio.create_task(self._read_stderr())
        try:
            while line := await _read_line(self._process.stdout):
                on_line(line)
            code = await self._process.wait()
            await stderr
        finally:
            stderr.cancel()
            if self._ending:
                self._ending.cancel()
            self.kill()
        return code, " / ".join(self._last_errors)

    def interrupt(self) -> None:
        """Ask the process to stop, and kill it after `INTERRUPT_SECONDS`."""
        if self._ending is None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)
            self._ending = asyncio.create_task(self._kill_later())

    def kill(self) -> None:
        """Kill the process and its children at once. Safe to call twice."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _kill_later(self) -> None:
        await asyncio.sleep(INTERRUPT_SECONDS)
        self.kill()

    async def _read_stderr(self) -> None:
        assert self._process.stderr
        while line := await _read_line(self._process.stderr):
            self._last_errors.append(line.decode("utf-8", "replace").strip()[:500])


async def _read_line(stream: asyncio.StreamReader) -> bytes:
    """The next line. Overlong lines are dropped."""
    while True:
        try:
            return await stream.readline()
        except ValueError:
            continue


def job_environment(settings: Settings) -> dict[str, str]:
    """Environment of the child: every setting as a variable, so that it uses exactly these settings."""
    values = {
        f"REELSEEK_{item.name.upper()}": str(value).lower() if isinstance(value, bool) else str(value)
        for item in fields(Settings)
        if (value := getattr(settings, item.name)) is not None
    }
    return inherited_environment(values)
