"""A decoder child before it knows what to decode: the process, its pipes and its memory files.

Started ahead of time it has loaded its libraries when a request comes. It ends when its parent does.
"""

import contextlib
import os
import tempfile

from indexer.decode.protocol import DecodeRequest
from indexer.isolated_python import minimal_environment, start

_ENVIRONMENT = {
    "DECORD_EOF_RETRY_MAX": "256",  # the default of 10,240 spins for minutes at a damaged end
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",  # numpy's start-up otherwise makes a thread per core
    "MALLOC_ARENA_MAX": "2",
}


class DecodeChild:
    """A child that waits for its one request."""

    def __init__(self) -> None:
        """Start it."""
        self.log_fd = _memory_file("reelseek-log")
        self.ring_fd = _memory_file("reelseek-ring")
        self._life_read, self.life_fd = os.pipe()
        os.set_blocking(self._life_read, True)
        import fcntl

        fcntl.fcntl(self.log_fd, fcntl.F_SETFL, fcntl.fcntl(self.log_fd, fcntl.F_GETFL) | os.O_APPEND)
        try:
            self.process = start(
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
        """Hand over the request, its `ring_fd` and `life_fd` filled in."""
        values = {name: getattr(request, name) for name in DecodeRequest.__slots__}
        values.update(ring_fd=self.ring_fd, life_fd=self._life_read)  # the child has its own copy under this number
        self.write(DecodeRequest(**values).to_line())

    def write(self, data: bytes) -> None:
        """To the child's standard input; a dead child is noticed when it is heard."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(data)

    def close(self) -> None:
        """Kill it if it runs and free everything; may be called twice."""
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
    """A file descriptor of a file without a name, in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile(prefix=name) as stream:
        return os.dup(stream.fileno())
