"""The parent's side of one decoder child: start it, hear it under a time limit, see its pictures, kill it.

Leaves out what is asked and what the messages mean (`video`). One object is used by one thread at a time.
"""

import contextlib
import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from indexer.decode_log import last_line, log_since
from indexer.decode_protocol import DecodeRequest, Message, MessageBuffer, ring_slots
from indexer.errors import DecodeLimitError, DecoderCrashedError
from indexer.records import Pixels

_ROOT = Path(__file__).resolve().parent.parent
_ENVIRONMENT = {
    "DECORD_EOF_RETRY_MAX": "256",  # the default of 10,240 spins for minutes at a damaged end
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",  # numpy's start-up otherwise makes a thread per core
    "MALLOC_ARENA_MAX": "2",
    "PYTHONDONTWRITEBYTECODE": "",
}
_HEARING_BYTES = 1 << 16


class DecodeProcess:
    """A running child that serves one request."""

    def __init__(self, request: DecodeRequest, *, stall_seconds: float) -> None:
        """Start the child.

        Args:
            request: its `ring_fd` and `life_fd` are filled in here.
            stall_seconds: silence after which the child is taken for hung.
        """
        self._stall_seconds = stall_seconds
        self._buffer = MessageBuffer()
        self._ring: mmap.mmap | None = None
        self._slot_bytes = 0
        self._log_fd = _memory_file("reelseek-log")
        self._ring_fd = _memory_file("reelseek-ring")
        life_read, self._life_fd = os.pipe()
        os.set_blocking(life_read, True)
        import fcntl

        fcntl.fcntl(self._log_fd, fcntl.F_SETFL, fcntl.fcntl(self._log_fd, fcntl.F_GETFL) | os.O_APPEND)
        values = {name: getattr(request, name) for name in DecodeRequest.__slots__}
        values.update(ring_fd=self._ring_fd, life_fd=life_read)
        environment = {**os.environ, **_ENVIRONMENT}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "indexer.decode_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log_fd,
                pass_fds=(self._ring_fd, life_read),
                start_new_session=True,  # Ctrl-C is the parent's to handle
                env=environment,
                bufsize=0,
            )
        except BaseException:
            for descriptor in (self._log_fd, self._ring_fd, self._life_fd):
                os.close(descriptor)
            raise
        finally:
            os.close(life_read)
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(DecodeRequest(**values).to_line())

    @property
    def pid(self) -> int:
        return self._child.pid

    def make_ring(self, slot_bytes: int) -> None:
        """Size the ring for pictures of `slot_bytes` and hand all its slots to the child."""
        count = ring_slots(slot_bytes)
        os.ftruncate(self._ring_fd, slot_bytes * count)
        _seal(self._ring_fd)
        self._ring = mmap.mmap(self._ring_fd, slot_bytes * count, prot=mmap.PROT_READ)
        self._slot_bytes = slot_bytes
        self._give_slots(bytes(range(count)))

    def take_picture(self, slot: int, width: int, height: int) -> Pixels:
        """An owned copy of the picture in a slot, (height, width, 3); the slot goes back to the child.

        Raises:
            DecoderCrashedError: the child named a slot or a size that does not exist.
        """
        if self._ring is None or width * height * 3 != self._slot_bytes or not 0 <= slot < ring_slots(self._slot_bytes):
            raise DecoderCrashedError(f"the decoder's process sent nonsense: slot {slot}, {width} x {height}")
        flat = np.frombuffer(self._ring, dtype=np.uint8, count=self._slot_bytes, offset=slot * self._slot_bytes)
        pixels = flat.reshape(height, width, 3).copy()
        del flat
        self._give_slots(bytes([slot]))
        return pixels

    def hear(self) -> Message:
        """The next message other than progress.

        Raises:
            DecodeLimitError: no progress for `stall_seconds`, or the CPU limit was reached.
            DecoderCrashedError: the child died.
        """
        assert self._child.stdout is not None
        descriptor = self._child.stdout.fileno()
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        deadline = time.monotonic() + self._stall_seconds
        while True:
            try:
                message = self._buffer.take()
            except ValueError as error:
                raise DecoderCrashedError(f"the decoder's process sent nonsense: {error}") from error
            if message is not None:
                if message["type"] != "progress":
                    return message
                deadline = time.monotonic() + self._stall_seconds
                continue
            left = deadline - time.monotonic()
            if left <= 0 or not poller.poll(left * 1000):
                raise DecodeLimitError(
                    f"no progress for decode_stall_seconds = {self._stall_seconds:g}; the decoder was stopped"
                )
            data = os.read(descriptor, _HEARING_BYTES)
            if not data:
                raise self._death()
            self._buffer.feed(data)

    def close(self) -> None:
        """Kill the child if it runs and free everything; may be called twice."""
        if self._life_fd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._child.wait()
        if self._ring is not None:
            self._ring.close()
        for descriptor in (self._life_fd, self._log_fd, self._ring_fd):
            os.close(descriptor)
        self._life_fd = -1

    def __del__(self) -> None:
        if getattr(self, "_life_fd", -1) >= 0 and hasattr(self, "_child"):
            self.close()

    def _give_slots(self, slots: bytes) -> None:
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(slots)

    def _death(self) -> DecodeLimitError | DecoderCrashedError:
        code = self._child.wait(timeout=10)
        if code == -signal.SIGXCPU:
            return DecodeLimitError("decoding used more CPU time than decode_cpu_seconds allows")
        how = f"was ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        last = last_line(log_since(0, self._log_fd))
        return DecoderCrashedError(f"the decoder's process {how}" + (f"; its last words: {last}" if last else ""))


def _memory_file(name: str) -> int:
    """A file descriptor of a file without a name, in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with tempfile.TemporaryFile(prefix=name) as stream:
        return os.dup(stream.fileno())


def _seal(descriptor: int) -> None:
    """Forbid changes of size: a child gone wrong could otherwise shrink the file under the parent's map."""
    import fcntl

    if hasattr(fcntl, "F_ADD_SEALS"):
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
