"""The change detector: whether a picture changed so that it may show other words. Cheap enough for every sampled frame.

Pure. A new bullet on a slide or a new line in a terminal is a change. Sensor noise, compression flicker around letters,
and mostly a moving mouse pointer, are not.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.records import Pixels

LONGEST_SIDE = 400
"""Frames are averaged down to this: noise vanishes, but a line of 9 pixel letters in a 1280 pixel frame remains."""
BLOCK = 8
"""Side of the compared blocks, in pixels of the small picture: 26 pixels of a 1280 pixel frame."""
MIN_DIFFERENCE = 4.5
"""Mean difference of a block, in grey levels of 256, above which it has changed.

Measured on the second most different block, after the allowance below. New lines of 2 to 13 letters of 9 to 14 pixels,
close below another line in a compressed 1280 x 720 frame: 90 % have 4.8 or more, half of them 15. Frames of still
lecture slides in shared/videos, whose compression is refreshed: 90 % have 3.7 or less, the worst 5.8. Noise of 8
levels: 2. A false change costs one read and adds no text.
"""
CONTRAST_ALLOWANCE = 0.3
"""Share of the old block's contrast (standard deviation) that is added: compression flickers around letters."""
MIN_BLOCKS = 2
"""A mouse pointer mostly fills one block; a blinking cursor does so in half of its positions."""
CUT_SHARE = 0.4
"""Share of changed blocks at a scene cut; the next slide reaches it as well."""

Grey = NDArray[np.uint8]
Blocks = NDArray[np.float32]


class ReferencePicture:
    """The picture as it was last read, region by region, for comparison. Not thread-safe."""

    def __init__(self) -> None:
        self._reference: Grey | None = None
        self._tolerance: Blocks | None = None

    def changed_blocks(self, pixels: Pixels) -> NDArray[np.bool_] | None:
        """(rows, columns) of a grid over the picture: which blocks changed; None without a picture of the same size.

        Measured at 1 ms for a 1280 x 720 picture.
        """
        small = _shrink(pixels)
        if self._reference is None or self._tolerance is None or self._reference.shape != small.shape:
            return None
        difference = np.asarray(cv2.absdiff(self._reference, small), np.uint8)
        return _block_means(difference) > self._tolerance

    def update(self, pixels: Pixels, *, regions: Sequence[tuple[int, int, int, int]] | None = None) -> None:
        """Replaces the reference by this picture, or only in `regions` (left, top, right, bottom, pixels).

        Other regions keep their old pixels, so that slow changes add up.
        """
        small = _shrink(pixels)
        if regions is not None and self._reference is not None:
            scale = small.shape[1] / pixels.shape[1]
            reference = self._reference.copy()
            for left, top, right, bottom in (tuple(round(edge * scale) for edge in region) for region in regions):
                reference[top:bottom, left:right] = small[top:bottom, left:right]
            small = reference
        self._reference = small
        self._tolerance = MIN_DIFFERENCE + CONTRAST_ALLOWANCE * _block_contrast(small)


class ChangeDetector:
    """Compares each frame with the last changed one, so that slow changes add up. Not thread-safe."""

    def __init__(self) -> None:
        self._reference_picture = ReferencePicture()
        self.is_cut = False
        """Whether the newest frame shows another scene than the last changed frame: most of it differs."""

    def changed(self, pixels: Pixels) -> bool:
        """Whether `pixels` (height, width, 3) differ from the last changed frame; the first frame always does."""
        changed = self._reference_picture.changed_blocks(pixels)
        if changed is None:
            self._reference_picture.update(pixels)
            self.is_cut = True
            return True
        count = int(np.count_nonzero(changed))
        self.is_cut = count >= CUT_SHARE * changed.size
        if count < min(MIN_BLOCKS, changed.size):
            return False
        self._reference_picture.update(pixels)
        return True


def flat_block_share(pixels: Pixels) -> float:
    """Share of the picture, 0 to 1, in evenly coloured blocks: high for slides and screens, low for camera pictures."""
    return float(np.mean(_block_contrast(_shrink(pixels)) < 1.0))


def _shrink(pixels: Pixels) -> Grey:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    scale = LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.uint8)


def _block_means(values: NDArray[np.uint8] | NDArray[np.float32]) -> Blocks:
    height, width = values.shape
    size = (max(1, width // BLOCK), max(1, height // BLOCK))
    return np.asarray(cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


def _block_contrast(grey: Grey) -> Blocks:
    values = grey.astype(np.float32)
    means = _block_means(values)
    return np.sqrt(np.maximum(_block_means(values * values) - means * means, 0))
