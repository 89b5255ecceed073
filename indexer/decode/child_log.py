"""The log of a child process: its standard error, a memory file that parent and child can read.

FFmpeg and decord write to it from C. It is a file because a pipe that nobody drains would block the decoder inside a
call that holds the GIL. `trim_child_log` bounds its size.
"""

import os
import re

MAX_LOG_BYTES = 1 << 20
_STDERR = 2


def child_log_size() -> int:
    """Bytes written so far, to pass to `child_log_since`. 0 when standard error is not a file."""
    try:
        return os.fstat(_STDERR).st_size
    except OSError:
        return 0


def child_log_since(mark: int, descriptor: int = _STDERR, limit: int = 16384) -> str:
    """Text written after offset `mark`: at most the last `limit` bytes."""
    try:
        size = os.fstat(descriptor).st_size
        start = max(mark, size - limit)
        return os.pread(descriptor, max(0, size - start), start).decode("utf-8", "replace")
    except OSError:
        return ""


def trim_child_log() -> None:
    """Empty the log when it has grown large: a broken file can make a decoder log without end."""
    if child_log_size() > MAX_LOG_BYTES:
        os.ftruncate(_STDERR, 0)


def last_child_log_line(log: str) -> str:
    """Last line of a log, without memory addresses, so that the same fault always gives the same message."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return re.sub(r" @ 0x[0-9a-f]+", "", lines[-1])[:300] if lines else ""
