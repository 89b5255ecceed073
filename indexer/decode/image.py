"""An image that a person gives -> pixels as a video's sampled frames have them. The only file that reads such images.

Images come from anywhere, so nothing in them is believed: the bytes are counted before they are read, the pixels
before they are decoded, and the format is found by probing, among few, whatever the name says.
"""

import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from indexer.decode.frame_transforms import FRAME_MAX_SIDE, fitted_size, scale_to
from indexer.errors import ImageError
from indexer.records import Pixels

MAX_IMAGE_BYTES = 16 << 20
"""A photograph of 50 million pixels is about so large as JPEG."""
MAX_IMAGE_PIXELS = 64_000_000
"""Decoded, 256 MB at four bytes each."""
MIN_IMAGE_SIDE = 8
"""Pixels; less shows nothing that could be found again."""
MAX_IMAGE_RATIO = 20
"""Longer side to shorter: a model squeezes or cuts a picture to a square, and nothing of a thin strip is left."""
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
"""Names that Pillow gives them."""
_SEVERAL = frozenset({"MPO", "TIFF"})
"""Formats whose further pictures are other sizes or pages, not movement: the first is meant. MPO is what some phones
write as .jpg; Pillow's JPEG reader makes it out."""
_WAY_OUT = "give a JPEG, PNG, WebP, BMP, TIFF or still GIF"

# The size is checked here, against a smaller limit, before anything is decoded.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_image(source: Path | bytes) -> Pixels:
    """The picture as shown, upright, its longer side at most `FRAME_MAX_SIDE` as that of sampled frames.

    Args:
        source: a file, or an image's bytes.

    Returns:
        (height, width, 3) RGB; what is transparent is white.

    Raises:
        ImageError: it cannot be read, is no image of a known format, is animated, damaged, too large, too small or too
            thin; the message names the reason and the way out.
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
        raise ImageError(f"{name} is no image that can be read; {_WAY_OUT}") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{name} has more than {MAX_IMAGE_PIXELS:,} pixels; make it smaller") from None
    except ImageError:
        raise
    except Exception as error:
        # Pillow's readers raise nearly anything over damaged bytes.
        reason = f"{type(error).__name__}: {error}"
        raise ImageError(f"{name} is damaged ({reason}); save it anew, or take another") from error
    width, height = fitted_size(pixels.shape[1], pixels.shape[0], FRAME_MAX_SIDE)
    return scale_to(pixels, width, height)


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe or a device might never end
            raise ImageError(f"there is no image file at {path}; check the path")
        with path.open("rb") as stream:
            return stream.read(MAX_IMAGE_BYTES + 1)
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror or error}") from error


def _check(image: Image.Image, name: str) -> None:
    """Raises ImageError. Only the header has been read so far."""
    width, height = image.size
    if width * height > MAX_IMAGE_PIXELS:
        raise ImageError(
            f"{name} has {width:,} x {height:,} pixels, at most {MAX_IMAGE_PIXELS:,} are read; make it smaller"
        )
    if min(width, height) < MIN_IMAGE_SIDE:
        raise ImageError(f"{name} has {width} x {height} pixels, at least {MIN_IMAGE_SIDE} a side are needed")
    if max(width, height) > MAX_IMAGE_RATIO * min(width, height):
        raise ImageError(f"{name} is a strip of {width:,} x {height:,} pixels; give more of the picture")
    if getattr(image, "is_animated", False) and image.format not in _SEVERAL:
        raise ImageError(f"{name} is animated; give one picture of it")


def _decoded(image: Image.Image) -> Pixels:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16") or upright.mode == "I":  # 16 bits of grey, which `convert` would clip
        grey = np.asarray(upright, np.float64) / 257
        return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    if upright.has_transparency_data:
        shown = upright.convert("RGBA")
        ground = Image.new("RGBA", shown.size, "white")
        upright = Image.alpha_composite(ground, shown)
    return np.array(upright.convert("RGB"))
