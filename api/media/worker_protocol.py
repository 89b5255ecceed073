"""The protocol of the media worker: one request as a JSON line, then messages framed as by `indexer.decode.protocol`.

The worker sends `progress` messages, then `done` or `error`.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from indexer.decode.protocol import DecodeRequest

Work = Literal["format", "frame_rate", "clip", "remux", "transcode", "still", "sheet", "reel"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a sprite sheet."""

    seconds: float
    thumbnail: str = ""
    """Path of a JPEG of that time; empty to decode the frame."""


@dataclass(frozen=True, slots=True)
class Part:
    """A clip that becomes part of a reel."""

    path: str
    frames: int
    """Number of frames in the reel."""
    title: str
    """Title of its chapter."""


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """A complete request to the media worker."""

    work: Work
    decode: DecodeRequest
    """The source's path and the limits."""
    source_fd: int
    """Open descriptor of the source. The worker reads through it, so that the file cannot be replaced meanwhile."""
    container: str
    """FFmpeg's name of the container, as stored in the library."""
    stream_index: int
    """Index of the video stream; of the audio stream where there are no pictures."""
    origin_seconds: float
    """Container time of 0 on the player's clock."""
    has_pictures: bool = True
    output: str = ""
    """Absolute path of the file to write."""
    max_output_bytes: int = 1 << 62
    start_seconds: float = 0.0
    stop_seconds: float = 0.0
    """Half-open span on the player's clock."""
    rate: tuple[int, int] = (0, 1)
    """Frame rate as numerator and denominator, to whose grid a clip's frames snap; (0, 1) keeps their times."""
    timecode: str = ""
    """Time code of a clip's first frame, written into the clip."""
    max_side: int = 1920
    webm: bool = False
    """Remux to WebM instead of MP4."""
    copy_audio: bool = True
    """Remuxing copies the audio; otherwise it becomes AAC."""
    columns: int = 1
    tiles: tuple[Tile, ...] = field(default=())
    parts: tuple[Part, ...] = field(default=())
    """Parts of a reel, in order."""
    size: tuple[int, int] = (0, 0)
    """(width, height) of a reel, both even."""

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
