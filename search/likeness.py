"""How much of an image lies, pixel by pixel, somewhere in another: cut out, mirrored, smaller or worn. Pure.

A picture model says what is seen and little of where; a part of a picture may be nearer, for the model, to a whole
other picture. Laid over each other the pixels tell them apart: the ground of a scene stays while things move on it.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from indexer.decode_picture import scale_to
from indexer.records import Pixels

SIDE = 48
"""Pixels of the longer side at which pictures are compared: fine patterns still show, wear from JPEG no more."""
SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.70, 0.65, 0.60, 0.55)
"""Shares of the whole picture's longer side that the image may show."""
UNLIKE = 60
"""Levels of 255 by which one colour of a pixel must differ to be quite another pixel."""


def parts_of(image: Pixels) -> list[Pixels]:
    """An image as it would look as a part of a picture of `SIDE`, one for each of `SCALES`, also mirrored.

    Args:
        image: (height, width, 3).
    """
    height, width = image.shape[:2]
    parts: list[Pixels] = []
    for scale in SCALES:
        factor = SIDE * scale / max(width, height)
        part = scale_to(image, max(2, round(width * factor)), max(2, round(height * factor)))
        parts += [part, np.ascontiguousarray(part[:, ::-1])]
    return parts


def agreement(parts: Sequence[Pixels], picture: Pixels) -> float:
    """The share of an image that agrees with a picture where it fits best, 0 to 1.

    Args:
        parts: of the image, by `parts_of`.
        picture: (height, width, 3), the whole in which it may lie.
    """
    height, width = picture.shape[:2]
    factor = SIDE / max(width, height)
    whole = scale_to(picture, max(2, round(width * factor)), max(2, round(height * factor)))
    return max((_agreement(part, whole) for part in parts), default=0.0)


def _agreement(part: Pixels, whole: Pixels) -> float:
    height, width = part.shape[:2]
    if height > whole.shape[0] or width > whole.shape[1]:
        return 0.0
    _, _, (x, y), _ = cv2.minMaxLoc(cv2.matchTemplate(whole, part, cv2.TM_SQDIFF))
    apart = np.abs(whole[y : y + height, x : x + width].astype(np.int16) - part).max(axis=2)  # (height, width)
    return float(np.clip(1 - apart / UNLIKE, 0, 1).mean())
