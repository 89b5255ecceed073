"""What the service and its media child say to each other: one request as a JSON line, then messages as the decoder's
child sends them (`indexer.decode.protocol`): `progress`, then `done` or `error`."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from indexer.decode.protocol import DecodeRequest

Work = Literal["facts", "cadence", "clip", "remux", "transcode", "still", "sheet", "reel"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a sprite sheet."""

    seconds: float
    picture: str = ""
    """A JPEG of that time; empty: the frame is decoded."""


@dataclass(frozen=True, slots=True)
class Part:
    """A clip of our own that becomes a part of a reel."""

    path: str
    frames: int
    """How many of the reel's frames it fills."""
    title: str
    """Of its chapter."""


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """Everything the child needs to know."""

    work: Work
    decode: DecodeRequest
    """The source's path and the limits."""
    source_fd: int
    """Open descriptor of the source; the child reads through it, so that the path cannot change meanwhile."""
    container: str
    """FFmpeg's name of the container, as the library keeps it."""
    stream_index: int
    """The video stream."""
    origin_seconds: float
    """Container time of the first presented frame: 0 on the player's clock."""
    output: str = ""
    """File to write."""
    max_output_bytes: int = 1 << 62
    start_seconds: float = 0.0
    stop_seconds: float = 0.0
    """Half-open span on the player's clock."""
    rate: tuple[int, int] = (0, 1)
    """Frames a second, numerator and denominator: a clip's pictures are put on its grid; (0, 1): they stay."""
    timecode: str = ""
    """Of a clip's first frame, written into it."""
    max_side: int = 1920
    webm: bool = False
    """Remux into WebM and not MP4."""
    copy_audio: bool = True
    """Remux copies the sound; otherwise it becomes AAC."""
    columns: int = 1
    tiles: tuple[Tile, ...] = field(default=())
    parts: tuple[Part, ...] = field(default=())
    """Of a reel, in its order."""
    size: tuple[int, int] = (0, 0)
    """Of a reel's pictures, both even."""

    def to_line(self) -> bytes:
        """One JSON line."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n"

    @staticmethod
    def from_line(line: bytes) -> "MediaRequest":
        values: dict[str, Any] = json.loads(line)
        values["decode"] = DecodeRequest.from_line(json.dumps(values["decode"]).encode())
        values["rate"] = tuple(values["rate"])
        values["parts"] = tuple(Part(**part) for part in values["parts"])
        values["size"] = tuple(values["size"])
        values["tiles"] = tuple(Tile(**tile) for tile in values["tiles"])
        return MediaRequest(**values)
