"""Starting, hearing and ending the process that indexes: apart from the service, so that a crash harms nothing."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields

from indexer.config import Settings
from indexer.isolated_python import inherited_environment, start_async

_LINE_BYTES = 1 << 20
INTERRUPT_SECONDS = 20.0
"""Between asking and killing."""
_ERROR_LINES = 5


class JobChild:
    """One run over some paths."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._last: deque[str] = deque(maxlen=_ERROR_LINES)
        self._ending: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, paths: Sequence[str], settings: Settings) -> "JobChild":
        """Raises OSError when the system starts no process."""
        process = await start_async(
            "api.cli.index_job",
            os.getcwd(),  # noqa: PTH109 - only passed on
            *paths,
            environment=environment(settings),
            line_bytes=_LINE_BYTES,
        )
        return cls(process)

    async def run(self, on_line: Callable[[bytes], None]) -> tuple[int, str]:
        """Hears it to its end: its exit status, and its last words on standard error."""
        assert self._process.stdout
        words = asyncio.create_task(self._read_stderr())
        try:
            while line := await _line(self._process.stdout):
                on_line(line)
            code = await self._process.wait()
            await words
        finally:
            words.cancel()
            if self._ending:
                self._ending.cancel()
            self.kill()
        return code, " / ".join(self._last)

    def interrupt(self) -> None:
        """Asks it to stop; kills it when it does not."""
        if self._ending is None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)
            self._ending = asyncio.create_task(self._kill_later())

    def kill(self) -> None:
        """Ends it and its children at once; safe to repeat."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _kill_later(self) -> None:
        await asyncio.sleep(INTERRUPT_SECONDS)
        self.kill()

    async def _read_stderr(self) -> None:
        assert self._process.stderr
        while line := await _line(self._process.stderr):
            self._last.append(line.decode("utf-8", "replace").strip()[:500])


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line; an overlong one is dropped."""
    while True:
        try:
            return await stream.readline()
        except ValueError:
            continue


def environment(settings: Settings) -> dict[str, str]:
    """Every setting as a variable, so that the child works with exactly these."""
    values = {
        f"REELSEEK_{item.name.upper()}": str(value).lower() if isinstance(value, bool) else str(value)
        for item in fields(Settings)
        if (value := getattr(settings, item.name)) is not None
    }
    return inherited_environment(values)
