"""Reading of video and audio frames from a time on, with times on the player's clock (`VideoProbe.start_seconds`).

Runs in the media worker. Containers that store exact times are seeked. Others are read from the front, without decoding
before the key frame of the start time, since libavformat infers their times from the packets before. Times are computed
as in `indexer.decode.worker.pyav_reader`.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import cast

import av
import av.error
from av.stream import Stream

from api.media.worker_protocol import MediaRequest
from indexer.decode.frame_sampling import EPSILON_SECONDS
from indexer.decode.worker.av_types import AudioFrame, AudioStream, InputContainer, Packet, VideoFrame, VideoStream
from indexer.decode.worker.container import check_pixel_count, open_container
from indexer.decode.worker.packet_table import DECORD_CONTAINERS
from indexer.decode.worker.sound_extent import MOST_GAP_SECONDS
from indexer.decode.worker.stream_selection import choose_decodable_audio, has_decoder
from indexer.errors import EncryptedVideoError, UnreadableVideoError

TimedFrame = tuple[float, VideoFrame | AudioFrame]
"""(presentation time in seconds on the player's clock, which may be negative for audio, frame)."""

LEAD_SECONDS = 2.0
"""How much earlier in the file audio may be interleaved than video of the same time."""
_LATE_SECONDS = 10.0
"""How far past the stop the pictures are read for sound that is interleaved late."""
_LATE_PICTURE_SECONDS = 120.0
"""How far past the stop the sound is read for pictures that are interleaved late: while one stands, files hold the last
ones before it back."""
_FIRST_PICTURE_SECONDS = MOST_GAP_SECONDS
"""How far past the stop anything is read for the first picture: sound may go on so long before it."""
_AUDIO_SLACK_SECONDS = 1.0
"""How much later than the start the sound may begin; if later, it lies before the place that was sought."""
_FURTHER_SECONDS = 30.0
"""Lead of the second attempt when a seek landed too late. If that fails too, the file is read from the front."""
_MAX_HELD_BYTES = 256 << 20
"""Limit of packets held back while waiting for a later key frame; beyond it they are decoded."""
_MAX_READ_ERRORS = 32


class SourceReader:
    """An open source file. Raises the matching VideoError."""

    def __init__(self, request: MediaRequest) -> None:
        """Open the source. Raises the matching VideoError."""
        self._request = request
        self._open()

    @property
    def is_exact(self) -> bool:
        """Whether the container stores exact times, so that seeking is reliable."""
        return self.container.format.name in DECORD_CONTAINERS

    def read_from(self, start_seconds: float, *, stop_seconds: float, with_audio: bool) -> Iterator[TimedFrame]:
        """Video frames in order, starting at or before the one on screen at `start_seconds`, and nearby audio.

        Reading ends some seconds after `stop_seconds`, whether or not a frame is found on the way: the one before may
        stand for minutes.
        """
        leads = (LEAD_SECONDS, _FURTHER_SECONDS) if self.is_exact and start_seconds > LEAD_SECONDS else ()
        for lead in leads:
            self._open()
            if not self._seek(start_seconds - lead):
                continue
            items = self._decode(start_seconds, stop_seconds, with_audio=with_audio)
            head: list[TimedFrame] = []
            for item in items:
                head.append(item)
                if isinstance(item[1], VideoFrame):
                    break
            is_early = head and isinstance(head[-1][1], VideoFrame) and head[-1][0] <= start_seconds + EPSILON_SECONDS
            is_sound_late = (self._sound_begins or 0.0) > start_seconds + _AUDIO_SLACK_SECONDS
            if is_early and not is_sound_late:
                yield from chain(head, items)
                return
        self._open()
        yield from self._decode(start_seconds, stop_seconds, with_audio=with_audio)

    def packets(self, *streams: Stream) -> Iterator[Packet]:
        """All packets of the streams, as `read_packets`."""
        return read_packets(self.container, *streams)

    def seconds(self, ticks: int, stream: Stream) -> float:
        """Container ticks to seconds on the player's clock."""
        return float(ticks * (stream.time_base or 0)) - self._request.origin_seconds

    def close(self) -> None:
        self.container.close()

    def _open(self) -> None:
        if hasattr(self, "container"):
            self.container.close()
        self.container: InputContainer = open_source_container(self._request)
        streams = self.container.streams
        if self._request.stream_index >= len(streams) or streams[self._request.stream_index].type != "video":
            raise UnreadableVideoError("the file has other streams than it had when it was indexed; index it again")
        self.video = cast(VideoStream, streams[self._request.stream_index])
        if not has_decoder(self.video):
            raise UnreadableVideoError("FFmpeg has no decoder for its video codec")
        context = self.video.codec_context
        check_pixel_count(context.width, context.height, self._request.decode)
        context.thread_count, context.thread_type = self._request.decode.threads, "AUTO"
        self.audio: AudioStream | None = choose_decodable_audio(self.container)
        self._last_seconds: float | None = None
        """Time of the last decoded frame."""
        self._sound_begins: float | None = None
        """Time of the first packet of sound that was read."""

    def _seek(self, seconds: float) -> bool:
        tick = self.video.time_base
        if not tick:
            return False
        try:
            self.container.seek(int((seconds + self._request.origin_seconds) / tick), stream=self.video, backward=True)
        except (av.error.FFmpegError, OSError):
            return False
        return True

    def _decode(self, start: float, stop: float, *, with_audio: bool) -> Iterator[TimedFrame]:
        audio = self.audio if with_audio else None
        pending: list[Packet] = []
        """From the last key frame before the start on, until the start is reached."""
        pending_audio: list[Packet] = []
        pending_bytes, started, has_picture = 0, False, False
        for packet in self.packets(self.video, *([audio] if audio else [])):
            due = self._due_seconds(packet)
            is_audio = audio is not None and packet.stream_index == audio.index
            late = _LATE_PICTURE_SECONDS if is_audio else _LATE_SECONDS
            if due is not None and due > stop + (late if has_picture else _FIRST_PICTURE_SECONDS):
                break
            has_picture = has_picture or not is_audio
            if is_audio:
                self._sound_begins = due if self._sound_begins is None else self._sound_begins
                # Audio out of the span is not needed; decoding it would take time.
                if due is None or start - LEAD_SECONDS < due <= stop:
                    pending_audio.append(packet)
            else:
                if packet.has_sidedata("encryption_info"):
                    raise EncryptedVideoError("the video is encrypted (DRM)")
                if not started and self._is_key_before(packet, start):
                    pending, pending_bytes = [], 0
                pending.append(packet)
                started = started or due is None or due >= start
            pending_bytes += packet.size
            started = started or pending_bytes > _MAX_HELD_BYTES
            if started:
                yield from self._decode_video_packets(pending)
                yield from self._decode_audio_packets(pending_audio)
                pending, pending_audio = [], []
        yield from self._decode_video_packets([*pending, None])
        yield from self._decode_audio_packets(pending_audio)

    def _due_seconds(self, packet: Packet) -> float | None:
        """When a packet is to be decoded, on the player's clock; None where it has no time."""
        ticks = packet.dts if packet.dts is not None else packet.pts
        return None if ticks is None else self.seconds(ticks, packet.stream)

    def _is_key_before(self, packet: Packet, start: float) -> bool:
        """Whether decoding may begin with this packet to show what is on screen at the start."""
        ticks = packet.pts if packet.pts is not None else packet.dts
        return packet.is_keyframe and ticks is not None and self.seconds(ticks, self.video) <= start + 1e-6

    def _decode_video_packets(self, packets: Sequence[Packet | None]) -> Iterator[tuple[float, VideoFrame]]:
        for packet in packets:
            try:
                frames = self.video.decode(packet)  # pyright: ignore[reportArgumentType] - None drains
            except (av.error.FFmpegError, ValueError):
                continue
            for frame in frames:
                if frame.pts is not None:
                    self._last_seconds = self.seconds(frame.pts, self.video)
                elif self._last_seconds is None:
                    self._last_seconds = 0.0
                else:
                    self._last_seconds += float(1 / self.video.average_rate) if self.video.average_rate else 0.04
                yield self._last_seconds, frame

    def _decode_audio_packets(self, packets: Sequence[Packet]) -> Iterator[tuple[float, AudioFrame]]:
        for packet in packets:
            assert self.audio is not None
            try:
                frames = self.audio.decode(packet)
            except (av.error.FFmpegError, ValueError):
                continue
            for frame in frames:
                if frame.pts is not None and frame.samples:
                    # PyAV gives audio frames the time base of the stream, or of the codec when flushed.
                    tick = frame.time_base or self.audio.time_base or 0
                    yield float(frame.pts * tick) - self._request.origin_seconds, frame


def read_packets(container: InputContainer, *streams: Stream) -> Iterator[Packet]:
    """All packets of the streams. Reading continues after damaged packets."""
    failures = 0
    while failures < _MAX_READ_ERRORS:
        try:
            for packet in container.demux(*streams):
                failures = 0
                if packet.size:
                    yield packet
            return
        except (av.error.FFmpegError, OSError):
            failures += 1


def open_source_container(request: MediaRequest) -> InputContainer:
    """Open the source through its descriptor, or by path where its file extension is needed to detect the format."""
    container = open_container(_linked(request.source_fd) or request.decode.path)
    if request.container in ("", container.format.name):
        return container
    container.close()
    return open_container(request.decode.path)


def _linked(descriptor: int) -> str:
    link = f"/proc/self/fd/{descriptor}"
    return link if descriptor >= 0 and Path(link).exists() else ""


def shown_from(items: Iterator[TimedFrame], start_seconds: float) -> Iterator[TimedFrame]:
    """Video frames from the one on screen at the start on, with strictly rising times that are never before the start.

    The first one stands from the start on where there is none before. Audio passes through unchanged.
    """
    waiting: VideoFrame | None = None
    last, is_first = start_seconds, True
    for time, frame in items:
        if not isinstance(frame, VideoFrame):
            yield time, frame
        elif is_first or time <= start_seconds + EPSILON_SECONDS:
            waiting, is_first = frame, False
        else:
            if waiting is not None:
                yield start_seconds, waiting
                waiting = None
            if time > last:
                last = time
                yield time, frame
    if waiting is not None:
        yield start_seconds, waiting
