"""Preparation of an export: moments to subclips, after probing each source file once. Blocks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from api.export.failed_moments import FailedMoment, check_any_left
from api.export.formats import Format
from api.export.source_probe import MediaWorker, read_source
from api.export.subclips import RequestedMoment, Subclip, SubclipSource, counted_at, make_subclip
from api.export.xmeml import timebase
from api.media.timecode import FrameRate, named_rate, rate_name
from indexer.errors import ExportError, FrameRateError, ReelseekError, VideoError
from indexer.records import Video

MAX_HANDLE_SECONDS = 60.0
_TABLES = ("csv", "json", "webvtt")
_MILLISECONDS = Fraction(1000)
"""Rate for files of unknown frame rate, in formats that only need times."""
SOUND_RATE = Fraction(25)
"""Frames a second in which an edit list counts a recording without pictures, where no video beside it has another."""


@dataclass(frozen=True, slots=True)
class PreparedExport:
    """Subclips to export, with warnings for the user."""

    subclips: list[Subclip]
    """In the order of the moments."""
    warnings: list[str] = field(default_factory=list[str])
    failed: list[FailedMoment] = field(default_factory=list[FailedMoment])
    """Moments that cannot be exported."""


def prepare_subclips(
    worker: MediaWorker,
    moments: Sequence[RequestedMoment],
    kind: Format,
    *,
    rate: Fraction | None = None,
    drops: bool | None = None,
    handle_seconds: float = 0.0,
    on_progress: Callable[[float], None] = lambda _: None,
) -> PreparedExport:
    """The subclips of the moments. Where some can be made and others not, the latter are among `failed`.

    Args:
        rate: for files of unknown frame rate; for an EDL, which has a single one, for all files.
        drops: see `read_source`.
        handle_seconds: added at both ends.

    Raises:
        ExportError: there are no moments, or all are of recordings without pictures, and a reel is to be made.
        FrameRateError: no file has a frame rate that the format needs.
        VideoError: every source is missing or unreadable.
    """
    if not moments:
        raise ExportError("no moment to export")
    fallback = rate or (_MILLISECONDS if kind in _TABLES else None)
    videos = {one.video.video_id: one.video for one in moments}
    sources: dict[str, SubclipSource] = {}
    errors: dict[str, ReelseekError] = {}
    by_kind = sorted(videos.items(), key=lambda item: item[1].kind == "sound")  # sound is counted at the videos' rate
    for number, (video_id, video) in enumerate(by_kind, 1):
        own = fallback
        if video.kind == "sound" and own is None:
            own = _MILLISECONDS if kind == "clips" else _first_rate(sources.values())
        try:
            if kind == "reel":
                _check_has_pictures(video)
            sources[video_id] = read_source(worker, video, rate=own, drops=drops)
        except (VideoError, ExportError) as error:
            errors[video_id] = error
        on_progress(number / len(videos))
    if kind == "edl" and rate is not None:
        counted = named_rate(rate, drops=drops)
        sources = {video_id: counted_at(source, counted) for video_id, source in sources.items()}
    if kind == "xmeml":
        sources = {video_id: _at_whole_rate(source) for video_id, source in sources.items()}
    prepared = PreparedExport([], [_variable_rate_warning(one) for one in sources.values() if one.is_variable])
    for one in moments:
        try:
            if one.video.video_id in errors:
                raise errors[one.video.video_id]
            subclip = make_subclip(sources[one.video.video_id], one, handle_seconds=handle_seconds)
            if kind == "edl":
                _ = subclip.source_in  # raises FrameRateError where there is no time code
            if kind == "xmeml":
                timebase(subclip.rate)
            prepared.subclips.append(subclip)
        except (VideoError, ExportError, FrameRateError) as error:
            prepared.failed.append(FailedMoment.of(one, error))
    check_any_left(prepared.subclips, prepared.failed)
    return prepared


def _at_whole_rate(source: SubclipSource) -> SubclipSource:
    """A file of variable rate, counted at the nearest whole one."""
    if not source.is_variable or source.rate is None:
        return source
    return counted_at(source, FrameRate(Fraction(max(1, round(source.rate.per_second)))))


def _check_has_pictures(video: Video) -> None:
    if video.kind == "sound":
        raise ExportError(
            f"{video.path} has no pictures, so it cannot be part of a reel; export its moments with --format clips"
        )


def _first_rate(sources: Iterable[SubclipSource]) -> Fraction:
    return next((source.rate.per_second for source in sources if source.rate is not None), SOUND_RATE)


def _variable_rate_warning(source: SubclipSource) -> str:
    return (
        f"{source.name} has a variable frame rate; its frames are counted at {rate_name(source.known_rate.per_second)}"
        " a second, and cuts snap to the nearest one"
    )
