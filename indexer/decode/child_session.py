"""The parent's side of one decoding: hear the child under a time limit, see its pictures, kill it.

Leaves out what is asked and what the messages mean (`video`). One object is used by one thread at a time.
"""

import mmap
import os
import select
import signal
import time

import numpy as np

from indexer.decode.child import DecodeChild
from indexer.decode.child_log import last_line, log_since
from indexer.decode.protocol import DecodeRequest, Message, MessageBuffer, ring_slots
from indexer.errors import DecodeLimitError, DecoderCrashedError
from indexer.records import Pixels, Samples16

_READ_BYTES = 1 << 16


class DecodeSession:
    """A child that serves one request."""

    def __init__(self, request: DecodeRequest, *, stall_seconds: float, child: DecodeChild | None = None) -> None:
        """Hand the request to a child.

        Args:
            stall_seconds: silence after which the child is taken for hung.
            child: one that waits; None starts one.
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
        """Size the ring for pictures of `slot_bytes` and hand all its slots to the child."""
        count = ring_slots(slot_bytes)
        os.ftruncate(self._child.ring_fd, slot_bytes * count)
        _seal(self._child.ring_fd)
        self._ring = mmap.mmap(self._child.ring_fd, slot_bytes * count, prot=mmap.PROT_READ)
        self._slot_bytes = slot_bytes
        self._give_slots(bytes(range(count)))

    def take_frame(self, slot: int, width: int, height: int) -> Pixels:
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

    def take_audio(self, slot: int, samples: int) -> Samples16:
        """An owned copy of the sound in a slot, (samples,); the slot goes back to the child.

        Raises:
            DecoderCrashedError: the child named a slot or a length that does not exist.
        """
        if (
            self._ring is None
            or not 0 <= slot < ring_slots(self._slot_bytes)
            or not 0 <= samples * 2 <= self._slot_bytes
        ):
            raise DecoderCrashedError(f"the decoder's process sent nonsense: slot {slot}, {samples} samples")
        heard = np.frombuffer(self._ring, dtype=np.int16, count=samples, offset=slot * self._slot_bytes).copy()
        self._give_slots(bytes([slot]))
        return heard

    def receive(self) -> Message:
        """The next message other than progress.

        Raises:
            DecodeLimitError: no progress for `stall_seconds`, or the CPU limit was reached.
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
            data = os.read(descriptor, _READ_BYTES)
            if not data:
                raise self._death()
            self._buffer.feed(data)

    def close(self) -> None:
        """Kill the child if it runs and free everything; may be called twice."""
        self._child.close()
        if self._ring is not None:
            self._ring.close()
            self._ring = None

    def __del__(self) -> None:
        if hasattr(self, "_child"):
            self.close()

    def _give_slots(self, slots: bytes) -> None:
        self._child.write(slots)

    def _death(self) -> DecodeLimitError | DecoderCrashedError:
        code = self._child.process.wait(timeout=10)
        if code == -signal.SIGXCPU:
            return DecodeLimitError("decoding used more CPU time than decode_cpu_seconds allows")
        how = f"was ended by signal {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        last = last_line(log_since(0, self._child.log_fd))
        return DecoderCrashedError(f"the decoder's process {how}" + (f"; its last words: {last}" if last else ""))


def _seal(descriptor: int) -> None:
    """Forbid changes of size: a child gone wrong could otherwise shrink the file under the parent's map."""
    import fcntl

    if hasattr(fcntl, "F_ADD_SEALS"):
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
