"""Small media for tests: drawn here with PyAV, or real files under ../shared where a checkout has them.

Leaves out the demo world (`demo`), which draws whole libraries.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

SHARED = Path(__file__).resolve().parents[3] / "shared"
"""Real videos; not part of the project."""
TICK = Fraction(1, 1000)


def shared_files(*folders: str) -> list[Path]:
    """Every file under these folders of ../shared, sorted; none where it is absent."""
    return sorted(path for folder in folders for path in (SHARED / folder).rglob("*") if path.is_file())


def shared_file(name: str) -> Path:
    """One file of ../shared; skips the test where it is absent."""
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"../shared/{name} is not here")
    return path


def numbered_picture(number: int, *, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """A picture that shows its number: 8 x 2 black or white blocks are its bits, over a number-dependent grey."""
    picture = np.full((height, width, 3), 60 + (number * 37) % 120, dtype=np.uint8)
    block_width, block_height = width // 8, height // 4
    for bit in range(16):
        top, left = height // 4 + bit // 8 * block_height, bit % 8 * block_width
        picture[top : top + block_height, left : left + block_width] = 255 if number >> bit & 1 else 0
    return picture


def read_number(pixels: NDArray[np.uint8]) -> int:
    """The number that `numbered_picture` drew, after any encoder and scaling."""
    height, width = pixels.shape[:2]
    number = 0
    for bit in range(16):
        middle = pixels[int(height * (0.25 + (bit // 8 + 0.5) / 4)), int(width * (bit % 8 + 0.5) / 8)]
        number |= int(middle.mean() > 128) << bit
    return number


def write_video(
    path: Path,
    times_ms: Sequence[int],
    *,
    codec: str = "libx264",
    width: int = 64,
    height: int = 48,
    pixel_format: str = "yuv420p",
    container: str | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    key_every: int = 12,
    pictures: Iterable[NDArray[np.uint8]] | None = None,
) -> Path:
    """A video with one numbered picture at each time, in milliseconds."""
    with av.open(str(path), "w", format=container, container_options=container_options or {}) as output:
        stream = output.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.time_base = TICK
        stream.time_base = TICK
        stream.codec_context.gop_size = key_every
        drawn = pictures or (numbered_picture(number, width=width, height=height) for number in range(len(times_ms)))
        for time, picture in zip(times_ms, drawn, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time, TICK
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def write_sound(path: Path, *, seconds: float = 1.0) -> Path:
    """A file with silence and no pictures."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=16000)
        for start in range(0, int(seconds * 16000), 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
