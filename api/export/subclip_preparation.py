"""Preparation of an export: moments to subclips, after probing each source file once. Blocks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from api.export.formats import Format
from api.export.source_probe import MediaWorker, read_source
from api.export.subclips import RequestedMoment, Subclip, SubclipSource, make_subclip
from api.media.timecode import rate_name
from indexer.errors import ExportError
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
    """The subclips of the moments.

    Args:
        rate: for files of unknown frame rate.
        drops: see `read_source`.
        handle_seconds: added at both ends.

    Raises:
        ExportError: there are no moments, or a recording without pictures is to become part of a reel.
        FrameRateError: a file has no known frame rate, and the format needs one.
        VideoError: a source is missing or unreadable.
    """
    if not moments:
        raise ExportError("there is no moment to export")
    fallback = rate or (_MILLISECONDS if kind in _TABLES else None)
    sources: dict[str, SubclipSource] = {}
    videos = {one.video.video_id: one.video for one in moments}
    _check_reel(kind, videos.values())
    by_kind = sorted(videos.items(), key=lambda item: item[1].kind == "sound")  # sound is counted at the videos' rate
    for number, (video_id, video) in enumerate(by_kind, 1):
        if video.kind == "sound":
            own = fallback or (_MILLISECONDS if kind == "clips" else _first_rate(sources.values()))
            sources[video_id] = read_source(worker, video, rate=own, drops=drops)
        else:
            sources[video_id] = read_source(worker, video, rate=fallback, drops=drops)
        on_progress(number / len(videos))
    subclips = [make_subclip(sources[one.video.video_id], one, handle_seconds=handle_seconds) for one in moments]
    return PreparedExport(
        subclips, [_variable_rate_warning(source) for source in sources.values() if source.is_variable]
    )


def _check_reel(kind: Format, videos: Iterable[Video]) -> None:
    recording = next((video for video in videos if video.kind == "sound"), None)
    if kind == "reel" and recording is not None:
        raise ExportError(
            f"{recording.path} has no pictures, so it cannot be part of a reel; export its moments with --format clips"
        )


def _first_rate(sources: Iterable[SubclipSource]) -> Fraction:
    return next((source.rate.per_second for source in sources if source.rate is not None), SOUND_RATE)


def _variable_rate_warning(source: SubclipSource) -> str:
    return (
        f"{source.name} has a variable frame rate; its frames are counted at {rate_name(source.known_rate.per_second)}"
        " a second, and cuts snap to the nearest one"
    )
