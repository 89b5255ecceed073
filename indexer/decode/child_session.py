"""The parent's side of one decoder request: receives messages under a time limit, copies frames, kills the child.

Leaves out what the messages mean (`video`, `audio`). Not thread-safe.
"""

import mmap
import os
import select
import signal
import time

import numpy as np

from indexer.decode.child import DecodeChild
from indexer.decode.child_log import child_log_since, last_child_log_line
from indexer.decode.protocol import DecodeRequest, Message, MessageBuffer, ring_slots
from indexer.errors import DecodeLimitError, DecoderCrashedError
from indexer.records import Pixels, Samples16

_READ_BYTES = 1 << 16


class DecodeSession:
    """One request to one child, and the shared memory through which frames and audio come back."""

    def __init__(self, request: DecodeRequest, *, stall_seconds: float, child: DecodeChild | None = None) -> None:
        """Send the request to a child.

        Args:
            stall_seconds: time without a message after which the child counts as hung.
            child: an idle one; None starts one.
        """
        self._stall_seconds = stall_seconds
        self._buffer = MessageBuffer()
        self._ring: mmap.mmap | None = None
        self._slot_bytes = 0
        self._child = child or DecodeChild()
        self._child.send(request)

    @property
    def pid(self) -> int:
        return self._child.process.pid

    def make_ring(self, slot_bytes: int) -> None:
        """Size the ring for frames of `slot_bytes` and give all its slots to the child."""
        count = ring_slots(slot_bytes)
        os.ftruncate(self._child.ring_fd, slot_bytes * count)
        _seal(self._child.ring_fd)
        self._ring = mmap.mmap(self._child.ring_fd, slot_bytes * count, prot=mmap.PROT_READ)
        self._slot_bytes = slot_bytes
        self._give_slots(bytes(range(count)))

    def take_frame(self, slot: int, width: int, height: int) -> Pixels:
        """A copy of the frame in a slot, (height, width, 3); the slot is returned to the child.

        Raises:
            DecoderCrashedError: the child named an invalid slot or size.
        """
        if self._ring is None or width * height * 3 != self._slot_bytes or not 0 <= slot < ring_slots(self._slot_bytes):
            raise DecoderCrashedError(f"the decoder process sent an invalid message: slot {slot}, {width} x {height}")
        flat = np.frombuffer(self._ring, dtype=np.uint8, count=self._slot_bytes, offset=slot * self._slot_bytes)
        pixels = flat.reshape(height, width, 3).copy()
        del flat
        self._give_slots(bytes([slot]))
        return pixels

    def take_audio(self, slot: int, samples: int) -> Samples16:
        """A copy of the audio in a slot, (samples,); the slot is returned to the child.

        Raises:
            DecoderCrashedError: the child named an invalid slot or length.
        """
        if (
            self._ring is None
            or not 0 <= slot < ring_slots(self._slot_bytes)
            or not 0 <= samples * 2 <= self._slot_bytes
        ):
            raise DecoderCrashedError(f"the decoder process sent an invalid message: slot {slot}, {samples} samples")
        audio = np.frombuffer(self._ring, dtype=np.int16, count=samples, offset=slot * self._slot_bytes).copy()
        self._give_slots(bytes([slot]))
        return audio

    def receive(self) -> Message:
        """The next message that is not `progress`.

        Raises:
            DecodeLimitError: no message for `stall_seconds`, or the CPU limit was reached.
            DecoderCrashedError: the child died.
        """
        assert self._child.process.stdout is not None
        descriptor = self._child.process.stdout.fileno()
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        deadline = time.monotonic() + self._stall_seconds
        while True:
            try:
                message = self._buffer.take()
            except ValueError as error:
                raise DecoderCrashedError(f"the decoder process sent an invalid message: {error}") from error
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
            data = os.read(descriptor, _READ_BYTES)
            if not data:
                raise self._exit_error()
            self._buffer.feed(data)

    def close(self) -> None:
        """Kill the child if it runs, and release everything. Safe to call twice."""
        self._child.close()
        if self._ring is not None:
            self._ring.close()
            self._ring = None

    def __del__(self) -> None:
        if hasattr(self, "_child"):
            self.close()

    def _give_slots(self, slots: bytes) -> None:
        self._child.write(slots)

    def _exit_error(self) -> DecodeLimitError | DecoderCrashedError:
        code = self._child.process.wait(timeout=10)
        if code == -signal.SIGXCPU:
            return DecodeLimitError("decoding used more CPU time than decode_cpu_seconds allows")
        how = f"was killed by signal {signal.Signals(-code).name}" if code < 0 else f"exited with status {code}"
        last = last_child_log_line(child_log_since(0, self._child.log_fd))
        return DecoderCrashedError(f"the decoder process {how}" + (f"; its last log line: {last}" if last else ""))


def _seal(descriptor: int) -> None:
    """Forbid resizing: a faulty child could otherwise shrink the file under the parent's memory map."""
    import fcntl

    if hasattr(fcntl, "F_ADD_SEALS"):
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
