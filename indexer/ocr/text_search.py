"""The search for text: where in a picture there may be some, by a quick network on a small copy. Reads nothing."""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.ocr.changed_regions import Rectangle, changed_regions, region_area_share
from indexer.records import Pixels

if TYPE_CHECKING:
    from rapidocr import RapidOCR

TEXT_PROBABILITY = 0.3
"""Of a pixel that may belong to text."""
BLOCK = 8
"""Side of the blocks of which regions are made, in pixels of the searched copy. Two blocks are added on each side: with
half of that, 23 of 120 short drawn lines were not detected, for want of what is around them."""
WHOLE_SHARE = 0.5
"""A picture of which more than this share may show text is one region."""
SIDE_STEP = 32
"""The network takes sides of multiples of this many pixels."""


def regions_with_text(networks: "RapidOCR", picture: Pixels, *, side: int) -> list[Rectangle]:
    """Disjoint rectangles, in pixels of the picture, outside of which there is no text.

    Args:
        networks: the quick ones.
        picture: (height, width, 3) BGR.
        side: longest side of the copy that is searched.
    """
    size = picture.shape[1], picture.shape[0]
    likely = _text_probability(networks, picture, side) > TEXT_PROBABILITY
    rows, columns = (length // BLOCK for length in likely.shape)
    blocks = np.asarray(likely.reshape(rows, BLOCK, columns, BLOCK).any(axis=(1, 3)), np.bool_)
    regions = changed_regions(blocks, size, ())
    return [(0, 0, *size)] if region_area_share(regions, size) > WHOLE_SHARE else regions


def _text_probability(networks: "RapidOCR", picture: Pixels, side: int) -> NDArray[np.float32]:
    """(rows, columns) of a copy whose longer side is about `side`: how likely each pixel belongs to text, 0 to 1."""
    detector: Any = networks.text_det
    scale = min(1.0, side / max(picture.shape[:2]))
    height, width = (max(1, round(length * scale / SIDE_STEP)) * SIDE_STEP for length in picture.shape[:2])
    copy = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    copy -= np.asarray(detector.mean, np.float32) * 255
    copy /= np.asarray(detector.std, np.float32) * 255
    prepared = np.ascontiguousarray(copy.transpose(2, 0, 1)[None])  # (1, channels, height, width)
    return np.asarray(detector.session(prepared), np.float32)[0, 0]
