"""Reads the pictures of one stretch of video one after the other, and of each only what is not as it was read last."""

from collections.abc import Callable

import numpy as np

from indexer.ocr.change_detector import LastRead
from indexer.ocr.changed_regions import TOUCH_BLOCKS, Rectangle, area_share, changed_regions, grown, is_touched
from indexer.ocr.engine import Piece
from indexer.ocr.lines import ScreenLine
from indexer.ocr.reader import ScreenTextReader
from indexer.records import Pixels

WHOLE_SHARE = 0.6
"""Where more than this share of a picture is other than before, it is read as a whole."""


class ScreenWatch:
    """What is known of a screen; ask for pictures of one size in order of time. Not for threads to share."""

    def __init__(self, reader: ScreenTextReader) -> None:
        self._reader = reader
        self._last = LastRead()
        self._pieces: list[Piece] = []
        self.read_share = 0.0
        """Of the picture asked for last, the share that was looked at."""

    def share(self, pixels: Pixels) -> float:
        """How much of a picture, 0 to 1, would be looked at to read it."""
        regions, _ = self._regions(pixels)
        return 1.0 if regions is None else area_share(regions, _size(pixels))

    def read(self, pixels: Pixels) -> list[ScreenLine]:
        """Lines of a picture (height, width, 3) RGB in reading order.

        Raises:
            ModelBrokenError: the reader's weights do not work.
        """
        size = _size(pixels)
        regions, stale = self._regions(pixels)
        if regions is None:
            self._pieces = self._reader.pieces(pixels)
            self._last.keep(pixels)
            self.read_share = 1.0
        else:
            self._pieces = [piece for piece in self._pieces if not stale(piece)]
            known = [piece.box for piece in self._pieces]
            for region in regions:
                self._pieces += self._reader.pieces(pixels, region=region, known=known)
            self._last.keep(pixels, regions=regions)
            self.read_share = area_share(regions, size)
        return self._reader.lines(self._pieces, size)

    def _regions(self, pixels: Pixels) -> tuple[list[Rectangle] | None, Callable[[Piece], bool]]:
        """The rectangles to be read, None for all of it; and whether a known piece lies in what changed."""
        size = _size(pixels)
        changed = self._last.changed_blocks(pixels)
        if changed is None:
            return None, lambda piece: True
        near = grown(changed, TOUCH_BLOCKS)
        touched = {piece.box for piece in self._pieces if is_touched(piece.box, near, size)}
        regions = changed_regions(changed, size, sorted(touched))
        if area_share(regions, size) > WHOLE_SHARE:
            return None, lambda piece: True
        return regions, lambda piece: piece.box in touched


def _size(pixels: Pixels) -> tuple[int, int]:
    return int(np.shape(pixels)[1]), int(np.shape(pixels)[0])
