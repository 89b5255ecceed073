"""The child's own standard error: a file in memory that parent and child both can read, so nothing reaches a terminal.

FFmpeg and decord write there from C. A file and not a pipe: a pipe that nobody drains would block the decoder in the
middle of a call that holds Python's lock. `trim_log` bounds it.
"""

import os
import re

MAX_LOG_BYTES = 1 << 20
_STDERR = 2


def log_size() -> int:
    """Bytes written so far; a mark for `log_since`. 0 when standard error is not a file."""
    try:
        return os.fstat(_STDERR).st_size
    except OSError:
        return 0


def log_since(mark: int, descriptor: int = _STDERR, limit: int = 16384) -> str:
    """What was written after `mark`, at most the last `limit` bytes."""
    try:
        size = os.fstat(descriptor).st_size
        start = max(mark, size - limit)
        return os.pread(descriptor, max(0, size - start), start).decode("utf-8", "replace")
    except OSError:
        return ""


def trim_log() -> None:
    """Forget the log when it has grown large: a broken file can make a decoder write without end."""
    if log_size() > MAX_LOG_BYTES:
        os.ftruncate(_STDERR, 0)


def last_line(log: str) -> str:
    """The last line of a log without the addresses in it, so that the same fault gives the same words."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return re.sub(r" @ 0x[0-9a-f]+", "", lines[-1])[:300] if lines else ""
