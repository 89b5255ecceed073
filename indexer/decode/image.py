"""Decoding of query images from users into pixels like those of sampled frames.

Images are untrusted: the byte count is checked before reading, the pixel count before decoding, and the format is
probed among a few, whatever the file name says.
"""

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from indexer.decode.frame_transforms import FRAME_MAX_SIDE, fitted_frame_size, scale_frame
from indexer.errors import ImageError
from indexer.records import Pixels

MAX_IMAGE_BYTES = 16 << 20
"""About a 50-megapixel photograph as JPEG."""
MAX_IMAGE_PIXELS = 64_000_000
"""256 MB when decoded, at four bytes a pixel."""
MIN_IMAGE_SIDE = 8
"""In pixels; smaller images show nothing that can be retrieved."""
MAX_IMAGE_RATIO = 20
"""Longer to shorter side: models resize or crop to a square, which leaves nothing of a thin strip."""
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
"""Pillow's names of the accepted formats."""
_SEVERAL = frozenset({"MPO", "TIFF"})
"""Formats whose further images are other sizes or pages, not animation: the first one is used. Some phones write MPO
as .jpg; Pillow's JPEG reader recognizes it."""
_WAY_OUT = "give a JPEG, PNG, WebP, BMP, TIFF or still GIF"

# This file checks the size against a smaller limit before anything is decoded.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_image(source: Path | bytes) -> Pixels:
    """The image upright, its longer side at most `FRAME_MAX_SIDE`, like sampled frames.

    Args:
        source: a file, or an image's bytes.

    Returns:
        (height, width, 3) RGB on a white background.

    Raises:
        ImageError: unreadable, of an unknown format, animated, damaged, too large, too small or too thin. The message
            says what to do about it.
    """
    name = "the image" if isinstance(source, bytes) else str(source)
    content = source if isinstance(source, bytes) else _read(source)
    if len(content) > MAX_IMAGE_BYTES:
        raise ImageError(f"{name} is larger than {MAX_IMAGE_BYTES >> 20} MiB; make it smaller")
    if not content:
        raise ImageError(f"{name} is empty; {_WAY_OUT}")
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check(image, name)
            pixels = _decoded(image)
    except UnidentifiedImageError:
        raise ImageError(f"{name} is not a readable image; {_WAY_OUT}") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{name} has more than {MAX_IMAGE_PIXELS:,} pixels; make it smaller") from None
    except ImageError:
        raise
    except Exception as error:
        # Pillow's readers raise nearly any exception for damaged bytes.
        reason = f"{type(error).__name__}: {error}"
        raise ImageError(f"{name} is damaged ({reason}); save it again, or use another") from error
    width, height = fitted_frame_size(pixels.shape[1], pixels.shape[0], FRAME_MAX_SIDE)
    return scale_frame(pixels, width, height)


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe or a device might never end
            raise ImageError(f"no image file at {path}; check the path")
        with path.open("rb") as stream:
            return stream.read(MAX_IMAGE_BYTES + 1)
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror or error}") from error


def _check(image: Image.Image, name: str) -> None:
    """Raises ImageError. Only the header has been read at this point."""
    width, height = image.size
    if width * height > MAX_IMAGE_PIXELS:
        raise ImageError(f"{name} has {width:,} x {height:,} pixels, more than {MAX_IMAGE_PIXELS:,}; make it smaller")
    if min(width, height) < MIN_IMAGE_SIDE:
        raise ImageError(f"{name} has {width} x {height} pixels, fewer than {MIN_IMAGE_SIDE} on a side")
    if max(width, height) > MAX_IMAGE_RATIO * min(width, height):
        raise ImageError(f"{name} is a strip of {width:,} x {height:,} pixels; crop less of it")
    if getattr(image, "is_animated", False) and image.format not in _SEVERAL:
        raise ImageError(f"{name} is animated; give a still image")


def _decoded(image: Image.Image) -> Pixels:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16") or upright.mode == "I":  # 16-bit grey, which `convert` would clip
        grey = np.asarray(upright, np.float64) / 257
        return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    if upright.has_transparency_data:
        shown = upright.convert("RGBA")
        background = Image.new("RGBA", shown.size, "white")
        upright = Image.alpha_composite(background, shown)
    return np.array(upright.convert("RGB"))
