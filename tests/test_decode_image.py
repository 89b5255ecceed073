"""Query images: read like sampled frames; hostile and useless ones are refused with a reason."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from indexer.decode.image import MAX_IMAGE_BYTES, read_image
from indexer.errors import ImageError


def gradient(width: int = 64, height: int = 48) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], axis=2).astype(np.uint8))


def packed(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "JPEG"])
def test_each_format_gives_the_picture(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    pixels = read_image(packed(gradient(), kind, **options))
    assert pixels.shape == (48, 64, 3)
    assert np.abs(pixels.astype(int) - np.asarray(gradient()).astype(int)).mean() < 8


def test_a_file_is_read_and_its_name_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "still.txt").write_bytes(packed(gradient(), "PNG"))
    assert (read_image(tmp_path / "still.txt") == np.asarray(gradient())).all()


def test_it_is_upright_and_no_larger_than_a_sampled_frame() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to show
    rotate_frame = read_image(packed(gradient(1600, 800), "JPEG", quality=95, exif=exif))
    assert rotate_frame.shape == (640, 320, 3)
    whole = np.asarray(gradient(1600, 800).transpose(Image.Transpose.ROTATE_270).resize((320, 640)))
    assert np.abs(rotate_frame.astype(int) - whole.astype(int)).mean() < 4


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert (read_image(packed(clear, "PNG")) == 255).all()


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16", "LA"])
def test_each_mode_becomes_colour(mode: str) -> None:
    grey = Image.fromarray(np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1)))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        image = grey.convert("RGB").convert(mode) if mode in ("P", "CMYK") else grey.convert(mode)
    pixels = read_image(packed(image, "TIFF" if mode == "CMYK" else "PNG"))
    assert pixels.shape == (48, 64, 3)
    if mode not in ("1", "P"):  # these hold fewer levels
        assert np.abs(pixels[:, :, 0].astype(int) - np.asarray(grey).astype(int)).mean() < 6


def claiming(width: int, height: int) -> bytes:
    """A PNG of about fifty bytes whose header claims this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


ANIMATED = packed(gradient(), "GIF", save_all=True, append_images=[gradient().rotate(90), gradient().rotate(180)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"not an image at all", "not a readable image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a readable image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a readable image"),
        (claiming(9000, 9000), "pixels"),
        (claiming(60_000, 60_000), "pixels"),
        (claiming(64, 64), "damaged"),
        (packed(gradient(200, 200), "JPEG")[:1500], "damaged"),
        (packed(gradient(4, 4), "PNG"), "fewer than"),
        (packed(gradient(400, 10), "PNG"), "strip"),
        (ANIMATED, "animated"),
        (b"\xff" * (MAX_IMAGE_BYTES + 1), "larger than"),
    ],
    ids=["empty", "text", "svg", "eps", "huge", "bomb", "hollow", "cut", "tiny", "strip", "animated", "heavy"],
)
def test_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        read_image(content)


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.png", tmp_path):
        with pytest.raises(ImageError, match="no image file"):
            read_image(path)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "TIFF"]), st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_image_is_read_or_refused(kind: str, place: int, flip: int) -> None:
    content = bytearray(packed(gradient(), kind))
    content[place % len(content)] ^= flip
    try:
        pixels = read_image(bytes(content))
    except ImageError:
        return
    assert pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8
