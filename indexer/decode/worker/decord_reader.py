"""Sampled pictures through decord, for tidy files only (`decode_table` says which).

Runs in the decoder's child process; decord is imported here and nowhere else. Raises `DecordFailedError` on the
slightest doubt, and the job goes on with PyAV. Leaves out which times are asked (`decode_sampling`).
"""

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.decode.child_log import last_line, log_since, log_size
from indexer.decode.frame_sampling import SampleTimes, choose_frames
from indexer.decode.frame_transforms import as_pixels
from indexer.decode.protocol import DecodeRequest
from indexer.decode.worker.av_types import InputContainer, VideoFrame
from indexer.decode.worker.container import open_container, openable_name
from indexer.decode.worker.frame_conversion import FrameConverter
from indexer.decode.worker.packet_table import DECORD_BUFFER_BYTES, decord_buffer_bytes, decord_objection, scan_packets
from indexer.decode.worker.pyav_reader import PyavReader
from indexer.decode.worker.text_tracks import TextTracks
from indexer.errors import DecodeLimitError
from indexer.records import Pixels

MAX_APART = 0.25
"""Mean difference in grey levels (of 255) between decord's picture and PyAV's. Measured: 0.00 in all tidy 8-bit 4:2:0
files of the test set; neighbouring frames of the stillest of them differ by 0.9."""
CHECKED_FRAMES = 4
"""So many of the first sampled pictures are held against PyAV's, those that lie in the first `CHECKED_SPAN` frames."""
CHECKED_SPAN = 130
SPARSE_GAP_FRAMES = 250
"""Mean distance of wanted frames from which PyAV, which jumps and checks each timestamp, is asked first: encoders
place key frames at most 250 frames apart by default."""


class DecordSampler:
    """decord opened on a file that PyAV has opened and judged.

    Raises DecordFailedError, on making and while reading, whenever PyAV should take over, and
    DecodeLimitError for a video that is too long.
    """

    def __init__(
        self, request: DecodeRequest, reader: PyavReader, maker: FrameConverter, on_progress: Callable[[], None]
    ) -> None:
        stream = reader.stream
        assert reader.first is not None
        if not is_available():
            raise DecordFailedError("decord is not installed")
        objection = decord_objection(reader.container, stream, reader.first, maker.orientation)
        if objection:
            raise DecordFailedError(objection)
        with open_container(request.path) as container:
            self.tracks = TextTracks(container) if request.want_text else None
            table = scan_packets(container, container.streams.video[0], self.tracks, on_progress)
        if table.flaw:
            raise DecordFailedError(table.flaw)
        if decord_buffer_bytes(len(table.pts), maker.shown_width, maker.shown_height) > DECORD_BUFFER_BYTES:
            raise DecordFailedError("so many pictures that decord might hoard too much memory")
        order = np.sort(table.pts)
        if order[0] != reader.first.pts:
            raise DecordFailedError("its first packet is not its first picture")
        tick = float(stream.time_base or 0)
        self._starts: NDArray[np.float64] = ((order - order[0]) * tick).astype(np.float64)  # (frames,)
        self.stop_seconds = float((table.stop_pts - order[0]) * tick)
        if self.stop_seconds > request.max_duration_hours * 3600:
            raise DecodeLimitError(
                f"the video is {self.stop_seconds / 3600:.2f} h long;"
                f" max_duration_hours = {request.max_duration_hours:g}"
            )
        self._request = request
        self._stream_index = stream.index
        self._on_progress = on_progress
        self._maker = maker
        self._decord = DecordReader(openable_name(request.path), self._starts, threads=request.threads)

    def sampled(self, asked: SampleTimes) -> Iterator[tuple[float, Pixels]]:
        """The frames on screen at the asked times, each once, with their times on the player's clock."""
        numbers = choose_frames(self._starts.tolist(), self.stop_seconds, asked)
        if is_sparse(numbers):
            raise DecordFailedError("the samples are far apart, and decord's seeks are not exact")
        with open_container(self._request.path) as container:
            truth = self._plain_pictures(container)
            for place, (number, pixels) in enumerate(zip(numbers, self._decord.pictures(numbers), strict=True)):
                if pixels.shape[:2] != (self._maker.shown_height, self._maker.shown_width):
                    raise DecordFailedError(f"decord's picture has another size: {pixels.shape}")
                small = self._maker.resize(pixels)
                if place < CHECKED_FRAMES and number < CHECKED_SPAN:
                    self._check(small, number, truth)
                yield float(self._starts[number]), small

    def _plain_pictures(self, container: InputContainer) -> Iterator[tuple[int, VideoFrame]]:
        """Numbered frames of a plain decode."""
        stream = next(stream for stream in container.streams.video if stream.index == self._stream_index)
        plain = PyavReader(container, stream, self._request, self._on_progress, lambda packet: None)
        if plain.open():
            yield from ((number, frame) for number, (_, frame) in enumerate(plain.timed_frames()))

    def _check(self, pixels: Pixels, number: int, truth: Iterator[tuple[int, VideoFrame]]) -> None:
        """Hold a picture against PyAV's: the same frame, turned and coloured alike?

        decord's `skip_frames` is off by one, from the first skip on, in one of 110 tidy files; nothing else tells.
        """
        frame = next((frame for place, frame in truth if place == number), None)
        apart = np.inf if frame is None else np.abs(pixels.astype(np.int16) - self._maker.make(frame)).mean()
        if apart > MAX_APART:
            raise DecordFailedError(f"decord's picture {number} is {apart:.2f} grey levels off PyAV's")


