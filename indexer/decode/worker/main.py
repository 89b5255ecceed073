"""Entry point of the decoder child: reads one request, sends its results and exits.

Started by `indexer.decode.child`, never imported by other code. It parses untrusted bytes, so it holds no secrets,
writes no files and may be killed at any time. Leaves out the decoders (`job`).
"""

import fcntl
import mmap
import os
import signal
import sys
import threading
import time
from typing import Any

from numpy.typing import NDArray

from indexer.decode.protocol import (
    AUDIO_CHUNK_SAMPLES,
    DecodeRequest,
    Message,
    pack_message,
    read_request_line,
    ring_slots,
    write_all,
)
from indexer.decode.worker.limits import apply_limits, confine_to, end_with_parent, start_watchdog
from indexer.errors import DecodeLimitError, VideoError
from indexer.records import Pixels, Samples16

_PROGRESS_SECONDS = 0.5


class DecodeWorkerChannel:
    """The child's end of the pipes and of the ring."""

    def __init__(self, request: DecodeRequest, control_fd: int) -> None:
        self._request = request
        self._control_fd = control_fd
        self._lock = threading.Lock()
        self._ring: mmap.mmap | None = None
        self._slot_bytes = 0
        self._free: list[int] = []
        self._last_progress = time.monotonic()

    def send(self, message: Message) -> None:
        with self._lock:
            write_all(self._control_fd, pack_message(message))

    def progress(self) -> None:
        """Report from time to time that decoding advances, so that sparse sampling does not look like a hang."""
        now = time.monotonic()
        if now - self._last_progress > _PROGRESS_SECONDS:
            self._last_progress = now
            self.send({"type": "progress"})

    def memory_exceeded(self, used_mib: int) -> None:
        """Report the memory limit. Called by the watchdog thread while the main thread may be inside a decoder."""
        limit = self._request.memory_mib
        self.send(
            decode_error_message(
                DecodeLimitError(f"decoding used {used_mib} MiB, more than decode_memory_mib = {limit}")
            )
        )

    def send_frame(self, seconds: float, pixels: Pixels) -> None:
        """Put a frame into a free slot, waiting for one. Exits when the parent is gone."""
        height, width, _ = pixels.shape
        slot = self._fill_slot(pixels, height * width * 3)
        self.send({"type": "frame", "slot": slot, "time": seconds, "height": height, "width": width})

    def send_audio(self, seconds: float, samples: Samples16) -> None:
        """The same for up to `AUDIO_CHUNK_SAMPLES` samples that start at `seconds`."""
        slot = self._fill_slot(samples, AUDIO_CHUNK_SAMPLES * samples.itemsize)
        self.send({"type": "audio", "slot": slot, "time": seconds, "samples": len(samples)})

    def _fill_slot(self, values: NDArray[Any], slot_bytes: int) -> int:
        import numpy as np

        if self._ring is None:
            self._slot_bytes = slot_bytes
            self._free = self._read_slots()
            self._ring = mmap.mmap(self._request.ring_fd, slot_bytes * ring_slots(slot_bytes))
        if not self._free:
            self._free = self._read_slots()
        slot = self._free.pop(0)
        start = slot * self._slot_bytes
        target = np.frombuffer(self._ring, dtype=values.dtype, count=values.size, offset=start)
        target.reshape(values.shape)[...] = values
        self._last_progress = time.monotonic()
        return slot

    def _read_slots(self) -> list[int]:
        data = os.read(0, 255)
        if not data:
            os._exit(0)
        return list(data)


def decode_error_message(error: VideoError) -> Message:
    """An error as a message to the parent."""
    return {"type": "error", "kind": error.kind, "reason": str(error)}


def main() -> None:
    """Serve one request on standard input and output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Standard output carries messages: move it, so that output of a decoder cannot mix with them.
    control_fd = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    os.dup2(2, 1)
    from indexer.decode.worker.job import DecodeJob  # loads the libraries while the request may still be pending

    request = DecodeRequest.from_line(read_request_line(0))
    end_with_parent(request.life_fd)
    apply_limits(request)
    channel = DecodeWorkerChannel(request, control_fd)
    try:
        confine_to(request)
        start_watchdog(request, channel.memory_exceeded)
        for message in DecodeJob(request, channel).run():
            channel.send(message)
    except VideoError as error:
        channel.send(decode_error_message(error))
    except MemoryError:
        limit = request.memory_mib
        channel.send(
            decode_error_message(DecodeLimitError(f"decoding used more memory than decode_memory_mib = {limit} MiB"))
        )
    except BrokenPipeError:
        pass
    sys.stderr.flush()
    # Skip interpreter shutdown, in which threads of decord and FFmpeg may hang.
    os._exit(0)


if __name__ == "__main__":
    main()
