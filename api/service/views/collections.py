"""Collections as the service sends them, and the moments that it receives."""

from collections.abc import Collection as Ids
from collections.abc import Sequence
from pathlib import PurePath

from api.errors import BadRequestError
from api.service.links import thumbnail_link
from api.service.runtime import Runtime
from api.service.schemas import collections as schemas
from indexer.records import TimeSpan, Video
from indexer.store.collections.records import CollectedMoment, Collection


def collection_view(collection: Collection, known: Ids[str]) -> schemas.CollectionView:
    """Args: known: ids of the videos in the library."""
    return schemas.CollectionView(
        collection_id=collection.collection_id,
        name=collection.name,
        created_at=collection.created,
        moments=[_moment(moment, moment.video_id in known) for moment in collection.moments],
    )


def collection_summary(collection: Collection) -> schemas.CollectionSummary:
    return schemas.CollectionSummary(
        collection_id=collection.collection_id,
        name=collection.name,
        created_at=collection.created,
        moments=len(collection.moments),
        seconds=round(sum(moment.span.duration_seconds for moment in collection.moments), 3),
    )


def collected_moments(runtime: Runtime, given: Sequence[schemas.NewMoment]) -> list[CollectedMoment]:
    """The moments of a request. Raises NotFoundError, BadRequestError."""
    videos = {video_id: runtime.video(video_id) for video_id in dict.fromkeys(one.video_id for one in given)}
    return [
        CollectedMoment(
            "",
            one.video_id,
            PurePath(videos[one.video_id].path).name,
            checked_span(videos[one.video_id], one.start_seconds, one.stop_seconds, f"moments[{place}]"),
            text=one.text,
        )
        for place, one in enumerate(given)
    ]


def checked_span(video: Video, start: float, stop: float, where: str) -> TimeSpan:
    """The span, limited to the video. Raises BadRequestError where nothing of it lies in the video."""
    if not start < min(stop, video.duration_seconds):
        message = f"not a span of a video that lasts {video.duration_seconds:.3f} s"
        raise BadRequestError(f"{where} is {message}", fields=[(where, message)])
    return TimeSpan(start, min(stop, video.duration_seconds))


def _moment(moment: CollectedMoment, is_there: bool) -> schemas.MomentView:
    span = moment.span
    return schemas.MomentView(
        moment_id=moment.moment_id,
        video_id=moment.video_id,
        video=moment.video,
        start_seconds=span.start_seconds,
        stop_seconds=span.stop_seconds,
        handle_seconds=moment.handle_seconds,
        text=moment.text,
        notes=[schemas.NoteView(time_seconds=note.time_seconds, text=note.text) for note in moment.notes],
        thumbnail=thumbnail_link(moment.video_id, (span.start_seconds + span.stop_seconds) / 2),
        is_there=is_there,
    )
