"""Conversion of frames that PyAV decoded to upright, scaled RGB arrays. Leaves out frame selection."""

from fractions import Fraction

import numpy as np
from av.video.reformatter import Interpolation

from indexer.decode.frame_transforms import (
    Orientation,
    fitted_frame_size,
    frame_pixels,
    orientation_of,
    scale_frame,
    square_pixel_size,
    turn_frame_upright,
)
from indexer.decode.worker.av_types import VideoFrame, VideoStream
from indexer.decode.worker.tone_mapping import PRIMARIES_BT2020, TRANSFER_OF_TRC, tone_map
from indexer.records import Pixels

MAX_PIXEL_ASPECT = 5
"""A pixel that is said to be longer than this is a mistake: half-size PAL in 16:9 has 128:45."""


def orientation_of_frame(frame: VideoFrame) -> Orientation:
    """Orientation of the frame from its display matrix."""
    data = frame.side_data.get("DISPLAYMATRIX")
    return orientation_of(None if data is None else bytes(data))


def is_hdr(frame: VideoFrame) -> bool:
    """Whether the transfer function is PQ or HLG."""
    return int(frame.color_trc) in TRANSFER_OF_TRC


def pixel_aspect_of(stream: VideoStream) -> Fraction:
    """Width of a pixel to its height, as players take it: the container's, else the codec's, else 1."""
    aspect = stream.sample_aspect_ratio
    is_sane = aspect is not None and Fraction(1, MAX_PIXEL_ASPECT) <= aspect <= MAX_PIXEL_ASPECT
    return Fraction(aspect) if aspect is not None and is_sane else Fraction(1)


class FrameConverter:
    """Converts decoded frames to RGB arrays of one size: upright, square pixels, SDR, scaled down to `max_side`."""

    def __init__(self, first: VideoFrame, max_side: int | None, pixel_aspect: Fraction) -> None:
        """
        Args:
            pixel_aspect: as `pixel_aspect_of` gives it; 1 keeps the pixels as they are.
        """
        self.orientation = orientation_of_frame(first)
        shown = self.orientation.shown_size(*square_pixel_size(first.width, first.height, pixel_aspect))
        self.width, self.height = fitted_frame_size(*shown, max_side)
        self.shown_width, self.shown_height = shown
        self.upright_width, self.upright_height = self.orientation.shown_size(first.width, first.height)
        """Without regard to the shape of the pixels."""

    def make(self, frame: VideoFrame) -> Pixels:
        """(height, width, 3) RGB."""
        transfer = TRANSFER_OF_TRC.get(int(frame.color_trc))
        if transfer is None:
            return self.finish(frame_pixels(frame.to_ndarray(format="rgb24", threads=1)))
        stored = self.orientation.shown_size(self.width, self.height)
        # Tone mapping costs far more than scaling, so scale first.
        small = frame.reformat(
            width=stored[0], height=stored[1], format="rgb48le", interpolation=Interpolation.AREA, threads=1
        )
        codes = np.asarray(small.to_ndarray(), dtype=np.uint16)
        wide = int(frame.color_primaries) == PRIMARIES_BT2020
        return self.finish(tone_map(codes, transfer, wide_gamut=wide))

    def finish(self, pixels: Pixels) -> Pixels:
        """Rotate and scale to the output size.

        Args:
            pixels: RGB as stored.
        """
        return self.resize(turn_frame_upright(pixels, self.orientation))

    def resize(self, pixels: Pixels) -> Pixels:
        """Scale to the output size.

        Args:
            pixels: RGB, upright.
        """
        return scale_frame(pixels, self.width, self.height)
