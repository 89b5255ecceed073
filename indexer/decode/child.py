"""A decoder child process that has no request yet: the process, its pipes and its memory files.

A child that is started ahead of time has its libraries loaded when the request comes. It ends when its parent does.
"""

import contextlib
import os
import tempfile

from indexer.decode.protocol import DecodeRequest
from indexer.isolation.python_process import minimal_environment, start_python

_ENVIRONMENT = {
    "DECORD_EOF_RETRY_MAX": "256",  # the default, 10,240, spins for minutes on a truncated file
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",  # otherwise importing numpy starts a thread per core
    "MALLOC_ARENA_MAX": "2",
}


class DecodeChild:
    """A child process that serves a single request."""

    def __init__(self) -> None:
        """Start the process. Raises OSError."""
        self.log_fd = _memory_file("reelseek-log")
        self.ring_fd = _memory_file("reelseek-ring")
        self._life_read, self.life_fd = os.pipe()
        os.set_blocking(self._life_read, True)
        import fcntl

        fcntl.fcntl(self.log_fd, fcntl.F_SETFL, fcntl.fcntl(self.log_fd, fcntl.F_GETFL) | os.O_APPEND)
        try:
            self.process = start_python(
                "indexer.decode.worker.main",
                environment=minimal_environment(_ENVIRONMENT),
                stderr=self.log_fd,
                pass_fds=(self.ring_fd, self._life_read),
            )
        except BaseException:
            for descriptor in (self.log_fd, self.ring_fd, self.life_fd):
                os.close(descriptor)
            raise
        finally:
            os.close(self._life_read)

    def send(self, request: DecodeRequest) -> None:
        """Send the request, with `ring_fd` and `life_fd` filled in."""
        values = {name: getattr(request, name) for name in DecodeRequest.__slots__}
        values.update(ring_fd=self.ring_fd, life_fd=self._life_read)  # the child inherited it under this number
        self.write(DecodeRequest(**values).to_line())

    def write(self, data: bytes) -> None:
        """Write to the child's standard input. A dead child is noticed by the next read, not here."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(data)

    def close(self) -> None:
        """Kill the process if it runs, and release everything. Safe to call twice."""
        if self.life_fd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.process.wait()
        for descriptor in (self.life_fd, self.log_fd, self.ring_fd):
            os.close(descriptor)
        self.life_fd = -1


def _memory_file(name: str) -> int:
    """Descriptor of an anonymous file, in memory where the system supports that."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile(prefix=name) as stream:
        return os.dup(stream.fileno())
