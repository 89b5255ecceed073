"""How much of an image lies, pixel by pixel, somewhere in another: cut out, mirrored, smaller or worn. Pure.

A picture model says what is seen and little of where; a part of a picture may be nearer, for the model, to a whole
other picture. Laid over each other the pixels tell them apart: the ground of a scene stays while things move on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from indexer.decode.frame_transforms import scale_to
from indexer.records import Pixels

COMPARED_SIDE = 48
"""Pixels of the longer side at which pictures are compared: fine patterns still show, wear from JPEG no more."""
SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.70, 0.65, 0.60, 0.55)
"""Shares of the whole picture's longer side that the image may show."""
FINE_SCALE_STEPS = (-0.04, -0.02, 0.02, 0.04)
"""Steps from the best of `SCALES` to try besides."""
DIFFERENT_LEVELS = 60
"""Levels of 255 by which one colour of a pixel must differ to be quite another pixel."""
FLAT_VARIANCE = 30.0
"""Variance, in levels squared, below which an image is flat: what is left is noise, which explains nothing."""


@dataclass(frozen=True, slots=True)
class Template:
    """An image as it would look as a part of a picture of `COMPARED_SIDE`."""

    image: Pixels
    """(height, width, 3): as it was given, or mirrored."""
    scale: float
    """Of `COMPARED_SIDE`."""
    pixels: Pixels
    variance: float
    """Of its colours, levels squared, each about its own mean; `FLAT_VARIANCE` at least."""


@dataclass(frozen=True, slots=True, order=True)
class TemplateMatch:
    """How well an image fits a picture, at the place where it fits best."""

    agreement: float
    """The share of its pixels that agree, 0 to 1. On a ground of one colour most do, whatever stands on it."""
    explained: float
    """The share of its variance that the picture explains, 1 at most (R squared): 0 is what its mean explains."""


NO_MATCH = TemplateMatch(0.0, 0.0)


def make_templates(image: Pixels) -> list[Template]:
    """One for each of `SCALES`, also mirrored.

    Args:
        image: (height, width, 3).
    """
    mirrored = np.ascontiguousarray(image[:, ::-1])
    return [_part(view, scale) for scale in SCALES for view in (image, mirrored)]


def match_templates(parts: Sequence[Template], picture: Pixels, *, finely: bool = False) -> TemplateMatch:
    """How an image fits a picture.

    Args:
        parts: of the image, by `make_templates`.
        picture: (height, width, 3), the whole in which it may lie.
        finely: try scales between those of the parts, too.
    """
    whole = _scaled(picture, COMPARED_SIDE)
    best, part = _best(parts, whole)
    if finely and part is not None:
        scales = [part.scale + step for step in FINE_SCALE_STEPS if part.scale + step <= 1]
        best = max(best, _best([_part(part.image, scale) for scale in scales], whole)[0])
    return best


def _part(image: Pixels, scale: float) -> Template:
    pixels = _scaled(image, COMPARED_SIDE * scale)
    return Template(image, scale, pixels, max(FLAT_VARIANCE, float(pixels.reshape(-1, 3).var(axis=0).mean())))


def _scaled(image: Pixels, side: float) -> Pixels:
    """With a longer side of so many pixels."""
    height, width = image.shape[:2]
    factor = side / max(width, height)
    return scale_to(image, max(2, round(width * factor)), max(2, round(height * factor)))


def _best(parts: Iterable[Template], whole: Pixels) -> tuple[TemplateMatch, Template | None]:
    fits = ((_fit(part, whole), part) for part in parts)
    return max(fits, key=lambda one: one[0], default=(NO_MATCH, None))


def _fit(part: Template, whole: Pixels) -> TemplateMatch:
    height, width = part.pixels.shape[:2]
    if height > whole.shape[0] or width > whole.shape[1]:
        return NO_MATCH
    _, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(whole, part.pixels, cv2.TM_SQDIFF))
    apart = np.abs(whole[y : y + height, x : x + width].astype(np.float32) - part.pixels)  # (height, width, 3)
    agreement = np.clip(1 - apart.max(axis=2) / DIFFERENT_LEVELS, 0, 1).mean()
    return TemplateMatch(float(agreement), 1 - float(np.square(apart).mean()) / part.variance)
