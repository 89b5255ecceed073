"""Encoding of the H.264 track of an MP4: upright frames of even size in 8-bit 4:2:0, with exact times.

Runs in the media worker. Without B-frames, decoding order equals presentation order and the first frame needs no edit
list. The duration of every frame is written, including the last one.
"""

from fractions import Fraction

import numpy as np
from av.codec import codecs_available
from av.video.reformatter import ColorRange, Colorspace

from indexer.decode.frame_transforms import Orientation, fitted_frame_size
from indexer.decode.worker.av_types import OutputContainer, Packet, VideoFrame
from indexer.decode.worker.frame_conversion import FrameConverter, is_hdr, orientation_of_frame
from indexer.errors import UnreadableVideoError
from indexer.records import Pixels

TICKS = 90_000
"""Ticks a second: MPEG's clock, in which every common frame rate is exact to 6 microseconds."""
_KEY_SECONDS_FRAMES = 60
_ENCODER = "libx264"
_OPTIONS = {"preset": "veryfast", "crf": "21", "profile": "high"}
_MATRIX_709, _MATRIX_601 = 1, 6


class VideoEncoder:
    """An H.264 track with the size and colours of its first frame."""

    def __init__(
        self,
        output: OutputContainer,
        first: VideoFrame,
        *,
        rate: Fraction | None,
        max_side: int,
        pixel_aspect: Fraction = Fraction(1),
        ticks: int = TICKS,
        timecode: str = "",
    ) -> None:
        """
        Args:
            rate: frame rate of the source, if known: only a hint for the encoder's rate control.
            max_side: longer side to which larger frames are scaled down.
            pixel_aspect: width of a pixel to its height, before rotation. It is kept, and written into the track.
            ticks: ticks a second of the track's time base.
            timecode: SMPTE time code of the first frame, written as a separate track; empty for none.
        """
        self._output, self._ticks = output, ticks
        self._orientation = orientation_of_frame(first)
        shown = self._orientation.shown_size(first.width, first.height)
        width, height = (_even(side) for side in fitted_frame_size(*shown, max_side))
        self._width, self._height = width, height
        self._hdr = FrameConverter(first, max_side, Fraction(1)) if is_hdr(first) else None
        if _ENCODER not in codecs_available:
            raise UnreadableVideoError(
                "this build of PyAV has no H.264 encoder (libx264), so nothing can be cut or transcoded"
            )
        stream = output.add_stream(_ENCODER, rate=_rate_hint(rate), options=_OPTIONS)
        context = stream.codec_context
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context.time_base = stream.time_base = Fraction(1, ticks)
        if timecode:
            stream.metadata["timecode"] = timecode
        context.max_b_frames, context.gop_size = 0, _KEY_SECONDS_FRAMES
        if pixel_aspect != 1:
            is_on_its_side = self._orientation.rotation_degrees in (90, 270)
            context.sample_aspect_ratio = 1 / pixel_aspect if is_on_its_side else pixel_aspect
        self._is_bt709 = self._hdr is not None or (not first.format.is_rgb and int(first.colorspace) == _MATRIX_709)
        context.colorspace = _MATRIX_709 if self._is_bt709 else _MATRIX_601
        context.color_range = int(ColorRange.MPEG)
        self._stream = stream
        self._last_tick = -1
        self._held: Packet | None = None

    def add(self, seconds: float, frame: VideoFrame) -> bool:
        """Add a frame that is shown from `seconds` on in the output; False where one of that time or later is there."""
        tick = round(seconds * self._ticks)
        if tick <= self._last_tick:
            return False
        self._last_tick = tick
        converted = self._convert(frame)
        converted.pts, converted.time_base, converted.pict_type = tick, Fraction(1, self._ticks), 0
        self._mux(self._stream.encode(converted))
        return True

    def finish(self, stop_seconds: float) -> None:
        """Flush the encoder. The last frame is shown until `stop_seconds`."""
        self._mux(self._stream.encode(None))
        if self._held is not None:
            self._held.duration = max(1, round(stop_seconds * self._ticks) - (self._held.pts or 0))
            self._output.mux(self._held)
            self._held = None

    def _mux(self, packets: list[Packet]) -> None:
        for packet in packets:
            if self._held is not None:
                self._held.duration = max(1, (packet.pts or 0) - (self._held.pts or 0))
                self._output.mux(self._held)
            self._held = packet

    def _convert(self, frame: VideoFrame) -> VideoFrame:
        if self._hdr is not None:
            pixels = self._hdr.make(frame)
            rgb_frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            return rgb_frame.reformat(
                width=self._width,
                height=self._height,
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
        stored = self._orientation.shown_size(self._width, self._height)
        matrix = Colorspace.ITU709 if self._is_bt709 else Colorspace.ITU601
        scaled = frame.reformat(
            width=stored[0],
            height=stored[1],
            format="yuv420p",
            src_colorspace=None if frame.format.is_rgb else matrix,
            dst_colorspace=matrix,
            dst_color_range=ColorRange.MPEG,
        )
        return rotate_frame(scaled, self._orientation) if self._orientation != Orientation() else scaled


def rotate_frame(frame: VideoFrame, orientation: Orientation) -> VideoFrame:
    """Rotate a yuv420p frame of even size."""
    flat = np.asarray(frame.to_ndarray(), np.uint8)  # (height * 3 / 2, width): Y, then U and V, each a quarter of it
    width, height = frame.width, frame.height
    quarter = width * height // 4
    planes = flat.reshape(-1)
    parts = (
        planes[: 4 * quarter].reshape(height, width),
        planes[4 * quarter : 5 * quarter].reshape(height // 2, width // 2),
        planes[5 * quarter :].reshape(height // 2, width // 2),
    )
    result = np.concatenate([_rotate_plane(part, orientation).reshape(-1) for part in parts])
    rgb_frame, high = orientation.shown_size(width, height)
    return VideoFrame.from_ndarray(result.reshape(high * 3 // 2, rgb_frame), format="yuv420p")


def _rotate_plane(plane: Pixels, orientation: Orientation) -> Pixels:
    if orientation.mirrored:
        plane = plane[:, ::-1]
    return np.rot90(plane, k=-(orientation.rotation_degrees // 90))


def _even(side: int) -> int:
    return max(2, side + side % 2)


def _rate_hint(rate: Fraction | None) -> Fraction:
    return rate.limit_denominator(1001) if rate and 1 <= rate <= 240 else Fraction(25)
