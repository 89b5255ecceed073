"""Cut `[start, stop)` of a video into an MP4 that every player plays: H.264, AAC, index in front.

Runs in the media child; a transcode is the cut of everything. The first picture is the one on screen at the start, and
stays from 0 on; each other one comes at its own time less the start; the last one leaves at the stop.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import av

from api.media.audio_encoder import AudioEncoder
from api.media.source_reader import SourceReader, TimedFrame, shown_from
from api.media.video_encoder import TICKS, VideoEncoder
from api.media.worker_protocol import MediaRequest
from indexer.decode.worker.av_types import AudioFrame, OutputContainer, VideoFrame
from indexer.errors import UnreadableVideoError

_LATE_PACKET_SECONDS = 10.0
"""How far past the stop the file is read for sound or pictures that lie late in it."""
_FINE = 1000
"""Least ticks a second, so that what is no picture can be timed too."""
_MAX_EARLY_AUDIO_FRAMES = 20_000
"""Pieces of sound that may come before the first picture."""


def open_output(path: str, *, webm: bool = False) -> OutputContainer:
    """A file to write, with its index in front where the format has one."""
    if webm:
        return av.open(path, "w", format="webm")
    return av.open(path, "w", format="mp4", options={"movflags": "+faststart"})


def cut(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Write the clip.

    Args:
        on_progress: gets the share that is done, 0 to 1.

    Raises:
        VideoError: of the kind that fits.
    """
    source = SourceReader(request)
    length = request.stop_seconds - request.start_seconds
    try:
        with open_output(request.output) as output:
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
    pictures: VideoEncoder | None = None
    sounds: AudioEncoder | None = None
    held: list[tuple[float, AudioFrame]] = []
    count, is_shown, is_heard = 0, False, source.sound is None
    grid = Fraction(*request.rate)
    items = snap_to_frame_grid(source.read_from(request.start_seconds, sound=not is_heard), grid)
    for time, frame in _stop_after(shown_from(items, request.start_seconds), request.stop_seconds):
        place = time - request.start_seconds
        if not isinstance(frame, VideoFrame):
            if sounds is None:
                held = [*held, (place, frame)] if len(held) < _MAX_EARLY_AUDIO_FRAMES else held
            elif not is_heard:
                sounds.add(place, frame)
                is_heard = sounds.is_full
        elif place >= length - 1e-6:
            is_shown = True
        elif not is_shown:
            if pictures is None:
                pictures = VideoEncoder(
                    output,
                    frame,
                    rate=grid or _rate(source),
                    max_side=request.max_side,
                    ticks=ticks_per_second(grid),
                    timecode=request.timecode,
                )
                if source.sound is not None:
                    sounds = AudioEncoder(output, source.sound, stop_seconds=length)
                    for early in held:
                        sounds.add(*early)
                    held = []
            pictures.add(place, frame)
            count += 1
            on_progress(min(1.0, place / length) if length else 0.0)
        if is_shown and is_heard:
            break
    if pictures is None:
        raise UnreadableVideoError("no picture could be decoded there")
    pictures.finish(length)
    if sounds is not None:
        sounds.finish(length)
    return count


def _stop_after(items: Iterator[TimedFrame], stop_seconds: float) -> Iterator[TimedFrame]:
    """Ends some seconds after the stop, whatever has not come by then."""
    for item in items:
        if item[0] > stop_seconds + _LATE_PACKET_SECONDS:
            return
        yield item


def snap_to_frame_grid(items: Iterator[TimedFrame], rate: Fraction) -> Iterator[TimedFrame]:
    """Each picture at its frame's exact time: containers round times, to a whole millisecond in Matroska. Between two
    frames, as variable frame rates have it, the nearest is taken. With a rate of 0 all stay where they are."""
    for time, frame in items:
        if rate and isinstance(frame, VideoFrame):
            yield float(round(time * rate) / rate), frame
        else:
            yield time, frame


def ticks_per_second(rate: Fraction) -> int:
    """A clock in which every frame of the rate begins at a whole tick; MPEG's without a rate."""
    if not rate:
        return TICKS
    return rate.numerator if rate.numerator >= _FINE else rate.numerator * _FINE


def _rate(source: SourceReader) -> Fraction | None:
    return source.video.average_rate or source.video.guessed_rate
