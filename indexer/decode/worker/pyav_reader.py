"""Sequential frame sampling with PyAV: reads everything that its FFmpeg reads, whatever the timestamps.

Runs in the decoder child. Leaves out opening (`container`), conversion to RGB (`frame_conversion`) and frame selection
(`frame_sampling`).
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import av.error
from av.stream import Stream

from indexer.decode.child_log import child_log_since
from indexer.decode.frame_sampling import SampleTimes
from indexer.decode.protocol import DecodeRequest
from indexer.decode.worker.av_types import InputContainer, Packet, VideoFrame, VideoStream
from indexer.decode.worker.container import check_pixel_count
from indexer.decode.worker.sound_extent import SoundExtent
from indexer.errors import DecodeLimitError, EncryptedVideoError

_CUT_OFF = re.compile("ended prematurely|partial file|Truncat")
"""FFmpeg's log lines about truncated files; it does not report them in another way."""
LARGE_PIXELS = 1920 * 1080
"""From this size on, a decoder uses all cores: a single 4K AV1 film would otherwise delay the end of a run."""
_MAX_READ_ERRORS = 32
"""Consecutive failed reads after which reading stops."""


@dataclass(slots=True)
class Damage:
    """Damage found so far."""

    bad_packets: int = 0
    """Packets that the decoder rejected."""
    backward_frames: int = 0
    """Frames dropped because their times did not rise."""
    is_cut: bool = False
    """Reading the container failed before its end."""
    reason: str = ""


