"""Changing the tags of videos in a library."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from indexer.library_place import LibraryPlace
from indexer.records import Video
from indexer.store.library import Library
from indexer.store.tags import edit_tags


def change_tags(
    path: LibraryPlace,
    video_ids: Sequence[str],
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    clear: bool = False,
) -> list[Video]:
    """Add and remove tags of videos in one commit, under the writer's lock; returns the changed videos in that order.

    Args:
        clear: remove all tags first.

    Raises:
        UsageError: a tag to add is invalid, or a video would have too many.
        NotInLibraryError: one of the videos is not in the library.
        LibraryLockedError: another process writes to it.
    """
    added, removed = list(add), list(remove)
    with Library.open_to_change(path) as library:
        before = [library.video(video_id) for video_id in dict.fromkeys(video_ids)]
        after = [
            replace(video, tags=edit_tags(() if clear else video.tags, add=added, remove=removed)) for video in before
        ]
        changed = [new for old, new in zip(before, after, strict=True) if new != old]
        if changed:
            library.put_videos(changed)
    return after
