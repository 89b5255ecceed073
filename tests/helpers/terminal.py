"""A command in a pseudo-terminal of its own, as a person runs it: what it prints, and keys that are pressed."""

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 280.0
"""A busy machine takes long to import and load."""
REELSEEK = (sys.executable, "-c", "from api.cli.program import run; run()")
CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """What a command printed so far is `shown`."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self._process, self._master = process, master
        self.shown = ""

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, text: str, *, after: int = 0) -> None:
        """Until the text stands beyond a place of what is shown."""
        self._read_until(lambda: text in self.shown[after:], text)

    def wait_for_more(self, letters: int, *, after: int = 0) -> None:
        """Until so many letters stand beyond a place of what is shown."""
        self._read_until(lambda: len(self.shown[after:].strip()) >= letters, f"{letters} letters")

    def end(self) -> int:
        """The exit status, once the command has ended by itself."""
        self._read_until(lambda: self._process.poll() is not None, "the end")
        while self._read(0.0):
            pass
        return self._process.wait()

    def _read_until(self, is_there: Callable[[], bool], wanted: str) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not is_there():
            has_ended = self._process.poll() is not None
            if not self._read(0.2) and (has_ended or time.monotonic() > end) and not is_there():
                raise AssertionError(f"no {wanted!r} in what is shown: {self.shown!r}")

    def _read(self, seconds: float) -> bool:
        """Whether something came within a time."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # the other side is closed
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


@contextmanager
def in_terminal(command: Sequence[str]) -> Iterator[Terminal]:
    """Starts a command whose keyboard and screen are a pseudo-terminal; killed at the end if it still runs."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C is its signal
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)
        os.close(master)
