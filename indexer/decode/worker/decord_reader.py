"""Frame sampling with decord, for regular files only (`packet_table` decides which).

Runs in the decoder child; the only file that imports decord. Raises `DecordFailedError` at the slightest doubt, and the
job continues with PyAV. Leaves out frame selection (`frame_sampling`).
"""

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.decode.child_log import child_log_since, child_log_size, last_child_log_line
from indexer.decode.frame_sampling import SampleTimes, choose_frames
from indexer.decode.frame_transforms import frame_pixels
from indexer.decode.protocol import DecodeRequest
from indexer.decode.worker.av_types import InputContainer, VideoFrame
from indexer.decode.worker.container import open_container, openable_name
from indexer.decode.worker.frame_conversion import FrameConverter
from indexer.decode.worker.packet_table import (
    DECORD_BUFFER_BYTES,
    decord_buffer_bytes,
    decord_objection,
    frame_starts,
    scan_packets,
)
from indexer.decode.worker.pyav_reader import PyavReader
from indexer.decode.worker.sound_extent import SoundExtent
from indexer.decode.worker.text_tracks import TextTracks
from indexer.errors import DecodeLimitError
from indexer.records import Pixels

MAX_APART = 0.25
"""Largest accepted mean difference in grey levels (of 255) between decord's frame and PyAV's. Measured: 0.00 in all
regular 8-bit 4:2:0 files of the test set, where adjacent frames of the most static file differ by 0.9."""
CHECKED_FRAMES = 4
"""How many of the first samples are compared with PyAV's frames, if they lie in the first `CHECKED_SPAN` frames."""
CHECKED_SPAN = 130
SPARSE_GAP_FRAMES = 250
"""Mean distance of sampled frames from which PyAV is preferred, since it seeks and checks each timestamp: by default,
encoders place key frames at most 250 frames apart."""


class DecordSampler:
    """Samples frames with decord from a file that PyAV has opened and checked.

    Construction and reading raise DecordFailedError whenever PyAV should take over, and DecodeLimitError for a video
    that is too long.
    """

    def __init__(
        self, request: DecodeRequest, reader: PyavReader, converter: FrameConverter, on_progress: Callable[[], None]
    ) -> None:
        stream = reader.stream
        assert reader.first is not None
        if not is_decord_available():
            raise DecordFailedError("decord is not installed")
        objection = decord_objection(reader.container, stream, reader.first, converter.orientation)
        if objection:
            raise DecordFailedError(objection)
        with open_container(request.path) as container:
            self.tracks = TextTracks(container) if request.want_text else None
            sound = SoundExtent(container)
            table = scan_packets(container, container.streams.video[0], self.tracks, on_progress, sound)
        if table.flaw:
            raise DecordFailedError(table.flaw)
        if decord_buffer_bytes(len(table.pts), converter.upright_width, converter.upright_height) > DECORD_BUFFER_BYTES:
            raise DecordFailedError("so many frames that decord might use too much memory")
        order = np.sort(table.pts)
        if order[0] != reader.first.pts:
            raise DecordFailedError("its first packet is not its first frame")
        tick = float(stream.time_base or 0)
        self._starts = frame_starts(order, tick, reader.lead_seconds)
        self.stop_seconds = float((table.stop_pts - order[0]) * tick) + reader.lead_seconds
        if self.stop_seconds > request.max_duration_hours * 3600:
            raise DecodeLimitError(
                f"the video is {self.stop_seconds / 3600:.2f} h long;"
                f" max_duration_hours = {request.max_duration_hours:g}"
            )
        self.duration_seconds = sound.duration(reader.start_seconds, self.stop_seconds, request)
        self._request = request
        self._stream_index = stream.index
        self._on_progress = on_progress
        self._converter = converter
        since_first = frame_starts(order, tick, 0.0)
        self._decord = DecordReader(openable_name(request.path), since_first, threads=request.threads)

    def sampled(self, times: SampleTimes) -> Iterator[tuple[float, Pixels]]:
        """The frames on screen at the sample times, each once, with their times on the player's clock."""
        numbers = choose_frames(self._starts.tolist(), self.stop_seconds, times)
        if is_sparse_for_decord(numbers):
            raise DecordFailedError("the samples are far apart, and decord's seeks are not exact")
        with open_container(self._request.path) as container:
            reference = self._sequential_frames(container)
            for position, (number, pixels) in enumerate(zip(numbers, self._decord.frames(numbers), strict=True)):
                if pixels.shape[:2] != (self._converter.upright_height, self._converter.upright_width):
                    raise DecordFailedError(f"decord's frame has another size: {pixels.shape}")
                small = self._converter.resize(pixels)
                if position < CHECKED_FRAMES and number < CHECKED_SPAN:
                    self._check(small, number, reference)
                yield float(self._starts[number]), small

    def _sequential_frames(self, container: InputContainer) -> Iterator[tuple[int, VideoFrame]]:
        """Frames of a sequential decode with PyAV, with their numbers."""
        stream = next(stream for stream in container.streams.video if stream.index == self._stream_index)
        plain = PyavReader(container, stream, self._request, self._on_progress, lambda packet: None)
        if plain.open():
            yield from ((number, frame) for number, (_, frame) in enumerate(plain.timed_frames()))

    def _check(self, pixels: Pixels, number: int, reference: Iterator[tuple[int, VideoFrame]]) -> None:
        """Compare a frame with PyAV's: the same frame, orientation and colours.

        In one of 110 regular files, decord's `skip_frames` is off by one from the first skip on. No other check finds
        that.
        """
        frame = next((frame for index, frame in reference if index == number), None)
        apart = np.inf if frame is None else np.abs(pixels.astype(np.int16) - self._converter.make(frame)).mean()
        if apart > MAX_APART:
            raise DecordFailedError(f"decord's frame {number} is {apart:.2f} grey levels off PyAV's")


