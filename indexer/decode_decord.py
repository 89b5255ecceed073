"""A pass over one video with decord: is the file tidy enough, which frame numbers are wanted, when to jump.

Runs in the decoder's child process. Leaves out decord itself (`decord_reader`) and the tests on the packets
(`decode_table`).
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from indexer.decode_open import open_container, openable_name
from indexer.decode_protocol import DecodeRequest
from indexer.decode_sampling import AskedTimes, choose_frames
from indexer.decode_table import decord_objection, scan_packets
from indexer.decode_tracks import TextTracks
from indexer.decord_reader import DecordFailedError, DecordReader, is_available
from indexer.errors import DecodeLimitError
from indexer.pyav_reader import PictureMaker, PyavReader
from indexer.records import Pixels

JUMP_FRAMES = 150
"""Jump to a key frame when that saves decoding at least so many frames. A jump throws away what the decoder has
queued and asks the container to seek; far below this it costs more than it saves."""

MAX_APART = 1.0
"""Mean difference in grey levels (of 255) between decord's picture and PyAV's. Measured: 0 in all tidy 8-bit 4:2:0
files of the test set; neighbouring frames of a slow video differ by 1 to 3."""


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
        self._keys = np.searchsorted(order, table.pts[table.closed_keys])
        self._first = reader.first
        self._maker = maker
        self._decord = DecordReader(openable_name(request.path), self._starts, threads=request.threads)

    def sampled(self, asked: AskedTimes) -> Iterator[tuple[float, Pixels]]:
        """The frames on screen at the asked times, each once, with their times on the player's clock."""
        numbers = choose_frames(self._starts.tolist(), self.stop_seconds, asked)
        for number, pixels in zip(numbers, self._decord.pictures(numbers, self._jumps(numbers)), strict=True):
            if pixels.shape[:2] != (self._maker.shown_height, self._maker.shown_width):
                raise DecordFailedError(f"decord's picture has another size: {pixels.shape}")
            pixels = self._maker.resize(pixels)
            if number == 0:
                self._check_first(pixels)
            yield float(self._starts[number]), pixels

    def _check_first(self, pixels: Pixels) -> None:
        """Hold the first picture, which PyAV has decoded anyway, against PyAV's: turned and coloured alike?"""
        apart = np.abs(pixels.astype(np.int16) - self._maker.make(self._first)).mean()
        if apart > MAX_APART:
            raise DecordFailedError(f"decord's first picture is {apart:.2f} grey levels off PyAV's")

    def _jumps(self, numbers: list[int]) -> list[int]:
        """For each frame number the key frame to jump to before it, -1 for none."""
        jumps: list[int] = []
        place = 0
        for number in numbers:
            after = int(np.searchsorted(self._keys, number, side="right")) - 1
            key = int(self._keys[after]) if after >= 0 else 0
            jumps.append(key if key - place >= JUMP_FRAMES else -1)
            place = number + 1
        return jumps
