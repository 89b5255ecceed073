"""Changing the tags of videos in a library, under its writer's lock."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from indexer.records import Video
from indexer.store.library import Library
from indexer.store.tags import changed_tags


def change_tags(
    place: Path, video_ids: Sequence[str], *, add: Iterable[str] = (), remove: Iterable[str] = (), clear: bool = False
) -> list[Video]:
    """Adds tags to videos and takes tags away, in one commit; returns the videos as they are then, in that order.

    Args:
        clear: take all others away first.

    Raises:
        UsageError: one to add may not be a tag, or a video would have too many.
        NotInLibraryError: the library does not hold one of the videos.
        LibraryLockedError: another process writes to it.
    """
    added, removed = list(add), list(remove)
    with Library.open(place) as library:
        maker = library.maker
    with Library.open_writer(place, maker=maker) as library:
        before = [library.video(video_id) for video_id in dict.fromkeys(video_ids)]
        after = [
            replace(video, tags=changed_tags(() if clear else video.tags, add=added, remove=removed))
            for video in before
        ]
        changed = [new for old, new in zip(before, after, strict=True) if new != old]
        if changed:
            library.put_videos(changed)
    return after
