"""Template matching of an image in a picture: cropped, mirrored, scaled down or degraded. Pure.

A picture model tells what is seen, and little of where; the vector of a crop may be nearest to an entirely different
picture. Pixels tell such pictures apart: the background of a scene stays the same while things move before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from indexer.decode.frame_transforms import scale_frame
from indexer.records import Pixels

COMPARED_SIDE = 48
"""Longer side in pixels at which pictures are compared: it still shows fine patterns, but no artefacts of JPEG."""
SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.70, 0.65, 0.60, 0.55)
"""Shares of the whole picture's longer side that the image may cover."""
FINE_SCALE_STEPS = (-0.04, -0.02, 0.02, 0.04)
"""Further scales to try, as steps from the best of `SCALES`."""
DIFFERENT_LEVELS = 60
"""Levels of 255. A pixel of which one colour differs by so much does not agree at all."""
FLAT_VARIANCE = 30.0
"""Levels squared. An image with less variance is flat: what is left is noise, which explains nothing."""


@dataclass(frozen=True, slots=True)
class Template:
    """An image, scaled to the size that it would have as a part of a picture of `COMPARED_SIDE`."""

    image: Pixels
    """(height, width, 3): the image itself, or mirrored."""
    scale: float
    """Of `COMPARED_SIDE`."""
    pixels: Pixels
    """The image at that scale."""
    variance: float
    """Mean variance of the colours, levels squared; `FLAT_VARIANCE` at least."""


@dataclass(frozen=True, slots=True, order=True)
class TemplateMatch:
    """How well an image matches a picture, at the position where it matches best."""

    agreement: float
    """Share of the pixels that agree, 0 to 1. On a background of one colour most agree, whatever stands before it."""
    explained: float
    """Share of the image's variance that the picture explains, at most 1 (R squared): the mean colour explains 0."""


NO_MATCH = TemplateMatch(0.0, 0.0)


def make_templates(image: Pixels) -> list[Template]:
    """Two templates for each of `SCALES`, one of them mirrored.

    Args:
        image: (height, width, 3).
    """
    mirrored = np.ascontiguousarray(image[:, ::-1])
    return [_make_template(view, scale) for scale in SCALES for view in (image, mirrored)]


def match_templates(templates: Sequence[Template], picture: Pixels, *, finely: bool = False) -> TemplateMatch:
    """The best match of an image in a picture.

    Args:
        templates: of the image, by `make_templates`.
        picture: (height, width, 3).
        finely: also try scales between those of the templates.
    """
    whole = _scale(picture, COMPARED_SIDE)
    best, template = _best_match(templates, whole)
    if finely and template is not None:
        scales = [template.scale + step for step in FINE_SCALE_STEPS if template.scale + step <= 1]
        best = max(best, _best_match([_make_template(template.image, scale) for scale in scales], whole)[0])
    return best


def _make_template(image: Pixels, scale: float) -> Template:
    pixels = _scale(image, COMPARED_SIDE * scale)
    return Template(image, scale, pixels, max(FLAT_VARIANCE, float(pixels.reshape(-1, 3).var(axis=0).mean())))


def _scale(image: Pixels, side: float) -> Pixels:
    """To a longer side of so many pixels."""
    height, width = image.shape[:2]
    factor = side / max(width, height)
    return scale_frame(image, max(2, round(width * factor)), max(2, round(height * factor)))


def _best_match(templates: Iterable[Template], whole: Pixels) -> tuple[TemplateMatch, Template | None]:
    matches = ((_match(template, whole), template) for template in templates)
    return max(matches, key=lambda one: one[0], default=(NO_MATCH, None))


def _match(template: Template, whole: Pixels) -> TemplateMatch:
    height, width = template.pixels.shape[:2]
    if height > whole.shape[0] or width > whole.shape[1]:
        return NO_MATCH
    _, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(whole, template.pixels, cv2.TM_SQDIFF))
    difference = np.abs(whole[y : y + height, x : x + width].astype(np.float32) - template.pixels)  # (height, width, 3)
    agreement = np.clip(1 - difference.max(axis=2) / DIFFERENT_LEVELS, 0, 1).mean()
    return TemplateMatch(float(agreement), 1 - float(np.square(difference).mean()) / template.variance)
