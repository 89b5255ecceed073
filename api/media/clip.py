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

_LATE_PACKET_SECONDS = 10.0
"""How far past the stop the file is read for packets that are interleaved late."""
_FINE = 1000
"""Minimum ticks a second, fine enough for times between frames."""
_MAX_EARLY_AUDIO_FRAMES = 20_000
"""Audio frames that may precede the first video frame."""


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
            frames = _write(source, output, request, length, on_progress)
    finally:
        source.close()
    return {"frames": frames, "seconds": length}


def _write(
    source: SourceReader,
    output: OutputContainer,
    request: MediaRequest,
    length: float,
    on_progress: Callable[[float], None],
) -> int:
    video: VideoEncoder | None = None
    audio: AudioEncoder | None = None
    early_audio: list[tuple[float, AudioFrame]] = []
    count, is_video_done, is_audio_done = 0, False, source.audio is None
    grid = Fraction(*request.rate)
    items = snap_to_frame_grid(source.read_from(request.start_seconds, with_audio=not is_audio_done), grid)
    for time, frame in _stop_after(shown_from(items, request.start_seconds), request.stop_seconds):
        offset = time - request.start_seconds
        if not isinstance(frame, VideoFrame):
            if audio is None:
                if len(early_audio) < _MAX_EARLY_AUDIO_FRAMES:
                    early_audio.append((offset, frame))
            elif not is_audio_done:
                audio.add(offset, frame)
                is_audio_done = audio.is_full
        elif offset >= length - 1e-6:
            is_video_done = True
        elif not is_video_done:
            if video is None:
                video = VideoEncoder(
                    output,
                    frame,
                    rate=grid or _rate(source),
                    max_side=request.max_side,
                    pixel_aspect=pixel_aspect_of(source.video),
                    ticks=ticks_per_second(grid),
                    timecode=request.timecode,
                )
                if source.audio is not None:
                    audio = AudioEncoder(output, source.audio, stop_seconds=length)
                    for item in early_audio:
                        audio.add(*item)
                    early_audio = []
            video.add(offset, frame)
            count += 1
            on_progress(min(1.0, offset / length) if length else 0.0)
        if is_video_done and is_audio_done:
            break
    if video is None:
        raise UnreadableVideoError("no frame could be decoded there")
    video.finish(length)
    if audio is not None:
        audio.finish(length)
    return count


def _stop_after(items: Iterator[TimedFrame], stop_seconds: float) -> Iterator[TimedFrame]:
    """The items until some seconds after the stop; later packets are ignored."""
    for item in items:
        if item[0] > stop_seconds + _LATE_PACKET_SECONDS:
            return
        yield item


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


def _rate(source: SourceReader) -> Fraction | None:
    return source.video.average_rate or source.video.guessed_rate
