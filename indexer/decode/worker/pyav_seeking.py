"""Sparse frame sampling with PyAV: seeks to key frames instead of decoding everything in between.

Runs in the decoder child. Only for files with regular packets (`packet_table`): the exact timestamp of each sampled
frame is known beforehand. At the first deviation, `SeekingFailedError` makes the job read sequentially.
"""

from collections.abc import Callable, Iterator

import av.error
import numpy as np

from indexer.decode.frame_sampling import SampleTimes, choose_frames
from indexer.decode.protocol import DecodeRequest
from indexer.decode.worker.av_types import InputContainer, VideoFrame, VideoStream
from indexer.decode.worker.container import open_container
from indexer.decode.worker.packet_table import DECORD_CONTAINERS, frame_starts, scan_packets
from indexer.decode.worker.pyav_reader import PyavReader
from indexer.decode.worker.sound_extent import SoundExtent
from indexer.decode.worker.text_tracks import TextTracks

SPARSE_FRAMES_PER_SECOND = 0.2
"""Below this rate, seeking may pay off: key frames are rarely more than 10 s apart."""
MIN_SEEK_FRAMES = 60
"""A seek that skips fewer frames costs more than it saves."""


class SeekingFailedError(Exception):
    """Seeking is impossible in this file, or does not pay off."""


class SeekingSampler:
    """Samples frames from a second container of the file, with all timestamps known.

    Construction and reading raise SeekingFailedError when the file should be read sequentially.
    """

    def __init__(self, request: DecodeRequest, reader: PyavReader, on_progress: Callable[[], None]) -> None:
        rate = request.frames_per_second
        if rate is not None and rate > SPARSE_FRAMES_PER_SECOND:
            raise SeekingFailedError("the samples are dense")
        if reader.container.format.name not in DECORD_CONTAINERS:
            raise SeekingFailedError("the container does not store exact times")
        assert reader.first is not None
        self._request, self._on_progress = request, on_progress
        self._container: InputContainer = open_container(request.path)
        self.tracks = TextTracks(self._container) if request.want_text else None
        self._stream: VideoStream = self._container.streams.video[
            [stream.index for stream in reader.container.streams.video].index(reader.stream.index)
        ]
        sound = SoundExtent(self._container)
        table = scan_packets(self._container, self._stream, self.tracks, on_progress, sound)
        if table.flaw:
            raise SeekingFailedError(table.flaw)
        self._order = np.sort(table.pts)
        if self._order[0] != reader.first.pts:
            raise SeekingFailedError("its first packet is not its first frame")
        self._tick = float(self._stream.time_base or 0)
        self._keys = np.searchsorted(self._order, table.pts[table.closed_keys])
        self._starts = frame_starts(self._order, self._tick, reader.lead_seconds)
        self.stop_seconds = float((table.stop_pts - self._order[0]) * self._tick) + reader.lead_seconds
        self.duration_seconds = sound.duration(reader.start_seconds, self.stop_seconds, request)

    def sampled(self, times: SampleTimes) -> Iterator[tuple[float, VideoFrame]]:
        """The frames on screen at the sample times, each once."""
        numbers = choose_frames(self._starts.tolist(), self.stop_seconds, times)
        seeks = self._plan(numbers)
        saved = sum(key - position for position, key in seeks.values())
        if numbers and saved < numbers[-1] // 2:
            raise SeekingFailedError("seeking saves little")
        self._stream.codec_context.thread_count = self._request.threads
        frames: Iterator[VideoFrame] = iter(())
        for turn, number in enumerate(numbers):
            if turn == 0 or number in seeks:
                frames = self._frames_from(seeks[number][1] if number in seeks else 0)
            frame = next((frame for frame in frames if frame.pts is None or frame.pts >= self._order[number]), None)
            if frame is None or frame.pts != self._order[number]:
                raise SeekingFailedError("a seek landed after its frame")
            yield float(self._starts[number]), frame

    def _plan(self, numbers: list[int]) -> dict[int, tuple[int, int]]:
        """Sampled frame -> (position before the seek, key frame to seek to), where a seek pays off."""
        seeks: dict[int, tuple[int, int]] = {}
        position = 0
        for number in numbers:
            after = int(np.searchsorted(self._keys, number, side="right")) - 1
            key = int(self._keys[after]) if after >= 0 else 0
            if key - position >= MIN_SEEK_FRAMES:
                seeks[number] = (position, key)
            position = number + 1
        return seeks

    def _frames_from(self, key: int) -> Iterator[VideoFrame]:
        """Frames from a key frame on, in presentation order."""
        try:
            self._container.seek(int(self._order[key]), stream=self._stream)
            for packet in self._container.demux(self._stream):
                self._on_progress()
                yield from packet.decode()
        except (av.error.FFmpegError, OSError) as error:
            raise SeekingFailedError(str(error)) from error
