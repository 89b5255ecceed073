"""Chosen clips: spans of videos of the library, each named by a person as `VIDEO@START-STOP`, and checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from indexer.errors import NotInLibraryError, QueryError, VanishedVideoError
from indexer.records import TimeSpan, Video
from indexer.store.library import Library
from search.options import MOST_CLIPS
from search.query.moment_reference import parse_moment_reference


@dataclass(frozen=True, slots=True)
class ChosenClip:
    """A clip to be shown as it is."""

    name: str
    """As the person named it."""
    video: Video
    span: TimeSpan
    """Inside the video, never empty."""


def chosen_clips(library: Library, names: Sequence[str]) -> list[ChosenClip]:
    """The clips of the names, in their order; each is cut to its video's end.

    Raises:
        QueryError: there are too many, one is not written as `VIDEO@START-STOP`, begins after the end of its video, or
            overlaps another. The message names the clip.
        NotInLibraryError: no video, or several, go by the name.
        VanishedVideoError: the file is gone.
    """
    if len(names) > MOST_CLIPS:
        raise QueryError(f"a question has at most {MOST_CLIPS} clips, got {len(names)}; give fewer")
    clips = [_chosen_clip(library, name) for name in names]
    for one, other in combinations(clips, 2):
        is_same_video = one.video.video_id == other.video.video_id
        if is_same_video and one.span.intersection_seconds(other.span) > 0:
            raise QueryError(f"clip {one.name} and clip {other.name} overlap; combine or separate them")
    return clips


def refuse_beside_clips(*, video: str | None, scope: str | None, retrieval: bool, look_again: bool) -> None:
    """Raises QueryError where a question about clips is also to be limited, sampled evenly, or to look for others."""
    beside = {"video": video is not None, "scope": scope is not None, "no retrieval": not retrieval}
    for name, is_given in {**beside, "looking again": look_again}.items():
        if is_given:
            raise QueryError(f"{name} cannot be combined with clips; leave out one of them")


def _chosen_clip(library: Library, name: str) -> ChosenClip:
    try:
        named = parse_moment_reference(name)
        video = library.find_video(named.video)
    except NotInLibraryError as error:
        raise NotInLibraryError(f"clip {name}: {error}") from None
    except QueryError as error:
        raise QueryError(f"clip {name[:200]}: {error}") from None
    start, stop = named.start_seconds, min(named.stop_seconds, video.duration_seconds)
    if named.stop_seconds <= start:
        raise QueryError(f"clip {name} is an instant; give its start and stop, such as {named.video}@1:10-1:30")
    if not start < stop:
        raise QueryError(
            f"clip {name} begins after the end of {video.path}, which lasts {video.duration_seconds:.1f} s; give times"
            " within it"
        )
    if not Path(video.path).is_file():
        raise VanishedVideoError(f"clip {name}: the file {video.path} is gone; bring it back, or leave the clip out")
    return ChosenClip(name, video, TimeSpan(start, stop))
