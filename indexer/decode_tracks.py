"""The text tracks of an open container: which streams they are, and their packets gathered while the file is read.

Leaves out what the packets' bytes mean (`decode_text`).
"""

import av.error
from av.stream import Stream

from indexer.decode.protocol import Message
from indexer.decode.worker.container import InputContainer, Packet, has_decoder
from indexer.decode.worker.text_tracks import TEXT_CODECS, TextCollector, is_xml

_UNDECODED = "webvtt"
"""PyAV's FFmpeg has no WebVTT decoder, so such a stream has no codec; of the text formats in Matroska and MP4 only
TTML (told by its XML) shares that."""


class TextTracks:
    """Gathers the packets of every text track."""

    def __init__(self, container: InputContainer) -> None:
        self.streams: tuple[Stream, ...] = tuple(
            stream for stream in container.streams if stream.type == "subtitle" and _codec_of(stream)
        )
        self._collectors = {
            stream.index: TextCollector(
                stream.index, _codec_of(stream), stream.language or "", float(stream.time_base or 0)
            )
            for stream in self.streams
        }

    @property
    def indices(self) -> tuple[int, ...]:
        return tuple(self._collectors)

    def add(self, packet: Packet) -> None:
        """Take a packet of one of `streams`; others are ignored."""
        collector = self._collectors.get(packet.stream_index)
        if collector is not None and packet.size:
            data = bytes(packet)
            if not is_xml(data):
                collector.add(packet.pts, packet.duration, data)

    def read_all(self, container: InputContainer) -> None:
        """Read the whole container for its text alone."""
        if not self.streams:
            return
        try:
            for packet in container.demux(*self.streams):
                self.add(packet)
        except (av.error.FFmpegError, OSError):
            return  # what was read before the damage is kept

    def to_message(self, start_seconds: float) -> list[Message]:
        """Tracks that have cues, on the clock on which `start_seconds` is 0."""
        tracks = [collector.to_message(start_seconds) for collector in self._collectors.values()]
        return [track for track in tracks if track["cues"]]


def _codec_of(stream: Stream) -> str:
    """Our name of a text codec, empty for bitmap subtitles."""
    return TEXT_CODECS.get(stream.codec_context.name, "") if has_decoder(stream) else _UNDECODED
