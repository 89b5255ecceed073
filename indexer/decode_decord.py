"""A pass over one video with decord: is the file tidy enough, which frame numbers are wanted, is it true.

Runs in the decoder's child process. Leaves out decord itself (`decord_reader`) and the tests on the packets
(`decode_table`).
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from indexer.decode.frame_sampling import AskedTimes, choose_frames
from indexer.decode.protocol import DecodeRequest
from indexer.decode.worker.container import InputContainer, open_container, openable_name
from indexer.decode.worker.decord_reader import DecordFailedError, DecordReader, is_available
from indexer.decode.worker.packet_table import DECORD_HOARD_BYTES, decord_hoard_bytes, decord_objection, scan_packets
from indexer.decode.worker.pyav_frames import PictureMaker
from indexer.decode.worker.pyav_reader import PyavReader, VideoFrame
from indexer.decode_tracks import TextTracks
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


class DecordPass:
    """decord opened on a file that PyAV has opened and judged.

    Raises DecordFailedError, on making and while reading, whenever PyAV should take over, and
    DecodeLimitError for a video that is too long.
    """

    def __init__(
        self, request: DecodeRequest, reader: PyavReader, maker: PictureMaker, on_progress: Callable[[], None]
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
        if decord_hoard_bytes(len(table.pts), maker.shown_width, maker.shown_height) > DECORD_HOARD_BYTES:
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

    def sampled(self, asked: AskedTimes) -> Iterator[tuple[float, Pixels]]:
        """The frames on screen at the asked times, each once, with their times on the player's clock."""
        numbers = choose_frames(self._starts.tolist(), self.stop_seconds, asked)
        if asked_sparsely(numbers):
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


def asked_sparsely(numbers: list[int]) -> bool:
    """Are the wanted frames so far apart that jumping to key frames is likely to pay?"""
    return bool(numbers) and numbers[-1] >= SPARSE_GAP_FRAMES * len(numbers)
