"""Conversion of frames that PyAV decoded to upright, scaled RGB arrays. Leaves out frame selection."""

import numpy as np
from av.video.reformatter import Interpolation

from indexer.decode.frame_transforms import (
    Orientation,
    fitted_frame_size,
    frame_pixels,
    orientation_of,
    scale_frame,
    turn_frame_upright,
)
from indexer.decode.worker.av_types import VideoFrame
from indexer.decode.worker.tone_mapping import PRIMARIES_BT2020, TRANSFER_OF_TRC, tone_map
from indexer.records import Pixels


def orientation_of_frame(frame: VideoFrame) -> Orientation:
    """Orientation of the frame from its display matrix."""
    data = frame.side_data.get("DISPLAYMATRIX")
    return orientation_of(None if data is None else bytes(data))


def is_hdr(frame: VideoFrame) -> bool:
    """Whether the transfer function is PQ or HLG."""
    return int(frame.color_trc) in TRANSFER_OF_TRC


class FrameConverter:
    """Converts decoded frames to RGB arrays of one size: upright, SDR, scaled down to `max_side`."""

    def __init__(self, first: VideoFrame, max_side: int | None) -> None:
        self.orientation = orientation_of_frame(first)
        shown = self.orientation.shown_size(first.width, first.height)
        self.width, self.height = fitted_frame_size(*shown, max_side)
        self.shown_width, self.shown_height = shown

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