def is_sparse(numbers: list[int]) -> bool:
    """Are the wanted frames so far apart that jumping to key frames is likely to pay?"""
    return bool(numbers) and numbers[-1] >= SPARSE_GAP_FRAMES * len(numbers)


_TIME_TOLERANCE_SECONDS = 5e-4
"""decord gives times as 32-bit floats: after an hour their step is 0.24 ms."""


class DecordFailedError(Exception):
    """decord cannot read the file, or there is doubt that it reads it truly."""


def is_available() -> bool:
    """decord has wheels for few systems."""
    return importlib.util.find_spec("decord") is not None


class DecordReader:
    """The frames of one file by number, in order of presentation."""

    def __init__(self, path: str, starts: NDArray[np.float64], *, threads: int) -> None:
        """Open the file and hold decord's times against the container's.

        Args:
            starts: (frames,) times in seconds after the first frame, rising.

        Raises:
            DecordFailedError: decord fails, or counts or times the frames otherwise.
        """
        import decord
        from decord.base import DECORDError

        self._errors: tuple[type[BaseException], ...] = (
            DECORDError,
            RuntimeError,
            AssertionError,
            StopIteration,
            IndexError,
            ValueError,  # also from `as_pixels`: a width that is no multiple of 16 may come with four channels
        )
        decord.logging.set_level(decord.logging.ERROR)
        self._mark = log_size()
        self._place = 0
        try:
            # A single recovered frame is one too many: decord repeats an earlier picture in its place.
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

    def pictures(self, numbers: Sequence[int]) -> Iterator[Pixels]:
        """RGB pictures as decord gives them (turned upright), for rising frame numbers.

        Only ever forwards: decord's seeks land beside the frame in some files, and nothing would tell.

        Raises:
            DecordFailedError: decord fails, or its FFmpeg complains, which may mean that frames were shifted.
        """
        for number in numbers:
            try:
                if number > self._place:
                    self._reader.skip_frames(number - self._place)
                pixels = as_pixels(self._reader.next().asnumpy())
            except self._errors as error:
                raise DecordFailedError(_first_line(error)) from error
            self._place = number + 1
            self._check_log()
            yield pixels

    def _check_log(self) -> None:
        said = log_since(self._mark)
        if said:
            raise DecordFailedError(f"decord's FFmpeg says: {last_line(said)}")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
