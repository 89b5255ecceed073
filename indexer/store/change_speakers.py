"""Naming, merging and splitting the speakers of a library."""

from indexer.library_place import LibraryPlace
from indexer.speech.speakers import renamed, split_off
from indexer.store.library import Library


def rename_speaker(path: LibraryPlace, name: str, new_name: str) -> int:
    """Gives a speaker another name in every video, under the writer's lock; an existing one merges the two.

    Returns:
        The number of videos in which the speaker was renamed.

    Raises:
        NotInLibraryError: nobody has the name.
        UsageError: the new name is empty or too long.
        LibraryLockedError: another process writes to the library.
    """
    with Library.open_to_change(path) as library:
        changed = renamed(library.videos(), name, new_name)
        library.put_videos(changed)
    return len(changed)


def split_speaker(path: LibraryPlace, name: str, video: str) -> str:
    """Makes a speaker another person in one video; returns the new name. Raises as `rename_speaker`."""
    with Library.open_to_change(path) as library:
        changed, new_name = split_off(library.videos(), name, library.find_video(video).video_id)
        library.put_videos(changed)
    return new_name
