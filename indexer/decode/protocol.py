"""What parent and decoder child say to each other, and how it is framed on the pipes.

Child to parent: `Message`s, each a 4-byte big-endian length and one JSON object. Parent to child: one JSON line
(`DecodeRequest`), then one byte for each free slot of the ring. Pictures and sound themselves never travel here.
Leaves out who starts or kills whom (`decode_process`) and all decoding. No third-party imports.
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

DecoderName = Literal["auto", "decord", "pyav"]
DecodeMode = Literal["frames", "probe", "text", "sound"]
Message = dict[str, Any]
"""A JSON object with a `type`: `probe`, `frame`, `sound`, `progress`, `done` or `error`."""

MAX_MESSAGE_BYTES = 64 << 20
"""A longer message cannot come from a sane child; embedded text tracks are the longest ones."""
RING_BYTES = 64 << 20
"""The ring holds as many pictures as fit here, at least 2 and at most 4."""
AUDIO_RATE = 16_000
"""Samples a second of what is sent of a sound track: what speech models hear."""
AUDIO_CHUNK_SAMPLES = 5 * AUDIO_RATE
"""The longest piece of sound; it takes a slot of the ring as a picture does, two bytes a sample."""

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
    """Everything the child needs to know; see `indexer.decode.video.open_video` for the meaning of the fields."""

    path: str
    mode: DecodeMode
    times: tuple[float, ...] | None
    frames_per_second: float | None
    after_seconds: float | None
    """Frames up to and including this time were delivered by an earlier child and are not sent again."""
    max_side: int | None
    want_text: bool
    decoder: DecoderName
    threads: int
    cpu_seconds: float
    memory_mib: int
    max_pixels: int
    max_duration_hours: float
    max_streams: int
    ring_fd: int = -1
    life_fd: int = -1
    """Read end of a pipe on which nothing is ever written: its end of file means that the parent is gone."""

    def to_line(self) -> bytes:
        """One JSON line; surrogate escapes of undecodable file names survive as ASCII."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n"

    @staticmethod
    def from_line(line: bytes) -> "DecodeRequest":
        values: dict[str, Any] = json.loads(line)
        values["times"] = None if values["times"] is None else tuple(values["times"])
        return DecodeRequest(**values)


def ring_slots(slot_bytes: int) -> int:
    """How many pictures of that size the ring holds: 2 to 4."""
    return max(2, min(4, RING_BYTES // max(1, slot_bytes)))


def pack_message(message: Message) -> bytes:
    """A message as it travels: length, then JSON."""
    body = json.dumps(message).encode("ascii")
    return struct.pack(">I", len(body)) + body


def write_all(descriptor: int, data: bytes | Sequence[int]) -> None:
    """Write every byte to a blocking file descriptor."""
    view = memoryview(bytes(data))
    while view:
        view = view[os.write(descriptor, view) :]


def read_line(descriptor: int, *, piece_bytes: int = 1) -> bytes:
    """A request: everything up to the first newline. Ends the process when the parent is gone before.

    Args:
        piece_bytes: read at once; 1 where more than the request may follow, since that must stay in the pipe.
    """
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, piece_bytes)
        if not piece:
            os._exit(0)
        line += piece
    return bytes(line)


class MessageBuffer:
    """Collects bytes from the pipe and cuts them into messages."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        self._data += data

    def take(self) -> Message | None:
        """The next whole message, or None when more bytes are needed.

        Raises:
            ValueError: the bytes are no message.
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
    """The request for the child; for `open_video`, and for tests that run the job in their own process."""
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
    )
