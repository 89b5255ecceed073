"""Listings of the folders of videos, each made once, so that a run does not list a full folder for each video in it."""

import os
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterator
from pathlib import Path


class FolderListing:
    """The files of one folder as they were when it was listed: subtitles, and the stems of all others."""

    def __init__(self, folder: Path, subtitle_suffixes: Collection[str]) -> None:
        """Lists the folder; one that cannot be listed has no files."""
        names: list[str] = []
        self.other_stems: set[str] = set()
        """Names without their last suffix; also of folders."""
        for entry in _entries(folder):
            path = Path(entry.name)
            if path.suffix.lower() not in subtitle_suffixes:
                self.other_stems.add(path.stem)
            elif _is_file(entry):
                names.append(entry.name)
        self._subtitles = sorted((_key(name), folder / name) for name in names)

    def subtitles_that_begin_with(self, name: str) -> list[Path]:
        """Subtitles whose names begin so, sorted; letters in the other case, or composed otherwise, are the same."""
        key = _key(name)
        first = last = bisect_left(self._subtitles, (key,))
        while last < len(self._subtitles) and self._subtitles[last][0].startswith(key):
            last += 1
        return sorted(path for _, path in self._subtitles[first:last])


class FolderListings:
    """The listings of one run."""

    def __init__(self, subtitle_suffixes: Collection[str]) -> None:
        """
        Args:
            subtitle_suffixes: lower case, with their dot.
        """
        self._subtitle_suffixes = subtitle_suffixes
        self._listings: dict[Path, FolderListing] = {}

    def of(self, folder: Path) -> FolderListing:
        """The listing of a folder, which is read when first asked for."""
        if folder not in self._listings:
            self._listings[folder] = FolderListing(folder, self._subtitle_suffixes)
        return self._listings[folder]


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as listing:
            yield from listing
    except OSError:
        return


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False
