"""Orientation, pixel shape and scaling of decoded RGB frames.

Pure functions on arrays, shared by both decoders so that their frames agree. Leaves out colour (`worker.tone_mapping`).
"""

import struct
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from indexer.records import Pixels

FRAME_MAX_SIDE = 640
"""Longer side in pixels of the frames that are segmented, embedded and made into thumbnails. Models take 224 to 384."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a stored frame is oriented for display: first mirrored left to right, then rotated clockwise."""

    rotation_degrees: int = 0
    """0, 90, 180 or 270."""
    mirrored: bool = False

    def shown_size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) after rotation."""
        return (height, width) if self.rotation_degrees in (90, 270) else (width, height)


def square_pixel_size(width: int, height: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """(width, height) with square pixels of a frame as it is stored; one side is enlarged.

    Args:
        pixel_aspect: width of a pixel to its height.
    """
    if pixel_aspect >= 1:
        return round(width * pixel_aspect), height
    return width, round(height / pixel_aspect)


def orientation_of(matrix: bytes | None) -> Orientation:
    """The nearest quarter-turn rotation to a display matrix.

    Args:
        matrix: nine native 32-bit integers as FFmpeg's `AV_FRAME_DATA_DISPLAYMATRIX` holds them, row by row:
            `a b u c d v x y w` maps a stored point (p, q) to the shown point (a p + c q, b p + d q); ISO/IEC 14496-12,
            8.2.2, with 16.16 fixed point. None for no matrix.

    Other angles than multiples of 90 degrees are rounded, as players do.
    """
    if matrix is None or len(matrix) < 36:
        return Orientation()
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    mirrored = a * d - b * c < 0
    if mirrored:
        # Undo a mirroring that came first: it negates the first column.
        a, b = -a, -b
    if abs(a) >= abs(b):
        return Orientation(0 if a >= 0 else 180, mirrored)
    return Orientation(90 if b > 0 else 270, mirrored)


def turn_frame_upright(pixels: Pixels, orientation: Orientation) -> Pixels:
    """The frame as displayed; a view where possible.

    Args:
        pixels: (height, width, 3) as stored.
    """
    if orientation.mirrored:
        pixels = pixels[:, ::-1]
    # numpy turns counter-clockwise.
    return np.rot90(pixels, k=-(orientation.rotation_degrees // 90)) if orientation.rotation_degrees else pixels


def fitted_frame_size(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """(width, height) scaled down so that the longer side is `max_side`; never up, never below one pixel."""
    longer = max(width, height)
    if max_side is None or longer <= max_side:
        return width, height
    return max(1, round(width * max_side / longer)), max(1, round(height * max_side / longer))


def scale_frame(pixels: Pixels, width: int, height: int) -> Pixels:
    """Resample to (height, width, 3): area averaging to shrink, bilinear to enlarge."""
    if pixels.shape[:2] == (height, width):
        return pixels
    import cv2  # imported late: costs 0.1 s, and small videos are never scaled

    cv2.setNumThreads(1)
    shrinks = height <= pixels.shape[0] and width <= pixels.shape[1]
    scaled = cv2.resize(
        np.ascontiguousarray(pixels), (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(scaled, dtype=np.uint8)


def frame_pixels(array: NDArray[np.generic]) -> Pixels:
    """Check that a decoder returned a (height, width, 3) uint8 array. Raises ValueError."""
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise ValueError(f"a frame must be (height, width, 3) uint8, got {array.shape} {array.dtype}")
    return array.view(np.uint8)
