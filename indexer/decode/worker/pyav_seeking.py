"""Few pictures far apart through PyAV: jump to key frames instead of decoding everything between.

Runs in the decoder's child process. Only for files whose packets are tidy (`decode_table`): each wanted frame is known
by its exact timestamp beforehand, and `SeekingFailedError` at the first surprise lets the job read front to back.
"""

from collections.abc import Callable, Iterator

import av.error
import numpy as np

from indexer.decode.frame_sampling import SampleTimes, choose_frames
from indexer.decode.protocol import DecodeRequest
from indexer.decode.worker.av_types import InputContainer, VideoFrame, VideoStream
from indexer.decode.worker.container import open_container
from indexer.decode.worker.packet_table import DECORD_CONTAINERS, scan_packets
from indexer.decode.worker.pyav_reader import PyavReader
from indexer.decode.worker.text_tracks import TextTracks

SPARSE_FRAMES_PER_SECOND = 0.2
"""Periodic sampling below this may pay for jumps: key frames are rarely more than 10 s apart."""
MIN_JUMP_FRAMES = 60
"""A jump that saves fewer frames costs more than it saves."""


class SeekingFailedError(Exception):
    """Jumping is not possible, or does not pay, in this file."""


class SeekingSampler:
    """A second opening of the file that PyAV reads, with every timestamp known.

    Raises SparseFailedError on making, and while reading, when the file should be read front to back.
    """

    def __init__(self, request: DecodeRequest, reader: PyavReader, on_progress: Callable[[], None]) -> None:
        rate = request.frames_per_second
        if rate is not None and rate > SPARSE_FRAMES_PER_SECOND:
            raise SeekingFailedError("the samples are dense")
        if reader.container.format.name not in DECORD_CONTAINERS:
            raise SeekingFailedError("the container does not keep exact times")
        assert reader.first is not None
        self._request, self._on_progress = request, on_progress
        self._container: InputContainer = open_container(request.path)
        self.tracks = TextTracks(self._container) if request.want_text else None
        self._stream: VideoStream = self._container.streams.video[
            [stream.index for stream in reader.container.streams.video].index(reader.stream.index)
        ]
        table = scan_packets(self._container, self._stream, self.tracks, on_progress)
        if table.flaw:
            raise SeekingFailedError(table.flaw)
        self._order = np.sort(table.pts)
        if self._order[0] != reader.first.pts:
            raise SeekingFailedError("its first packet is not its first picture")
        self._tick = float(self._stream.time_base or 0)
        self._keys = np.searchsorted(self._order, table.pts[table.closed_keys])
        self.stop_seconds = float((table.stop_pts - self._order[0]) * self._tick)

    def sampled(self, asked: SampleTimes) -> Iterator[tuple[float, VideoFrame]]:
        """The frames on screen at the asked times, each once."""
        starts = (self._order - self._order[0]) * self._tick
        numbers = choose_frames(starts.tolist(), self.stop_seconds, asked)
        jumps = self._plan(numbers)
        saved = sum(key - place for place, key in jumps.values())
        if numbers and saved < numbers[-1] // 2:
            raise SeekingFailedError("jumps save little")
        self._stream.codec_context.thread_count = self._request.threads
        frames: Iterator[VideoFrame] = iter(())
        for turn, number in enumerate(numbers):
            if turn == 0 or number in jumps:
                frames = self._frames_from(jumps[number][1] if number in jumps else 0)
            frame = next((frame for frame in frames if frame.pts is None or frame.pts >= self._order[number]), None)
            if frame is None or frame.pts != self._order[number]:
                raise SeekingFailedError("a jump landed behind its frame")
            yield float(starts[number]), frame

    def _plan(self, numbers: list[int]) -> dict[int, tuple[int, int]]:
        """Wanted frame -> (place before the jump, key frame to jump to), where a jump pays."""
        jumps: dict[int, tuple[int, int]] = {}
        place = 0
        for number in numbers:
            after = int(np.searchsorted(self._keys, number, side="right")) - 1
            key = int(self._keys[after]) if after >= 0 else 0
            if key - place >= MIN_JUMP_FRAMES:
                jumps[number] = (place, key)
            place = number + 1
        return jumps

    def _frames_from(self, key: int) -> Iterator[VideoFrame]:
        """Frames from a key frame on, in order of presentation."""
        try:
            self._container.seek(int(self._order[key]), stream=self._stream)
            for packet in self._container.demux(self._stream):
                self._on_progress()
                yield from packet.decode()
        except (av.error.FFmpegError, OSError) as error:
            raise SeekingFailedError(str(error)) from error
