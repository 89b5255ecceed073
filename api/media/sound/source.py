"""Reading of the sound of a file without pictures from a time on, on the player's clock.

Runs in the media worker. MP4, Matroska and WAV are seeked. Other files are read from the front, without decoding before
the start, since their seeks are not exact. The sound of videos is read beside their pictures (`source_reader`).
"""

from collections.abc import Iterator
from typing import cast

import av.error

from api.media.source_reader import open_source_container, read_packets
from api.media.worker_protocol import MediaRequest
from indexer.decode.worker.av_types import AudioFrame, AudioStream, Packet
from indexer.decode.worker.stream_selection import has_decoder
from indexer.errors import UnreadableVideoError

_EXACT = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "wav"})
"""Containers whose seeks are exact."""
_LEAD_SECONDS = 2.0
"""Decoding begins so much before the start: codecs need earlier packets."""
_GAP_SECONDS = 0.1
"""As `indexer.decode.worker.audio_reader` tells gaps from rounded times."""
_CONTINUOUS = frozenset({"mp3", "flac", "wav", "aac", "aiff", "w64", "amr"})
"""Containers without times of their own, so without gaps."""


class SoundSource:
    """An open file with sound alone. Raises the matching VideoError."""

    def __init__(self, request: MediaRequest) -> None:
        """Open the source. Raises the matching VideoError."""
        self._request = request
        self.container = open_source_container(request)
        streams = self.container.streams
        if request.stream_index >= len(streams) or streams[request.stream_index].type != "audio":
            raise UnreadableVideoError("the file has other streams than it had when it was indexed; index it again")
        self.stream = cast(AudioStream, streams[request.stream_index])
        if not has_decoder(self.stream):
            raise UnreadableVideoError("FFmpeg has no decoder for its sound")

    def frames_from(self, start_seconds: float) -> Iterator[tuple[float, AudioFrame]]:
        """(time, frame) in order, from about the start on, perhaps a little earlier."""
        begin = start_seconds - _LEAD_SECONDS
        if begin > 0 and self.container.format.name in _EXACT:
            self._seek(begin)
        for packet in self.packets():
            if packet.pts is None or self.seconds(packet.pts) >= begin:
                yield from self._decode(packet)
        yield from self._decode(None)

    def packets(self) -> Iterator[Packet]:
        """All packets of the sound. Reading continues after damaged ones."""
        return read_packets(self.container, self.stream)

    def seconds(self, ticks: int) -> float:
        """Container ticks to seconds on the player's clock."""
        return float(ticks * (self.stream.time_base or 0)) - self._request.origin_seconds

    def has_gaps(self) -> bool:
        """Whether the track has a hole, across which browsers play on without the pause. Reads all packets."""
        if self.container.format.name in _CONTINUOUS:
            return False
        tick, usual, before = float(self.stream.time_base or 0), float("inf"), float("inf")
        for packet in self.packets():
            if packet.pts is None:
                continue
            # In MP4, the packet before a gap is said to last until the packet after it.
            usual = min(usual, (packet.duration or 0) * tick)
            if packet.pts * tick - before > usual + _GAP_SECONDS:
                return True
            before = packet.pts * tick
        return False

    def close(self) -> None:
        self.container.close()

    def _seek(self, seconds: float) -> None:
        tick = self.stream.time_base
        if tick:
            self.container.seek(int((seconds + self._request.origin_seconds) / tick), stream=self.stream, backward=True)

    def _decode(self, packet: Packet | None) -> Iterator[tuple[float, AudioFrame]]:
        try:
            frames = self.stream.decode(packet)  # pyright: ignore[reportArgumentType] - None drains
        except (av.error.FFmpegError, ValueError):
            return
        for frame in frames:
            if frame.pts is not None and frame.samples:
                # PyAV gives audio frames the time base of the stream, or of the codec when flushed.
                tick = frame.time_base or self.stream.time_base or 0
                yield float(frame.pts * tick) - self._request.origin_seconds, frame
