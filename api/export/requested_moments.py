"""Moments to export, from search results, from earlier JSON output, or from a named span."""

import json
import math
from collections.abc import Sequence
from typing import Any, cast

from api.export.failed_moments import FailedMoment, check_any_left
from api.export.subclips import RequestedMoment
from indexer.errors import ExportError, NotInLibraryError
from indexer.records import TimeSpan, Video
from indexer.store.collections.records import Collection
from indexer.store.library import Library
from search.results import Moment

MOST_MOMENTS = 10_000
"""Limit of a JSON file; a search returns at most 1,000."""


def moments_from_results(
    moments: Sequence[Moment], videos: Sequence[Video], *, weak: bool = False
) -> list[RequestedMoment]:
    """The good moments of search results, and with `weak` all of them, in the same order."""
    by_id = {video.video_id: video for video in videos}
    return [
        RequestedMoment(
            by_id[one.video_id], one.span, one.text, one.score, {str(name): n for name, n in one.signals.items()}
        )
        for one in moments
        if one.video_id in by_id and (weak or one.grade == "good")
    ]


def moments_from_collection(
    collection: Collection, videos: Sequence[Video]
) -> tuple[list[RequestedMoment], list[FailedMoment]]:
    """The moments of a collection with their handles and notes; those of videos that were removed come second.

    Raises:
        NotInLibraryError: every video was removed.
    """
    by_id = {video.video_id: video for video in videos}
    found: list[RequestedMoment] = []
    failed: list[FailedMoment] = []
    for one in collection.moments:
        video, notes = by_id.get(one.video_id), tuple((note.time_seconds, note.text) for note in one.notes)
        span = one.span if video is None else one.span.within(video.duration_seconds)
        if video is None:
            error = NotInLibraryError(f"{one.video} is no longer in the library; index it again")
            failed.append(FailedMoment(one.video, one.span, error))
        elif span is None:
            error = ExportError(f"{one.video} lasts {video.duration_seconds:.3f} s, and the moment lies after its end")
            failed.append(FailedMoment(one.video, one.span, error))
        else:
            found.append(RequestedMoment(video, span, one.text, handle_seconds=one.handle_seconds, notes=notes))
    check_any_left(found, failed)
    return found, failed


def moment_from_span(library: Library, video: str, start: float | None, stop: float | None) -> RequestedMoment:
    """A span of one video, from the beginning without `start`, to the end without `stop`.

    Raises:
        NotInLibraryError: no video, or several, match the name.
        ExportError: the span lies outside the video.
    """
    found = library.find_video(video)
    begin, end = start or 0.0, found.duration_seconds if stop is None else stop
    if not (math.isfinite(begin) and math.isfinite(end) and 0 <= begin < end and begin < found.duration_seconds):
        raise ExportError(
            f"{begin:g} to {end:g} s is not within {found.path}, which lasts {found.duration_seconds:.3f} s"
        )
    return RequestedMoment(found, TimeSpan(begin, min(end, found.duration_seconds)))


def moments_from_json(
    library: Library, text: str, *, name: str, weak: bool = False
) -> tuple[list[RequestedMoment], list[FailedMoment]]:
    """The moments in JSON from `search --json`, `ask --json`, `export --format json` or the service.

    Those of videos that are not in the library come second, unless all are.

    Args:
        name: of the file, for error messages.
        weak: also those of the grade `weak`.

    Raises:
        ExportError: the text has another format.
        NotInLibraryError: no video is in the library.
    """
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{name} is not JSON: {error}; give the output of `reelseek search --json`") from error
    rows: Any = cast(dict[str, Any], value).get("moments") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise ExportError(f"{name} has no list of `moments`; give the output of `reelseek search --json`")
    moments = cast(list[Any], rows)
    if len(moments) > MOST_MOMENTS:
        raise ExportError(f"{name} holds {len(moments):,} moments, more than {MOST_MOMENTS:,}")
    videos = {video.video_id: video for video in library.videos()}
    numbered = [(number, row) for number, row in enumerate(moments, 1) if weak or not _is_weak(row)]
    found: list[RequestedMoment] = []
    failed: list[FailedMoment] = []
    for number, row in numbered:
        one = _read(row, videos, library, f"{name}, moment {number}")
        if isinstance(one, RequestedMoment):
            found.append(one)
        else:
            failed.append(one)
    check_any_left(found, failed)
    return found, failed


def _is_weak(row: Any) -> bool:
    return isinstance(row, dict) and cast(dict[str, Any], row).get("grade") == "weak"


def _read(row: Any, videos: dict[str, Video], library: Library, where: str) -> RequestedMoment | FailedMoment:
    if not isinstance(row, dict):
        raise ExportError(f"{where}: an object is expected")
    fields = cast(dict[str, Any], row)
    start: Any = fields.get("start_seconds")
    stop: Any = fields.get("stop_seconds")
    if not _is_number(start) or not _is_number(stop) or not 0 <= start < stop:
        raise ExportError(f"{where}: start_seconds and stop_seconds must be numbers, the first below the second")
    text = next((fields[key] for key in ("text", "why", "caption") if isinstance(fields.get(key), str)), "")
    score: Any = fields.get("score")
    signals: Any = fields.get("signals")
    ranks = cast(dict[Any, Any], signals) if isinstance(signals, dict) else {}
    span = TimeSpan(float(start), float(stop))
    try:
        video = _video(fields, videos, library, where)
    except NotInLibraryError as error:
        return FailedMoment(str(fields.get("video")), span, error)
    return RequestedMoment(
        video,
        span,
        text,
        float(score) if _is_number(score) else None,
        {str(name): int(rank) for name, rank in ranks.items() if _is_number(rank)},
    )


def _video(fields: dict[str, Any], videos: dict[str, Video], library: Library, where: str) -> Video:
    video_id, name = fields.get("video_id"), fields.get("video")
    if isinstance(video_id, str) and video_id in videos:
        return videos[video_id]
    if not isinstance(name, str):
        raise ExportError(f"{where}: neither video_id nor video names a video of the library")
    try:
        return library.find_video(name)
    except NotInLibraryError as error:
        raise NotInLibraryError(f"{where}: {error}") from error


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
