"""Finding the video that a user names."""

import os
from collections.abc import Sequence
from typing import NamedTuple

from indexer.errors import NotInLibraryError
from indexer.library_place import LibraryPlace


class VideoNames(NamedTuple):
    """What a video is named by."""

    video_id: str
    paths: tuple[str, ...]


def find_video_id(videos: Sequence[VideoNames], name: str, *, library: LibraryPlace) -> str:
    """The id of the video with an id, a path, a file's name, or an id's first digits; the first kind that matches
    decides.

    A relative path is one from the working folder, and `~` the user's own.

    Args:
        library: its path, for messages.

    Raises:
        NotInLibraryError: no video matches, or several do (the message lists them).
    """
    path = os.path.abspath(os.path.expanduser(name))  # noqa: PTH100, PTH111
    of_each_kind = (
        [video for video in videos if video.video_id == name],
        [video for video in videos if name in video.paths or path in video.paths],
        [video for video in videos if any(os.path.basename(one) == name for one in video.paths)],  # noqa: PTH119
        [video for video in videos if len(name) >= 4 and video.video_id.startswith(name.lower())],
    )
    for found in of_each_kind:
        if len(found) == 1:
            return found[0].video_id
        if found:
            candidates = ", ".join(f"{video.video_id[:8]} ({video.paths[0]})" for video in found[:5])
            raise NotInLibraryError(f"{name!r} matches {len(found)} videos: {candidates}; give the id or the path")
    raise NotInLibraryError(f"library {library} has no video {name!r}; see `reelseek videos`")
