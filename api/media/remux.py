"""Remuxing: copies the encoded video into a container that browsers play; unsupported audio becomes AAC.

Runs in the media worker. The first presented frame is at 0; a video whose sound begins well before it is not copied.
Leaves out whether remuxing suffices (`playback_method`).
"""

from collections.abc import Callable
from fractions import Fraction

import av
import av.error

from api.media.audio_encoder import AudioEncoder
from api.media.clip import open_clip_output
from api.media.source_reader import SourceReader
from api.media.worker_protocol import MediaRequest
from indexer.decode.worker.av_types import AudioFrame, AudioStream, Packet, VideoStream
from indexer.decode.worker.frame_conversion import pixel_aspect_of
from indexer.errors import UnreadableVideoError

_MAX_REORDERED = 64
"""Packets before the first one with a decoding time; H.264 reorders at most 16."""
_SLACK_SECONDS = 0.02
"""Latest time of the first frame of the copy."""


def remux(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Copy the whole video without decoding its frames.

    Raises:
        VideoError: the matching subclass.
    """
    source = SourceReader(request)
    try:
        with open_clip_output(request.output, webm=request.webm) as output:
            shape = pixel_aspect_of(source.video)
            video = output.add_stream_from_template(source.video, opaque=True)
            audio = source.audio
            copied_stream = output.add_stream_from_template(audio) if audio is not None and request.copy_audio else None
            encoder = None
            if audio is not None and copied_stream is None:
                encoder = AudioEncoder(output, audio, stop_seconds=request.stop_seconds)
            count, order = 0, _DecodingOrder(source.video)
            for packet in source.packets(source.video, *([audio] if audio is not None else [])):
                if packet.stream_index == source.video.index:
                    if packet.is_corrupt or packet.is_discard:
                        raise UnreadableVideoError("some packets are not shown, so they cannot be copied")
                    if not _shift(packet, request.origin_seconds, least=-1.0):
                        continue
                    on_progress(min(1.0, float((packet.pts or 0) * packet.time_base) / max(1e-3, request.stop_seconds)))
                    for ready in order.add(packet):
                        ready.stream = video
                        output.mux(ready)
                        count += 1
                elif copied_stream is not None:
                    if _shift(packet, request.origin_seconds, least=0.0):
                        packet.dts = packet.pts if packet.dts is None else packet.dts
                        packet.stream = copied_stream
                        output.mux(packet)
                elif encoder is not None and audio is not None:
                    for frame in _decoded(packet, audio):
                        encoder.add(float((frame.pts or 0) * (frame.time_base or 0)) - request.origin_seconds, frame)
            if encoder is not None:
                encoder.finish(request.stop_seconds)
    finally:
        source.close()
    if not count:
        raise UnreadableVideoError("the video has no frames that can be copied")
    _check(request.output, request.stop_seconds, shape)
    return {"frames": count, "seconds": request.stop_seconds}


def _check(path: str, stop_seconds: float, pixel_aspect: Fraction) -> None:
    """Raises UnreadableVideoError unless the copy starts at 0, and is as long and as wide as the video."""
    with av.open(path) as copy:
        stream = copy.streams.video[0]
        if pixel_aspect_of(stream) != pixel_aspect:
            raise UnreadableVideoError("its copy has pixels of another shape")
        try:
            first = next(copy.decode(stream), None)
        except av.error.FFmpegError as error:
            raise UnreadableVideoError(f"its copy does not start with a frame: {error}") from error
        if first is None or abs(float((first.pts or 0) * (stream.time_base or 0))) > _SLACK_SECONDS:
            raise UnreadableVideoError("its copy does not start with its first frame")
        if copy.duration is not None and abs(copy.duration / 1e6 - stop_seconds) > 1.0 + 0.02 * stop_seconds:
            raise UnreadableVideoError("its copy is not as long as the video")


class _DecodingOrder:
    """Fills in the decoding times of the first packets, which Matroska does not store."""

    def __init__(self, stream: VideoStream) -> None:
        self._stream = stream
        self._waiting: list[Packet] = []
        self._is_known = False

    def add(self, packet: Packet) -> list[Packet]:
        """The packets that are ready to be written."""
        if self._is_known:
            return [packet]
        self._waiting.append(packet)
        if len(self._waiting) > _MAX_REORDERED:
            raise UnreadableVideoError("its packets have no decoding times, so they cannot be copied")
        if packet.dts is None:
            return []
        self._is_known = True
        rate = self._stream.average_rate or self._stream.guessed_rate or 25
        step = max(1, round(1 / (rate * packet.time_base)))
        ready, self._waiting = self._waiting, []
        for index, one in enumerate(ready):
            one.dts = min(packet.dts - (len(ready) - 1 - index) * step, one.pts or 0)
        return ready


def _shift(packet: Packet, origin_seconds: float, *, least: float) -> bool:
    """Shift a packet to the player's clock. False for one before `least`, which is dropped."""
    if packet.pts is None:
        raise UnreadableVideoError("a packet has no presentation time, so it cannot be copied")
    ticks = round(origin_seconds / packet.time_base)
    packet.pts -= ticks
    if packet.dts is not None:
        packet.dts -= ticks
    return float(packet.pts * packet.time_base) >= least


def _decoded(packet: Packet, audio: AudioStream) -> list[AudioFrame]:
    try:
        return audio.decode(packet)
    except (av.error.FFmpegError, ValueError):
        return []
