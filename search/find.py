"""An embedded query -> drafts of moments, best first: lists, fusion, bounds. Loads no model, shows nothing."""

from collections.abc import Collection, Mapping

from indexer.records import Stage, Video
from indexer.store import Library
from search.assemble import matches_of
from search.fusion import fuse
from search.metadata_words import METADATA, with_metadata
from search.moments import Draft, moments_of
from search.results import Signal
from search.retrieve import Question, SegmentKey, nearest_segments, retrieve


def find(
    library: Library, question: Question, *, signals: Collection[Signal], videos: Mapping[str, Video]
) -> list[Draft]:
    """Every moment that matches by one of the signals.

    Args:
        videos: the library's, by id; what is not ready in them, and what is not among them, is left out.
    """

    def ready(video_id: str, stage: Stage) -> bool:
        return video_id in videos and stage in videos[video_id].stages

    found = retrieve(library, question, signals=signals, ready=ready)
    if METADATA in signals:
        found = with_metadata(library, question, found, videos)
    keys: dict[Signal, list[SegmentKey]] = {signal: [hit.key for hit in hits] for signal, hits in found.lists.items()}
    fused = fuse(keys, weights=found.weights)
    durations = {video_id: one.duration_seconds for video_id, one in videos.items()}
    matches = matches_of(library, question, found, fused, durations)
    return moments_of(matches, background=found.picture_background.middle)


def find_nearest(library: Library, question: Question, *, videos: Mapping[str, Video], limit: int) -> list[Draft]:
    """The segments that come closest, whole, whether or not they stand out."""
    keys = nearest_segments(library, question, limit=limit)
    found = library.segments_by_key([key for key in keys if key[0] in videos])
    return [
        Draft(video_id, index, segment.span, segment.best_frame_seconds, 0.0, {}, "", 0.0)
        for (video_id, index), segment in found.items()
    ]
