"""Probing of source files for export: frame rate, start time code and reel name, through the media worker."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from api.errors import GoneError
from api.export.subclips import FrameFormat, SubclipSource
from api.media.frame_rate import FrameTiming
from api.media.opened_file import OpenedFile, open_source
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
    """Runs media workers for callers outside the service's queues. Blocks."""

    settings: Settings
    is_cancelled: Callable[[], bool] = lambda: False

    def run(
        self, video: Video, work: Work, *, on_progress: Callable[[float], None] = lambda _: None, **values: Any
    ) -> dict[str, Any]:
        """Open the video's file and run a media worker on it; `values` are fields of `MediaRequest`.

        Raises:
            VanishedVideoError: the file is not the one that was indexed.
            VideoError: the matching subclass, with the path in its message.
            CancelledError: `is_cancelled` returned True.
        """
        source = _open(video)
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

    def check(self, video: Video) -> None:
        """Raises VanishedVideoError unless the file is the one that was indexed."""
        _open(video).close()


def _open(video: Video) -> OpenedFile:
    try:
        return open_source(video)
    except GoneError as error:
        raise VanishedVideoError(f"{video.path}: {error}") from error


def read_source(
    worker: MediaWorker, video: Video, *, rate: Fraction | None = None, drops: bool | None = None
) -> SubclipSource:
    """Probe the source file of a video.

    A recording without pictures has the given rate: that in which its sound is counted.

    Args:
        rate: for files of unknown frame rate.
        drops: drop-frame or not, for files without time code. None uses drop-frame where the rate has it, so that time
            code follows the clock.

    Raises:
        VideoError: the file is missing or unreadable.
    """
    if video.kind == "sound":
        worker.check(video)
        return source_from_timing(video, FrameTiming((0, 1), False, "", ""), rate=rate, drops=drops)
    values = worker.run(video, "frame_rate")
    values |= {name: tuple(values[name]) for name in ("rate", "size", "pixel_aspect")}
    return source_from_timing(video, FrameTiming(**values), rate=rate, drops=drops)


def source_from_timing(
    video: Video, timing: FrameTiming, *, rate: Fraction | None = None, drops: bool | None = None
) -> SubclipSource:
    """The source described by the container's data. Pure."""
    frames = _frame_format(video, timing)
    exact = Fraction(*timing.rate) or rate
    if exact is None:
        return SubclipSource(video, None, reel=timing.reel, is_variable=timing.is_variable, frame_format=frames)
    exact = standard_rate(exact)
    by_file = is_drop_frame(timing.timecode) if timing.timecode else drops is not False
    frame_rate = FrameRate(exact, drops=can_drop(exact) and by_file)
    try:
        start = frame_rate.frame_at(timing.timecode) if timing.timecode else 0
    except FrameRateError:
        # The time code has another rate than the video, so it is ignored.
        start = 0
    return SubclipSource(video, frame_rate, start, timing.reel, timing.is_variable, frames)


def _frame_format(video: Video, timing: FrameTiming) -> FrameFormat:
    (width, height), aspect = timing.size, Fraction(*timing.pixel_aspect)
    if video.probe is not None and video.probe.rotation_degrees in (90, 270):
        return FrameFormat(height, width, 1 / aspect)
    return FrameFormat(width, height, aspect)
