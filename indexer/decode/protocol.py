"""The protocol between parent and decoder child, and its framing on the pipes.

Child to parent: `Message`s, each a 4-byte big-endian length and one JSON object. Parent to child: one JSON line
(`DecodeRequest`), then one byte for each free slot of the ring. Frames and audio travel through the ring, which is
shared memory. Leaves out process handling (`child`, `child_session`) and decoding. No third-party imports.
"""

import json
import os
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from indexer.config import Settings
from indexer.errors import (
    DecodeLimitError,
    DecoderCrashedError,
    EncryptedVideoError,
    NoPictureError,
    UnreadableVideoError,
    UnsafeVideoError,
    VanishedVideoError,
    VideoError,
)
from indexer.records import AUDIO_RATE

DecoderName = Literal["auto", "decord", "pyav"]
DecodeMode = Literal["frames", "probe", "text", "audio"]
Message = dict[str, Any]
"""A JSON object with a `type`: `probe`, `frame`, `audio`, `progress`, `done` or `error`."""

MAX_MESSAGE_BYTES = 64 << 20
"""A longer message means a faulty child; embedded text tracks are the longest valid ones."""
RING_BYTES = 64 << 20
"""The ring holds as many frames as fit into this, but at least 2 and at most 4."""
AUDIO_CHUNK_SAMPLES = 5 * AUDIO_RATE
"""Longest chunk of audio. It occupies one slot of the ring, at two bytes a sample."""

ERRORS_BY_KIND: dict[str, type[VideoError]] = {
    error.kind: error
    for error in (
        DecodeLimitError,
        DecoderCrashedError,
        EncryptedVideoError,
        NoPictureError,
        UnreadableVideoError,
        UnsafeVideoError,
        VanishedVideoError,
    )
}


@dataclass(frozen=True, slots=True)
class DecodeRequest:
    """A complete request; see `indexer.decode.video.open_video` for the meaning of the fields."""

    path: str
    mode: DecodeMode
    times: tuple[float, ...] | None
    frames_per_second: float | None
    after_seconds: float | None
    """Frames up to and including this time were sent by an earlier child and are not repeated."""
    max_side: int | None
    want_text: bool
    decoder: DecoderName
    threads: int
    cpu_seconds: float
    memory_mib: int
    max_pixels: int
    max_duration_hours: float
    max_streams: int
    require_confinement: bool
    """Whether to refuse the work where `indexer.isolation` cannot protect completely."""
    ring_fd: int = -1
    life_fd: int = -1
    """Read end of a pipe that carries no data: end of file means that the parent has exited."""

    def to_line(self) -> bytes:
        """One JSON line in ASCII, which preserves the surrogate escapes of undecodable file names."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n"

    @staticmethod
    def from_line(line: bytes) -> "DecodeRequest":
        values: dict[str, Any] = json.loads(line)
        values["times"] = None if values["times"] is None else tuple(values["times"])
        return DecodeRequest(**values)


def ring_slots(slot_bytes: int) -> int:
    """Number of slots of that size in the ring: 2 to 4."""
    return max(2, min(4, RING_BYTES // max(1, slot_bytes)))


def pack_message(message: Message) -> bytes:
    """The message with its length prefix."""
    body = json.dumps(message).encode("ascii")
    return struct.pack(">I", len(body)) + body


def write_all(descriptor: int, data: bytes | Sequence[int]) -> None:
    """Write every byte to a blocking file descriptor."""
    view = memoryview(bytes(data))
    while view:
        view = view[os.write(descriptor, view) :]


def read_request_line(descriptor: int, *, piece_bytes: int = 1) -> bytes:
    """A request: everything up to the first newline. Exits the process when the parent has closed the pipe.

    Args:
        piece_bytes: bytes per read; 1 where other data may follow the line and must stay in the pipe.
    """
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, piece_bytes)
        if not piece:
            os._exit(0)
        line += piece
    return bytes(line)


class MessageBuffer:
    """Assembles messages from the bytes of a pipe."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        self._data += data

    def take(self) -> Message | None:
        """The next complete message, or None when more bytes are needed.

        Raises:
            ValueError: the bytes are not a message.
        """
        if len(self._data) < 4:
            return None
        (length,) = struct.unpack_from(">I", self._data)
        if length > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message of {length} bytes is longer than {MAX_MESSAGE_BYTES}")
        if len(self._data) < 4 + length:
            return None
        body = bytes(self._data[4 : 4 + length])
        del self._data[: 4 + length]
        message: Any = json.loads(body)
        if not isinstance(message, dict) or "type" not in message:
            raise ValueError("a message must be a JSON object with a type")
        return message


def make_request(
    path: Path,
    settings: Settings,
    *,
    mode: DecodeMode,
    times: Sequence[float] | None = None,
    frames_per_second: float | None = None,
    max_side: int | None = None,
    want_text: bool = False,
    decoder: DecoderName = "auto",
    threads: int = 1,
) -> DecodeRequest:
    """A request with the limits of `settings`."""
    return DecodeRequest(
        path=str(path.absolute()),
        mode=mode,
        times=None if times is None else tuple(float(time) for time in times),
        frames_per_second=frames_per_second,
        after_seconds=None,
        max_side=max_side,
        want_text=want_text,
        decoder=decoder,
        threads=threads,
        cpu_seconds=settings.decode_cpu_seconds,
        memory_mib=settings.decode_memory_mib,
        max_pixels=settings.max_pixels,
        max_duration_hours=settings.max_duration_hours,
        max_streams=settings.max_streams,
        require_confinement=settings.require_confinement,
    )
