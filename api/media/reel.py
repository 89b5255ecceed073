"""Joining of clips into one MP4 of one size and frame rate, with a chapter for each. Runs in the media worker.

Frames of another aspect ratio are letterboxed. Frames are repeated or dropped to match the frame rate.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np

from api.media.audio_encoder import AudioEncoder
from api.media.clip import open_clip_output, ticks_per_second
from api.media.video_encoder import VideoEncoder
from api.media.worker_protocol import MediaRequest, Part
from indexer.decode.worker.av_types import InputContainer, OutputContainer, VideoFrame
from indexer.decode.worker.frame_conversion import pixel_aspect_of
from indexer.decode.worker.stream_selection import choose_decodable_audio
from indexer.errors import UnreadableVideoError

_BLACK = (16, 128, 128)
"""Black in limited-range Y, U, V."""


def join_reel(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Write the reel.

    Raises:
        UnreadableVideoError: a part has no frame.
    """
    rate = Fraction(*request.rate)
    whole = sum(part.frames for part in request.parts)
    with open_clip_output(request.output) as output:
        output.set_chapters(_chapters(request.parts, rate))
        reel = _Reel(output, request, rate, float(whole / rate))
        for part in request.parts:
            reel.add(part)
            on_progress(reel.frame_index / whole)
        reel.finish()
    return {"frames": whole, "seconds": float(whole / rate)}


class _Reel:
    def __init__(self, output: OutputContainer, request: MediaRequest, rate: Fraction, seconds: float) -> None:
        self._output, self._request, self._rate, self._seconds = output, request, rate, seconds
        self._video: VideoEncoder | None = None
        self._audio = AudioEncoder(output, None, stop_seconds=seconds)
        self.frame_index = 0
        """Index of the next output frame."""

    def add(self, part: Part) -> None:
        begin = self.frame_index
        with av.open(part.path) as container:
            self._show(container, part)
        with av.open(part.path) as container:
            audio = choose_decodable_audio(container)
            for frame in container.decode(audio) if audio is not None else ():
                if frame.pts is not None and frame.time_base is not None:
                    self._audio.add(float(begin / self._rate + frame.pts * frame.time_base), frame)

    def _show(self, container: InputContainer, part: Part) -> None:
        stop, begin = self.frame_index + part.frames, self.frame_index
        shown: VideoFrame | None = None
        aspect = pixel_aspect_of(container.streams.video[0])
        for frame in container.decode(container.streams.video[0]):
            if frame.pts is None or frame.time_base is None:
                continue
            frame_index = begin + round(frame.pts * frame.time_base * self._rate)
            self._hold(shown, min(frame_index, stop))
            shown = letterbox(frame, self._request.size, aspect)
        if shown is None:
            raise UnreadableVideoError(f"no frame in {part.title!r}")
        self._hold(shown, stop)

    def _hold(self, frame: VideoFrame | None, until: int) -> None:
        """Repeat a frame up to, and without, output frame `until`."""
        while frame is not None and self.frame_index < until:
            if self._video is None:
                most = max(self._request.size)
                ticks = ticks_per_second(self._rate)
                self._video = VideoEncoder(self._output, frame, rate=self._rate, max_side=most, ticks=ticks)
            self._video.add(float(self.frame_index / self._rate), frame)
            self.frame_index += 1

    def finish(self) -> None:
        if self._video is not None:
            self._video.finish(self._seconds)
        self._audio.finish(self._seconds)


def letterbox(frame: VideoFrame, size: tuple[int, int], pixel_aspect: Fraction = Fraction(1)) -> VideoFrame:
    """A frame (upright yuv420p) scaled to fit, with square pixels, centred on black. Both sides are even."""
    width, height = size
    shown = frame.width * float(pixel_aspect)
    scale = min(width / shown, height / frame.height)
    inner = (min(width, max(2, round(shown * scale / 2) * 2)), min(height, max(2, round(frame.height * scale / 2) * 2)))
    small = frame.reformat(width=inner[0], height=inner[1], format="yuv420p")
    if inner == size:
        return small
    planes = np.asarray(small.to_ndarray(), np.uint8).reshape(-1)  # Y, then U and V, each a quarter of it
    left, top, begin = (width - inner[0]) // 4 * 2, (height - inner[1]) // 4 * 2, 0
    whole: list[np.ndarray] = []
    for number, part in enumerate((1, 2, 2)):
        canvas = np.full((height // part, width // part), _BLACK[number], np.uint8)
        rows, columns = inner[1] // part, inner[0] // part
        piece = planes[begin : begin + rows * columns].reshape(rows, columns)
        canvas[top // part : top // part + rows, left // part : left // part + columns] = piece
        whole.append(canvas.reshape(-1))
        begin += rows * columns
    return VideoFrame.from_ndarray(np.concatenate(whole).reshape(height * 3 // 2, width), format="yuv420p")


def _chapters(parts: tuple[Part, ...], rate: Fraction) -> list[Any]:
    found: list[Any] = []
    frame_index, tick = 0, Fraction(1, 1000)
    for number, part in enumerate(parts):
        start, stop = (round(frame / rate * 1000) for frame in (frame_index, frame_index + part.frames))
        found.append({"id": number, "start": start, "end": stop, "time_base": tick, "metadata": {"title": part.title}})
        frame_index += part.frames
    return found
