"""Listings of folders, each read once as long as the folder does not change."""

import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_SETTLED_SECONDS = 2.0
"""A folder that changed more recently may change again within the precision of its time."""


@dataclass(frozen=True, eq=False, slots=True)
class Folder:
    """What a folder holds; compared by identity."""

    path: Path
    files: tuple[Path, ...] = ()
    """Sorted by name; whatever is no folder."""
    folders: tuple[Path, ...] = ()


def list_folder(folder: Path) -> Folder:
    """The files and folders in a folder; nothing where it cannot be listed."""
    try:
        changed_ns = folder.stat().st_mtime_ns
    except OSError:
        return Folder(folder)
    if abs(time.time() - changed_ns / 1e9) < _SETTLED_SECONDS:
        return _read(folder, changed_ns)
    return _remembered(folder, changed_ns)


def _read(folder: Path, changed_ns: int) -> Folder:
    """
    Args:
        changed_ns: tells the versions of the folder apart.
    """
    files: list[Path] = []
    folders: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                (folders if _is_folder(entry) else files).append(folder / entry.name)
    except OSError:
        return Folder(folder)
    return Folder(folder, tuple(sorted(files)), tuple(sorted(folders)))


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


_remembered = lru_cache(maxsize=64)(_read)
