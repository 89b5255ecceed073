"""From a video of the library to what an editor must know of its file: rate, time code, reel. Reads the file."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from api.errors import GoneError
from api.export.subclips import Source
from api.media.frame_rate import FrameTiming
from api.media.opened_file import open_source
from api.media.timecode import FrameRate, can_drop, is_drop_frame, standard_rate
from api.media.worker_process import run_media_worker
from api.media.worker_protocol import Work
from api.media.worker_request import media_request
from indexer.config import Settings
from indexer.errors import FrameRateError, VanishedVideoError, VideoError
from indexer.records import Video

_STALL_SECONDS, _MAX_SECONDS = 120.0, 6 * 3600.0


@dataclass(frozen=True, slots=True)
class MediaWorker:
    """Runs media children for a caller that has no service around it."""

    settings: Settings
    is_cancelled: Callable[[], bool] = lambda: False

    def ask(
        self, video: Video, work: Work, *, on_progress: Callable[[float], None] = lambda _: None, **values: Any
    ) -> dict[str, Any]:
        """What `api.media.worker_request.media_request` takes -> the child's result.

        Raises:
            VanishedVideoError: the file is not the one that was indexed.
            VideoError: of the kind that fits; names the file.
            CancelledError: `is_cancelled` said so.
        """
        try:
            source = open_source(video)
        except GoneError as error:
            raise VanishedVideoError(f"{video.path}: {error}") from error
        try:
            return run_media_worker(
                media_request(self.settings, video, source, work, **values),
                stall_seconds=_STALL_SECONDS,
                max_seconds=_MAX_SECONDS,
                is_cancelled=self.is_cancelled,
                on_progress=on_progress,
            )
        except VideoError as error:
            raise type(error)(f"{video.path}: {error}") from error
        finally:
            source.close()


def read_source(child: MediaWorker, video: Video, *, rate: Fraction | None = None, drops: bool | None = None) -> Source:
    """The file as an editor sees it.

    Args:
        rate: for files that tell none.
        drops: drop-frame or not, for files without a time code of their own; None: drop-frame where the rate has it, so
            that time code keeps to the clock.

    Raises:
        VideoError: the file is gone, or cannot be read.
    """
    told = child.ask(video, "cadence")
    told["rate"] = tuple(told["rate"])
    return source_of(video, FrameTiming(**told), rate=rate, drops=drops)


def source_of(video: Video, cadence: FrameTiming, *, rate: Fraction | None = None, drops: bool | None = None) -> Source:
    """What the container told, understood. Pure."""
    exact = Fraction(*cadence.rate) or rate
    if exact is None:
        return Source(video, None, reel=cadence.reel, is_variable=cadence.is_variable)
    exact = standard_rate(exact)
    by_file = is_drop_frame(cadence.timecode) if cadence.timecode else drops is not False
    frame_rate = FrameRate(exact, drops=can_drop(exact) and by_file)
    try:
        start = frame_rate.frame_at(cadence.timecode) if cadence.timecode else 0
    except FrameRateError:
        # A time code of another rate than the pictures: worth less than none.
        start = 0
    return Source(video, frame_rate, start, cadence.reel, cadence.is_variable)
