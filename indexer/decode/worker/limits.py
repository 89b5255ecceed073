"""Limits of a child process: resources, what it can reach, and its exit with the parent.

Leaves out the stall limit, set by the parent.

Memory: a thread checks anonymous resident memory every 0.1 s, which is what the setting limits; `RLIMIT_DATA` with
headroom stops a single huge allocation between two checks. `RLIMIT_AS` would count thread stacks, reserved arenas and
the shared ring, and fail on valid files.

Parent exit: the parent holds the write end of a pipe. When that closes, the kernel sends SIGIO, whose default action is
to terminate, even while a decoder spins with the GIL held. `PR_SET_PDEATHSIG` would fire when the *thread* that started
the child ends, which kills healthy children of thread pools. On other systems, a polling thread does the same with
some delay.
"""

import fcntl
import os
import resource
import select
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache

from indexer.decode.child_log import trim_child_log
from indexer.decode.protocol import DecodeRequest
from indexer.errors import UnsafeVideoError
from indexer.isolation.confine import confine

POLL_SECONDS = 0.1
_DATA_HEADROOM_BYTES = 1 << 30


def apply_limits(request: DecodeRequest) -> None:
    """Set the limits that the kernel enforces: CPU seconds, data size, no core files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_CPU, max(1, int(request.cpu_seconds)))
    if sys.platform == "linux":
        _lower(resource.RLIMIT_DATA, (request.memory_mib << 20) + _DATA_HEADROOM_BYTES)


def confine_to(request: DecodeRequest, *, writable: Sequence[str] = (), readable: Sequence[str] = ()) -> None:
    """Leave this process the source file and the files named; see `indexer.isolation.confine`.

    Call it before there are threads. On Linux the parent's death still ends the process: the kernel sends that signal.

    Raises:
        UnsafeVideoError: the settings require complete confinement and the system does not offer it.
    """
    anonymous_bytes()  # opens what cannot be opened afterwards
    try:
        confine((request.path, *readable), writable, is_required=request.require_confinement)
    except OSError as error:
        raise UnsafeVideoError(
            f"it was not decoded, since require_confinement is set and {error}; see `reelseek status`"
        ) from error


def end_with_parent(life_fd: int) -> None:
    """Make the kernel terminate this process when the other end of the pipe closes."""
    if sys.platform != "linux":
        return
    fcntl.fcntl(life_fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(life_fd, fcntl.F_SETFL, fcntl.fcntl(life_fd, fcntl.F_GETFL) | os.O_ASYNC)
    signal.signal(signal.SIGIO, signal.SIG_DFL)


def anonymous_bytes() -> int:
    """Private resident memory: without files and the shared ring. 0 where it is unknown."""
    try:
        fields = os.pread(_memory_statistics(), 256, 0).split()
        return (int(fields[1]) - int(fields[2])) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0


@cache
def _memory_statistics() -> int:
    """Descriptor of this process's memory statistics. Raises OSError where there are none."""
    return os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)


def start_watchdog(request: DecodeRequest, on_memory: Callable[[int], None]) -> None:
    """Start a thread that exits with the parent, or after calling `on_memory(MiB)` above the memory limit."""
    parent = os.getppid()

    def watch() -> None:
        poller = select.poll()
        poller.register(request.life_fd, select.POLLIN)
        limit = request.memory_mib << 20
        while True:
            if poller.poll(POLL_SECONDS * 1000) or os.getppid() != parent:
                os._exit(0)
            used = anonymous_bytes()
            if used > limit:
                on_memory(used >> 20)
                os._exit(0)
            trim_child_log()

    threading.Thread(target=watch, name="watchdog", daemon=True).start()


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard == resource.RLIM_INFINITY or value < hard:
        resource.setrlimit(which, (value, value if which != resource.RLIMIT_CPU else value + 5))
