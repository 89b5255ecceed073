"""Copies of sound without pictures: a span as AAC, or all of it with its packets as they are, both in MP4.

Runs in the media worker. A transcode is a cut of the whole sound. In both copies 0 is 0 on the player's clock.
"""

from collections.abc import Callable

import av

from api.media.audio_encoder import AudioEncoder
from api.media.clip import open_clip_output
from api.media.sound.source import SoundSource
from api.media.worker_protocol import MediaRequest
from indexer.errors import UnreadableVideoError

_MOST_APART_SECONDS = 1.0
"""Between the lengths of a copy and of its source."""


def cut_sound(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Write the span, accurate to the sample; gaps become silence.

    Args:
        on_progress: receives the completed share, 0 to 1.

    Raises:
        VideoError: the matching subclass.
    """
    source = SoundSource(request)
    length = request.stop_seconds - request.start_seconds
    try:
        with open_clip_output(request.output) as output:
            encoder = AudioEncoder(output, source.stream, stop_seconds=length)
            is_empty = True
            for time, frame in source.frames_from(request.start_seconds):
                offset = time - request.start_seconds
                if offset >= length:
                    break
                is_empty = False
                encoder.add(offset, frame)
                on_progress(min(1.0, max(0.0, offset / length)))
            if is_empty:
                raise UnreadableVideoError("no sound could be decoded there")
            encoder.finish(length)
    finally:
        source.close()
    return {"frames": 0, "seconds": length}


def copy_sound(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Copy all of the sound without decoding it.

    Raises:
        VideoError: the matching subclass; also where the copy is not as long as the sound.
    """
    source = SoundSource(request)
    try:
        with open_clip_output(request.output) as output:
            stream = output.add_stream_from_template(source.stream)
            for packet in source.packets():
                if packet.pts is None or packet.is_corrupt:
                    raise UnreadableVideoError("a packet is damaged or has no time, so it cannot be copied")
                seconds = source.seconds(packet.pts)
                if seconds < 0:
                    continue
                packet.pts = packet.dts = packet.pts - round(request.origin_seconds / packet.time_base)
                packet.stream = stream
                output.mux(packet)
                on_progress(min(1.0, seconds / max(1e-3, request.stop_seconds)))
    finally:
        source.close()
    with av.open(request.output) as copy:
        seconds = (copy.duration or 0) / 1e6
    if abs(seconds - request.stop_seconds) > _MOST_APART_SECONDS:
        raise UnreadableVideoError("its copy is not as long as the sound")
    return {"frames": 0, "seconds": request.stop_seconds}