@dataclass(slots=True)
class PyavReader:
    """Frames of one video stream in presentation order, on the player's clock."""

    container: InputContainer
    stream: VideoStream
    request: DecodeRequest
    on_progress: Callable[[], None]
    on_text: Callable[[Packet], None]
    """Receives each packet of a subtitle stream."""
    text_streams: tuple[Stream, ...] = ()
    sound: SoundExtent | None = None
    """Follows the packets of the sound; None where they are not asked for."""
    damage: Damage = field(default_factory=Damage)
    packets_seen: int = 0
    first: VideoFrame | None = None
    """The first presented frame."""
    start_seconds: float = 0.0
    """Container time of 0 on the player's clock: of the first presented frame, or of sound that begins well before."""
    lead_seconds: float = 0.0
    """How long the sound goes on before the first frame, which stands meanwhile."""
    stop_seconds: float = 0.0
    """After reading: when the last frame leaves the screen."""
    frame_count: int = 0
    _rest: Iterator[VideoFrame] | None = None
    _source: Iterator[Packet] | None = None
    _last_stop: int | None = None
    """Latest time in ticks at which a packet read so far stops being shown."""

    @property
    def duration_seconds(self) -> float:
        """After reading: how long the video is. Raises DecodeLimitError where its sound is too long."""
        if self.sound is None:
            return self.stop_seconds
        return self.sound.duration(self.start_seconds, self.stop_seconds, self.request)

    @property
    def _tick(self) -> Fraction:
        return self.stream.time_base or Fraction(1, 1000)

    @property
    def _usual_gap(self) -> float:
        """Seconds between frames as declared by the container."""
        rate = self.stream.average_rate or self.stream.guessed_rate
        return float(1 / rate) if rate else 0.04

    def open(self) -> bool:
        """Decode the first frame. False when there is none."""
        context = self.stream.codec_context
        threads = self.request.threads
        if context.width * context.height >= LARGE_PIXELS:
            threads = max(threads, os.cpu_count() or 1)
        context.thread_count = threads
        if threads > 1:
            context.thread_type = "AUTO"
        check_pixel_count(context.width, context.height, self.request)
        self._source = self._packets()
        self._rest = self._decode()
        self.first = next(self._rest, None)
        if self.first is None:
            return False
        begins = float(self._seconds(self.first, 0.0))
        self.lead_seconds = 0.0 if self.sound is None else self.sound.lead_seconds(begins)
        self.start_seconds = begins - self.lead_seconds
        return True

    def warnings(self) -> tuple[str, ...]:
        """After reading: descriptions of the damage, for users."""
        damage, lines = self.damage, list[str]()
        detail = f" ({damage.reason})" if damage.reason else ""
        # Only MP4 has a reliable frame count; AVI also counts omitted frames.
        is_short = self.container.format.name.startswith("mov") and self.packets_seen < self.stream.frames
        if damage.is_cut or is_short or _CUT_OFF.search(child_log_since(0)):
            lines.append(f"damaged or truncated after {self.stop_seconds:.1f} s{detail}; the part before is indexed")
        if damage.bad_packets:
            lines.append(f"{damage.bad_packets} of {self.packets_seen} frames are unreadable{detail}")
        if damage.backward_frames:
            lines.append(f"{damage.backward_frames} frames were dropped because their times did not increase")
        return tuple(lines)

    def timed_frames(self) -> Iterator[tuple[float, VideoFrame]]:
        """All presented frames with strictly rising times from 0 on. Sets `stop_seconds` at the end."""
        assert self.first is not None
        assert self._rest is not None
        limit = self.request.max_duration_hours * 3600
        time, gap, frame = self.lead_seconds, self._usual_gap, self.first
        self.frame_count = 1
        yield 0.0, frame
        for following in self._rest:
            later = self._seconds(following, self.start_seconds + time + gap) - self.start_seconds
            if later <= time:
                self.damage.backward_frames += 1
                continue
            if later > limit:
                raise DecodeLimitError(
                    f"the video runs beyond {later / 3600:.2f} h;"
                    f" max_duration_hours = {self.request.max_duration_hours:g}"
                )
            gap, time, frame = later - time, later, following
            self.frame_count += 1
            yield time, frame
        self.stop_seconds = time + self._shown_seconds(frame, time)

    def sampled(self, times: SampleTimes) -> Iterator[tuple[float, VideoFrame]]:
        """The frames on screen at the sample times, each once."""
        held: tuple[float, VideoFrame] | None = None
        for time, frame in self.timed_frames():
            if held is not None and times.wants(held[0], time):
                yield held
            held = (time, frame)
            if times.next_seconds == float("inf"):
                return self.skip_to_end()
        if held is not None and times.wants(held[0], self.stop_seconds if times.is_periodic else float("inf")):
            yield held

    def skip_to_end(self) -> None:
        """Read the remaining packets without decoding, for the text tracks and the end time of the last frame."""
        assert self._source is not None
        for packet in self._source:
            self.on_progress()
            if packet.stream_index != self.stream.index:
                self.on_text(packet)
        if self._last_stop is not None:
            self.stop_seconds = float(self._last_stop * self._tick) - self.start_seconds

    def _seconds(self, frame: VideoFrame, otherwise: float) -> float:
        """Container time; `otherwise` for a frame without a timestamp."""
        # The stream's time base, not the frame's, which PyAV leaves unset for flushed frames.
        return otherwise if frame.pts is None else float(frame.pts * self._tick)

    def _shown_seconds(self, frame: VideoFrame, time: float) -> float:
        """Duration of the last frame: its own, else the mean gap, else one frame at the declared rate."""
        if frame.duration:
            return float(frame.duration * self._tick)
        return (time - self.lead_seconds) / (self.frame_count - 1) if self.frame_count > 1 else self._usual_gap

    def _decode(self) -> Iterator[VideoFrame]:
        assert self._source is not None
        for packet in self._source:
            if packet.stream_index != self.stream.index:
                self.on_text(packet)
                continue
            if packet.has_sidedata("encryption_info"):
                raise EncryptedVideoError("the video is encrypted (DRM); index an unprotected copy")
            yield from self._frames_of(packet)
        yield from self._frames_of(None)

    def _frames_of(self, packet: Packet | None) -> list[VideoFrame]:
        self.on_progress()
        try:
            return self.stream.decode(packet)  # pyright: ignore[reportArgumentType] - None drains
        except av.error.EOFError:
            return []
        except (av.error.MemoryError, MemoryError) as error:
            raise DecodeLimitError(
                f"decoding needed more memory than decode_memory_mib = {self.request.memory_mib} allows"
            ) from error
        except (av.error.FFmpegError, ValueError) as error:
            self.damage.bad_packets += 1
            self.damage.reason = str(getattr(error, "strerror", None) or error)
            return []

    def _packets(self) -> Iterator[Packet]:
        """Packets of the video and the text tracks. Reading continues after damaged packets."""
        streams = (self.stream, *self.text_streams, *(self.sound.streams if self.sound else ()))
        failures = 0
        while failures < _MAX_READ_ERRORS:
            try:
                for packet in self.container.demux(*streams):
                    failures = 0
                    if packet.size == 0 and packet.dts is None:
                        continue  # PyAV's end marker; `_decode` flushes the decoder
                    if self.sound is not None and self.sound.add(packet):
                        self.on_progress()
                        continue
                    if packet.stream_index == self.stream.index:
                        self._note(packet)
                    yield packet
                return
            except (av.error.FFmpegError, OSError) as error:
                failures += 1
                self.damage.reason = str(getattr(error, "strerror", None) or error)
        self.damage.is_cut = True

    def _note(self, packet: Packet) -> None:
        self.packets_seen += 1
        if packet.pts is not None and not packet.is_discard:
            stop = packet.pts + (packet.duration or 0)
            self._last_stop = stop if self._last_stop is None else max(stop, self._last_stop)
