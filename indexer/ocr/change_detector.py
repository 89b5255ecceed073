"""Has the picture changed so that other words may be on it? Cheap enough to ask of every sampled frame.

Pure. A new bullet on a slide or a new line in a terminal is a change; sensor noise, flicker of the compression around
letters that were there already, and mostly a moving mouse pointer, are not.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from indexer.records import Pixels

LONGEST_SIDE = 400
"""Frames are averaged down to this: noise goes, a line of 9 pixel letters in a 1280 pixel frame is still seen."""
BLOCK = 8
"""Side of the blocks that are compared, in pixels of the small picture: 26 pixels of a 1280 pixel frame."""
LEAST_DIFFERENCE = 4.5
"""Mean difference of a block, in grey levels of 256, beyond which it is another one.

Measured on the second most different block, after the allowance below: nine in ten new lines of 2 to 13 letters of
9 to 14 pixels in a 1280 x 720 frame, close under another line and compressed, 4.8 and more, half of them 15; nine in
ten frames of standing lecture slides in shared/videos, whose compression is refreshed, 3.7 and less, the worst 5.8;
noise of 8 levels 2. What is taken for a change in error costs a reading and makes no new text.
"""
CONTRAST_ALLOWANCE = 0.3
"""Share of the old block's own contrast (standard deviation) that is added: compression flickers where letters are."""
LEAST_BLOCKS = 2
"""A mouse pointer mostly fills one block, a blinking cursor in half of its places."""
CUT_SHARE = 0.4
"""Share of blocks that are other ones at a cut to another scene; a page turn of slides reaches it as well."""

Grey = NDArray[np.uint8]
Blocks = NDArray[np.float32]


class LastRead:
    """The picture that was last read, part by part, to compare others with. Not for threads to share."""

    def __init__(self) -> None:
        self._reference: Grey | None = None
        self._tolerance: Blocks | None = None

    def changed_blocks(self, pixels: Pixels) -> NDArray[np.bool_] | None:
        """(rows, columns) of a grid over the picture: which blocks are other ones; None without a picture to compare.

        Measured at 1 ms for a 1280 x 720 picture.
        """
        small = _shrink(pixels)
        if self._reference is None or self._tolerance is None or self._reference.shape != small.shape:
            return None
        difference = np.asarray(cv2.absdiff(self._reference, small), np.uint8)
        return _block_means(difference) > self._tolerance

    def keep(self, pixels: Pixels, *, regions: Sequence[tuple[int, int, int, int]] | None = None) -> None:
        """Compare with this picture from now on; with `regions` (left, top, right, bottom, pixels), with these of it.

        What is not kept stays as it was, so that slow changes add up.
        """
        small = _shrink(pixels)
        if regions is not None and self._reference is not None:
            scale = small.shape[1] / pixels.shape[1]
            reference = self._reference.copy()
            for left, top, right, bottom in (tuple(round(edge * scale) for edge in region) for region in regions):
                reference[top:bottom, left:right] = small[top:bottom, left:right]
            small = reference
        self._reference = small
        self._tolerance = LEAST_DIFFERENCE + CONTRAST_ALLOWANCE * _block_contrast(small)


class ChangeDetector:
    """Compares each frame with the last that was a change, so that slow changes add up. Not for threads to share."""

    def __init__(self) -> None:
        self._last = LastRead()
        self.is_cut = False
        """Whether the frame last asked about shows another scene than the last change: most of it is different."""

    def changed(self, pixels: Pixels) -> bool:
        """Whether `pixels` (height, width, 3) differ from the last frame that was a change; the first one does."""
        other = self._last.changed_blocks(pixels)
        if other is None:
            self._last.keep(pixels)
            self.is_cut = True
            return True
        count = int(np.count_nonzero(other))
        self.is_cut = count >= CUT_SHARE * other.size
        if count < min(LEAST_BLOCKS, other.size):
            return False
        self._last.keep(pixels)
        return True


def flat_share(pixels: Pixels) -> float:
    """Share of the picture, 0 to 1, that has one even colour: high on slides and screens, low on camera pictures."""
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
