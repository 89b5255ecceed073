"""When the sound of a video starts and stops, from its packets without decoding them: players play all of it.

Runs in the decoder child, beside the reading of the pictures.
"""

from av.stream import Stream

from indexer.decode.protocol import DecodeRequest
from indexer.decode.worker.av_types import InputContainer, Packet
from indexer.decode.worker.stream_selection import choose_decodable_audio
from indexer.errors import DecodeLimitError

LEAST_SECONDS = 1.0
"""Sound that begins less before the first picture, or goes on for less after the last, only fills blocks of its codec,
and does not count."""
MOST_GAP_SECONDS = 300.0
"""A packet that comes later after all others has a damaged time, as does sound that begins so much earlier."""


class SoundExtent:
    """Follows the packets of the audio track that is heard."""

    def __init__(self, container: InputContainer) -> None:
        stream = choose_decodable_audio(container)
        self._index = -1 if stream is None else stream.index
        self._begins: float | None = None
        """In container seconds; None where the container does not tell."""
        if stream is not None and stream.start_time is not None and stream.time_base is not None:
            self._begins = float(stream.start_time * stream.time_base)
        self.streams: tuple[Stream, ...] = () if stream is None else (stream,)
        """To be read beside the pictures: one stream or none."""
        self._spans: list[tuple[float, float]] = []
        """(start, stop) in container seconds of stretches without large gaps, in the order of reading."""

    def add(self, packet: Packet) -> bool:
        """Take a packet of `streams`; False for one of another stream."""
        if packet.stream_index != self._index:
            return False
        if packet.pts is not None and packet.size:
            start = float(packet.pts * packet.time_base)
            stop = start + float((packet.duration or 0) * packet.time_base)
            last = self._spans[-1] if self._spans else None
            if last is not None and last[0] <= start <= last[1] + LEAST_SECONDS:
                self._spans[-1] = (last[0], max(last[1], stop))
            else:
                self._spans.append((start, stop))
        return True

    def lead_seconds(self, pictures_begin_seconds: float) -> float:
        """How long before the first picture the sound begins; 0 where it does not.

        Args:
            pictures_begin_seconds: container time of the first picture.
        """
        lead = 0.0 if self._begins is None else pictures_begin_seconds - self._begins
        return lead if LEAST_SECONDS <= lead <= MOST_GAP_SECONDS else 0.0

    def duration(self, start_seconds: float, pictures_seconds: float, request: DecodeRequest) -> float:
        """How long the video is: as its pictures, or as its sound where that goes on alone.

        Args:
            start_seconds: container time of 0 on the player's clock.
            pictures_seconds: when the last picture leaves the screen, on the player's clock.

        Raises:
            DecodeLimitError: the sound is longer than the longest video may be.
        """
        end = pictures_seconds
        for start, stop in sorted(self._spans):
            if start - start_seconds <= end + MOST_GAP_SECONDS:
                end = max(end, stop - start_seconds)
        if end > request.max_duration_hours * 3600:
            raise DecodeLimitError(
                f"the sound runs beyond {end / 3600:.2f} h; max_duration_hours = {request.max_duration_hours:g}"
            )
        return end if end >= pictures_seconds + LEAST_SECONDS else pictures_seconds
