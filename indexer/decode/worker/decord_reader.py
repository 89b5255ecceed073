"""Sampled pictures through decord, for tidy files only (`decode_table` says which).

Runs in the decoder's child process; decord is imported here and nowhere else. Raises `DecordFailedError` on the
slightest doubt, and the job goes on with PyAV. Leaves out which times are asked (`decode_sampling`).
"""

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.decode.child_log import last_line, log_since, log_size
from indexer.decode.frame_transforms import as_pixels
from indexer.records import Pixels

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
