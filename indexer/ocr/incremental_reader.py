"""The incremental reader: reads the frames of a video in order, and of each frame only the regions that changed."""

from collections.abc import Callable

import numpy as np

from indexer.ocr.change_detector import ReferencePicture
from indexer.ocr.changed_regions import (
    TOUCH_BLOCKS,
    Rectangle,
    changed_regions,
    dilate_changed_blocks,
    is_touched_by_changed_region,
    region_area_share,
)
from indexer.ocr.engine import Piece
from indexer.ocr.lines import ScreenLine
from indexer.ocr.reader import ScreenTextReader
from indexer.records import Pixels

WHOLE_SHARE = 0.6
"""A picture of which more than this share changed is read as a whole."""


class IncrementalReader:
    """Keeps the pieces of text that are on the screen. Takes pictures of one size in order of time; not thread-safe."""

    def __init__(self, reader: ScreenTextReader) -> None:
        self._reader = reader
        self._reference_picture = ReferencePicture()
        self._pieces: list[Piece] = []
        self.read_share = 0.0
        """Share of the newest picture that was read."""

    def changed_share(self, pixels: Pixels) -> float:
        """Share of a picture, 0 to 1, that changed and would be read."""
        regions, _ = self._regions(pixels)
        return 1.0 if regions is None else region_area_share(regions, _size(pixels))

    def read(self, pixels: Pixels) -> list[ScreenLine]:
        """Lines of a picture (height, width, 3) RGB in reading order.

        Raises:
            ModelBrokenError: a network fails.
        """
        size = _size(pixels)
        regions, stale = self._regions(pixels)
        if regions is None:
            self._pieces = self._reader.pieces(pixels)
            self._reference_picture.update(pixels)
            self.read_share = 1.0
        else:
            self._pieces = [piece for piece in self._pieces if not stale(piece)]
            known = [piece.box for piece in self._pieces]
            for region in regions:
                self._pieces += self._reader.pieces(pixels, region=region, known=known)
            self._reference_picture.update(pixels, regions=regions)
            self.read_share = region_area_share(regions, size)
        return self._reader.lines(self._pieces, size)

    def _regions(self, pixels: Pixels) -> tuple[list[Rectangle] | None, Callable[[Piece], bool]]:
        """The rectangles to be read, None for the whole picture; and whether a known piece is outdated."""
        size = _size(pixels)
        changed = self._reference_picture.changed_blocks(pixels)
        if changed is None:
            return None, lambda piece: True
        near = dilate_changed_blocks(changed, TOUCH_BLOCKS)
        touched = {piece.box for piece in self._pieces if is_touched_by_changed_region(piece.box, near, size)}
        regions = changed_regions(changed, size, sorted(touched))
        if region_area_share(regions, size) > WHOLE_SHARE:
            return None, lambda piece: True
        return regions, lambda piece: piece.box in touched


def _size(pixels: Pixels) -> tuple[int, int]:
    return int(np.shape(pixels)[1]), int(np.shape(pixels)[0])
