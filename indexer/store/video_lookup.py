"""Finding the video that a user names."""

import os
from collections.abc import Sequence
from pathlib import Path, PurePath

from indexer.errors import NotInLibraryError
from indexer.records import Video


def find_video(videos: Sequence[Video], name: str, *, library: Path) -> Video:
    """The video with an id, a path, a file's name, or an id's first digits; the first kind that matches decides.

    A relative path is one from the working folder, and `~` the user's own.

    Args:
        library: its path, for messages.

    Raises:
        NotInLibraryError: no video matches, or several do (the message lists them).
    """
    for matches in (_has_id, _has_path, _has_name, _has_id_prefix):
        found = [video for video in videos if matches(video, name)]
        if len(found) == 1:
            return found[0]
        if found:
            candidates = ", ".join(f"{video.video_id[:8]} ({video.path})" for video in found[:5])
            raise NotInLibraryError(f"{name!r} matches {len(found)} videos: {candidates}; give the id or the path")
    raise NotInLibraryError(f"library {library} has no video {name!r}; see `reelseek videos`")


def _has_id(video: Video, name: str) -> bool:
    return video.video_id == name


def _has_path(video: Video, name: str) -> bool:
    return name in video.paths or os.path.abspath(os.path.expanduser(name)) in video.paths  # noqa: PTH100, PTH111


def _has_name(video: Video, name: str) -> bool:
    return any(PurePath(path).name == name for path in video.paths)


def _has_id_prefix(video: Video, name: str) -> bool:
    return len(name) >= 4 and video.video_id.startswith(name.lower())
