"""Drafts -> moments as they are handed out: with the video's path, the segment's thumbnail, and how many it folds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from indexer.records import Video
from indexer.store.library import Library
from search.boxes import boxes_in
from search.moments.deduplication import Group
from search.moments.localization import Draft
from search.results import Moment, MomentBox, Part


def show(library: Library, query: str, drafts: Sequence[Draft], videos: Mapping[str, Video]) -> list[Moment]:
    """One moment for each draft of a query, in the same order."""
    boxes = boxes_in(library, query, drafts)
    return [_moment(library, draft, videos[draft.video_id], own) for draft, own in zip(drafts, boxes, strict=True)]


def show_groups(library: Library, query: str, groups: Sequence[Group], videos: Mapping[str, Video]) -> list[Moment]:
    """One moment for each group, in the same order, with how many it stands for."""
    moments = show(library, query, [group.best for group in groups], videos)
    return [
        replace(moment, alike=len(group.alike), in_video=len(group.in_video))
        for moment, group in zip(moments, groups, strict=True)
    ]


def _moment(library: Library, draft: Draft, video: Video, boxes: tuple[MomentBox, ...]) -> Moment:
    thumbnail = library.thumbnail_path(draft.video_id, draft.segment_index)
    return Moment(
        video=video.path,
        video_id=draft.video_id,
        span=draft.span,
        best_frame_seconds=draft.best_frame_seconds,
        score=draft.score,
        signals=draft.ranks,
        text=draft.text,
        relevance=draft.relevance,
        thumbnail=thumbnail if thumbnail.is_file() else None,
        boxes=boxes,
        parts=tuple(Part(one.span, one.best_frame_seconds, one.ranks, one.text) for one in draft.parts),
    )
