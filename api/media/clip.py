"""Cutting of `[start, stop)` of a video into an MP4 that every player plays: H.264, AAC, index in front.

Runs in the media worker. A transcode is a cut of the whole video. The first frame is the one on screen at the start,
and is shown from 0 on; every other frame keeps its time relative to the start; the last one ends at the stop.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import av

from api.media.audio_encoder import AudioEncoder
from api.media.source_reader import SourceReader, TimedFrame, shown_from
from api.media.video_encoder import TICKS, VideoEncoder
from api.media.worker_protocol import MediaRequest
from indexer.decode.worker.av_types import AudioFrame, OutputContainer, VideoFrame
from indexer.decode.worker.frame_conversion import pixel_aspect_of
from indexer.errors import UnreadableVideoError

_FINE = 1000
"""Minimum ticks a second, fine enough for times between frames."""
_MAX_EARLY_AUDIO_FRAMES = 2_000
"""Audio frames that are held until the first video frame comes, about 40 s; then it is read by itself."""


def open_clip_output(path: str, *, webm: bool = False) -> OutputContainer:
    """Open an output file, with the index in front where the format has one."""
    if webm:
        return av.open(path, "w", format="webm")
    return av.open(path, "w", format="mp4", options={"movflags": "+faststart"})


def cut_clip(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Write the clip.

    Args:
        on_progress: receives the completed share, 0 to 1.

    Raises:
        VideoError: the matching subclass.
    """
    source = SourceReader(request)
    length = request.stop_seconds - request.start_seconds
    try:
        with open_clip_output(request.output) as output:
            clip = _Clip(source, output, request)
            clip.write(on_progress)
            clip.finish()
    finally:
        source.close()
    return {"frames": clip.frames, "seconds": length}


class _Clip:
    """One clip while it is written. Its tracks are made with the first frame, which tells their format."""

    def __init__(self, source: SourceReader, output: OutputContainer, request: MediaRequest) -> None:
        self._source, self._output, self._request = source, output, request
        self._length = request.stop_seconds - request.start_seconds
        self._video: VideoEncoder | None = None
        self._audio: AudioEncoder | None = None
        self._early_audio: list[tuple[float, AudioFrame]] = []
        """Until there is an audio track."""
        self._is_video_done, self._is_audio_done = False, source.audio is None
        self.frames = 0

    def write(self, on_progress: Callable[[float], None]) -> None:
        """Write all frames of the span."""
        start, stop = self._request.start_seconds, self._request.stop_seconds
        items = self._source.read_from(start, stop_seconds=stop, with_audio=not self._is_audio_done)
        for time, frame in shown_from(snap_to_frame_grid(items, Fraction(*self._request.rate)), start):
            offset = time - start
            if isinstance(frame, VideoFrame):
                self._add_picture(offset, frame)
            else:
                self._add_sound(offset, frame)
            on_progress(min(1.0, max(0.0, offset / self._length)) if self._length else 0.0)
            if self._is_video_done and self._is_audio_done:
                return

    def finish(self) -> None:
        """Complete both tracks. Raises UnreadableVideoError where there is no frame."""
        if self._video is None:
            raise UnreadableVideoError("no frame could be decoded there")
        self._video.finish(self._length)
        if self._audio is not None:
            self._audio.finish(self._length)

    def _add_picture(self, offset: float, frame: VideoFrame) -> None:
        self._is_video_done = self._is_video_done or offset >= self._length - 1e-6
        if self._is_video_done:
            return
        if self._video is None:
            self._video = self._make_tracks(frame)
        self.frames += self._video.add(offset, frame)

    def _add_sound(self, offset: float, frame: AudioFrame) -> None:
        if self._is_audio_done:
            return
        if self._audio is None:
            self._early_audio.append((offset, frame))
            if len(self._early_audio) > _MAX_EARLY_AUDIO_FRAMES:
                # The frame at the start stands so long that its successor is far, and a decoder may keep it till then.
                self._add_picture(0.0, _frame_at(self._request))
            return
        self._audio.add(offset, frame)
        self._is_audio_done = self._audio.is_full

    def _make_tracks(self, first: VideoFrame) -> VideoEncoder:
        grid, source = Fraction(*self._request.rate), self._source
        video = VideoEncoder(
            self._output,
            first,
            rate=grid or source.video.average_rate or source.video.guessed_rate,
            max_side=self._request.max_side,
            pixel_aspect=pixel_aspect_of(source.video),
            ticks=ticks_per_second(grid),
            timecode=self._request.timecode,
        )
        if source.audio is not None:
            self._audio = AudioEncoder(self._output, source.audio, stop_seconds=self._length)
            for item in self._early_audio:
                self._audio.add(*item)
            self._early_audio = []
        return video


def _frame_at(request: MediaRequest) -> VideoFrame:
    """The frame on screen at the start, from a reader of its own.

    Raises:
        VideoError: the matching subclass.
    """
    start = request.start_seconds
    source = SourceReader(request)
    try:
        for _, frame in shown_from(source.read_from(start, stop_seconds=start, with_audio=False), start):
            if isinstance(frame, VideoFrame):
                return frame
    finally:
        source.close()
    raise UnreadableVideoError("no frame could be decoded there")


def snap_to_frame_grid(items: Iterator[TimedFrame], rate: Fraction) -> Iterator[TimedFrame]:
    """Snap the times of video frames to the grid of the frame rate, since containers round times: Matroska to 1 ms.

    With a variable frame rate, times snap to the nearest grid frame. A rate of 0 keeps all times.
    """
    for time, frame in items:
        if rate and isinstance(frame, VideoFrame):
            yield float(round(time * rate) / rate), frame
        else:
            yield time, frame


def ticks_per_second(rate: Fraction) -> int:
    """A time base in which every frame of the rate starts at a whole tick; MPEG's 90 kHz without a rate."""
    if not rate:
        return TICKS
    return rate.numerator if rate.numerator >= _FINE else rate.numerator * _FINE
