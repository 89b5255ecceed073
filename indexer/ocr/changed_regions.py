"""Changed regions: where a picture differs from the one before, as few rectangles that are read again. Pure."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Rectangle = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom exclusive."""
PieceBox = tuple[float, float, float, float]
"""Box of a piece of text: left, top, right, bottom in pixels."""
Mask = NDArray[np.bool_]
"""(rows, columns): for each block of a grid over the picture, whether it changed."""

TOUCH_BLOCKS = 1
"""A piece of text this near to a changed block may have changed: letters fill their blocks only partly."""
MARGIN_BLOCKS = 2
"""Blocks around a changed block that are read with it, so that the detector sees where words end."""
MARGIN_SHARE = 0.012
"""Margin around a piece of text for the same reason, as a share of the longer side."""
MAX_REGIONS = 4
"""More regions are merged into one, because each read has its overhead."""
SAME_SHARE = 0.3
"""Pieces that share more than this part of the smaller area are the same piece."""


def dilate_changed_blocks(changed: Mask, blocks: int) -> Mask:
    """The mask, dilated by so many blocks."""
    kernel = np.ones((2 * blocks + 1, 2 * blocks + 1), np.uint8)
    return np.asarray(cv2.dilate(changed.astype(np.uint8), kernel) > 0, np.bool_)


def is_touched_by_changed_region(box: PieceBox, near: Mask, size: tuple[int, int]) -> bool:
    """Whether a box lies in a changed block; `near` is the dilate mask of a picture of `size` (width, height)."""
    rows, columns = near.shape
    across, down = columns / size[0], rows / size[1]
    left, top = max(0, int(box[0] * across)), max(0, int(box[1] * down))
    return bool(near[top : int(np.ceil(box[3] * down)), left : int(np.ceil(box[2] * across))].any())


def changed_regions(changed: Mask, size: tuple[int, int], touched: Sequence[PieceBox]) -> list[Rectangle]:
    """Disjoint rectangles that cover the changed blocks and the `touched` boxes.

    Args:
        size: of the picture, (width, height) in pixels.
    """
    if not changed.any():
        return []
    rows, columns = changed.shape
    across, down = size[0] / columns, size[1] / rows
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        dilate_changed_blocks(changed, MARGIN_BLOCKS).astype(np.uint8)
    )
    found: list[Rectangle] = []
    for left, top, width, height, _ in np.asarray(stats)[1:count].tolist():
        right, bottom = np.ceil((left + width) * across), np.ceil((top + height) * down)
        found.append((int(left * across), int(top * down), int(right), int(bottom)))
    margin = round(MARGIN_SHARE * max(size))
    found += [(int(b[0]) - margin, int(b[1]) - margin, int(b[2]) + margin, int(b[3]) + margin) for b in touched]
    regions = _merge_overlapping(found)
    if len(regions) > MAX_REGIONS:
        regions = [_bounding_box(regions)]
    return [(max(0, b[0]), max(0, b[1]), min(size[0], b[2]), min(size[1], b[3])) for b in regions]


def region_area_share(regions: Iterable[Rectangle], size: tuple[int, int]) -> float:
    """Share of the picture that disjoint regions cover."""
    return sum((right - left) * (bottom - top) for left, top, right, bottom in regions) / (size[0] * size[1])


def is_same_text_piece(box: PieceBox, known: PieceBox) -> bool:
    """Whether two boxes overlap so much that they belong to one piece of text, or to parts of it."""
    width, height = min(box[2], known[2]) - max(box[0], known[0]), min(box[3], known[3]) - max(box[1], known[1])
    if width <= 0 or height <= 0:
        return False
    least = min((b[2] - b[0]) * (b[3] - b[1]) for b in (box, known))
    return width * height > SAME_SHARE * least


def _merge_overlapping(boxes: Sequence[Rectangle]) -> list[Rectangle]:
    """Merges overlapping boxes until none overlap."""
    result: list[Rectangle] = []
    for box in boxes:
        while hit := [other for other in result if _overlap(box, other)]:
            result = [other for other in result if other not in hit]
            box = _bounding_box([box, *hit])
        result.append(box)
    return result


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return min(one[2], other[2]) > max(one[0], other[0]) and min(one[3], other[3]) > max(one[1], other[1])


def _bounding_box(boxes: Sequence[Rectangle]) -> Rectangle:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
