"""Copy the coded pictures of a video into a container that browsers play; sound that they do not play becomes AAC.

Runs in the media child. The first presented frame comes at 0. Leaves out whether this is enough (`playable`).
"""

from collections.abc import Callable

from api.media.child_protocol import MediaRequest
from api.media.clip import open_output
from api.media.sound_track import SoundTrack
from api.media.timed_source import AudioFrame, AudioStream, TimedSource
from indexer.decode_open import Packet
from indexer.errors import UnreadableVideoError


def remux(request: MediaRequest, on_progress: Callable[[float], None]) -> dict[str, object]:
    """Write the whole video anew without decoding its pictures.

    Raises:
        VideoError: of the kind that fits.
    """
    source = TimedSource(request)
    try:
        with open_output(request.output, webm=request.webm) as output:
            video = output.add_stream_from_template(source.video, opaque=True)
            audio = source.sound
            copied = output.add_stream_from_template(audio) if audio is not None and request.keep_sound else None
            made = None
            if audio is not None and copied is None:
                made = SoundTrack(output, audio, stop_seconds=request.stop_seconds)
            count = 0
            for packet in source.packets(source.video, *([audio] if audio is not None else [])):
                if packet.stream_index == source.video.index:
                    if packet.is_corrupt or packet.is_discard:
                        raise UnreadableVideoError("its packets are not all shown, so they cannot be copied")
                    if not _shift(packet, request.origin_seconds, least=-1.0):
                        continue
                    packet.stream = video
                    output.mux(packet)
                    count += 1
                    on_progress(min(1.0, float((packet.pts or 0) * packet.time_base) / max(1e-3, request.stop_seconds)))
                elif copied is not None:
                    if _shift(packet, request.origin_seconds, least=0.0):
                        packet.stream = copied
                        output.mux(packet)
                elif made is not None and audio is not None:
                    for frame in _decoded(packet, audio):
                        made.add(float((frame.pts or 0) * (frame.time_base or 0)) - request.origin_seconds, frame)
            if made is not None:
                made.finish(request.stop_seconds)
    finally:
        source.close()
    if not count:
        raise UnreadableVideoError("it has no pictures that can be copied")
    return {"frames": count, "seconds": request.stop_seconds}


def _shift(packet: Packet, origin_seconds: float, *, least: float) -> bool:
    """Move a packet to the player's clock; False for one that is left out."""
    if packet.pts is None:
        raise UnreadableVideoError("a packet has no presentation time, so it cannot be copied")
    ticks = round(origin_seconds / packet.time_base)
    packet.pts -= ticks
    packet.dts = packet.pts if packet.dts is None else packet.dts - ticks
    return float(packet.pts * packet.time_base) >= least


def _decoded(packet: Packet, audio: AudioStream) -> list[AudioFrame]:
    import av.error

    try:
        return audio.decode(packet)
    except (av.error.FFmpegError, ValueError):
        return []