def is_sparse_for_decord(numbers: list[int]) -> bool:
    """Whether the frames are so far apart that seeking to key frames is likely to pay off."""
    return bool(numbers) and numbers[-1] >= SPARSE_GAP_FRAMES * len(numbers)


_TIME_TOLERANCE_SECONDS = 5e-4
"""decord returns times as 32-bit floats: after an hour, their step is 0.24 ms."""


class DecordFailedError(Exception):
    """decord cannot read the file, or may not read it correctly."""


def is_decord_available() -> bool:
    """Whether decord is installed: it has wheels for few systems."""
    return importlib.util.find_spec("decord") is not None


class DecordReader:
    """Frames of one file by number, in presentation order."""

    def __init__(self, path: str, starts: NDArray[np.float64], *, threads: int) -> None:
        """Open the file and compare decord's frame times with the container's.

        Args:
            starts: (frames,) times in seconds after the first frame, rising.

        Raises:
            DecordFailedError: decord fails, or its frame count or times differ.
        """
        import decord
        from decord.base import DECORDError

        self._errors: tuple[type[BaseException], ...] = (
            DECORDError,
            RuntimeError,
            AssertionError,
            StopIteration,
            IndexError,
            ValueError,  # also from `frame_pixels`: a width that is no multiple of 16 may come with four channels
        )
        decord.logging.set_level(decord.logging.ERROR)
        self._mark = child_log_size()
        self._position = 0
        try:
            # No fault is tolerated: in place of a broken frame, decord repeats an earlier one.
            self._reader: Any = decord.VideoReader(path, ctx=decord.cpu(0), num_threads=threads, fault_tol=1)
            count = len(self._reader)
            times = self._reader.get_frame_timestamp(np.arange(count))[:, 0]
        except self._errors as error:
            raise DecordFailedError(_first_line(error)) from error
        if count != len(starts):
            raise DecordFailedError(f"decord counts {count} frames, the container {len(starts)}")
        apart = float(np.max(np.abs(times.astype(np.float64) - times[0] - starts))) if count else 0.0
        if apart > _TIME_TOLERANCE_SECONDS + 1e-7 * float(starts[-1]):
            raise DecordFailedError(f"decord's times are {apart:.4f} s off the container's")
        self._check_log()

    def frames(self, numbers: Sequence[int]) -> Iterator[Pixels]:
        """RGB frames, upright, for rising frame numbers.

        Reads only forwards: in some files decord's seeks silently land on another frame.

        Raises:
            DecordFailedError: decord fails, or its FFmpeg logs an error, which may mean that frames are shifted.
        """
        for number in numbers:
            try:
                if number > self._position:
                    self._reader.skip_frames(number - self._position)
                pixels = frame_pixels(self._reader.next().asnumpy())
            except self._errors as error:
                raise DecordFailedError(_first_line(error)) from error
            self._position = number + 1
            self._check_log()
            yield pixels

    def _check_log(self) -> None:
        log = child_log_since(self._mark)
        if log:
            raise DecordFailedError(f"decord's FFmpeg logs: {last_child_log_line(log)}")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
