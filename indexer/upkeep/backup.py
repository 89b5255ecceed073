"""Copies of a library in another folder, made while others search it, and libraries made from such copies.

A backup is itself a library. Making it again into the same folder copies only what is new, since LanceDB never changes
its files.
"""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from indexer.errors import LibraryBrokenError, LibraryError, LibraryMissingError
from indexer.library_place import LibraryPlace
from indexer.store.database_errors import convert_errors
from indexer.store.durable_files import copy_durably, files_below, sync_folder
from indexer.store.folder import (
    BACKUP_FILE,
    COLLECTIONS_LOCK,
    MAKER_FILE,
    RECOVERY_FOLDER,
    SERVICE_NAMES,
    SNAPSHOT_FOLDER,
    STAGING_FOLDER,
    TABLE_FOLDER,
    THUMBNAIL_FOLDER,
    UNFINISHED_FILES,
    LibraryFolder,
)
from indexer.store.library import Library
from indexer.store.lock import HOLDER_FILE, LOCK_FILE, locked
from indexer.store.storage.opening import folder_at
from indexer.upkeep.verify import file_problems

_RUNNING = {STAGING_FOLDER, SNAPSHOT_FOLDER, LOCK_FILE, HOLDER_FILE, BACKUP_FILE, COLLECTIONS_LOCK}
_WAY_OUT = "copy its objects with the store's own tools while nobody writes, or turn on the store's versioning"
_KEPT_OUT = (SERVICE_NAMES - {"keys.json"}) | _RUNNING | UNFINISHED_FILES
"""Top-level entries that are made again, or belong to running processes."""
_NEVER_CHANGED = ("data", "_indices")
"""Folders of a table whose files a writer never changes, so that a hard link holds them."""

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied."""

    files: int
    """In the copy."""
    new_files: int
    new_bytes: int


def back_up(path: LibraryPlace, target: Path, *, on_progress: Progress = lambda done, total: None) -> Copied:
    """Copy a library into a folder: new, empty, or an earlier backup, which is brought up to date.

    The writer's lock is held for a moment only, while hard links are made; where the file system has none, as long as
    the copying takes.

    Raises:
        LibraryMissingError: there is no library at `path`.
        LibraryLockedError: another process writes to it.
        LibraryBrokenError: it is damaged, so it must be repaired first; the backup is as it was.
        LibraryError: the target holds other things or lies in the library, or cannot be written.
    """
    folder, place = folder_at(path, "backed up", _WAY_OUT), Path(target).absolute()
    if place.resolve().is_relative_to(folder.path.resolve()):
        raise LibraryError(f"the backup {place} would be inside the library; choose a folder outside {folder.path}")
    _check_target(place)
    with Library.open_to_change(folder.path):
        pass  # removes what a killed process left, and renews the record of files
    snapshot = folder.path / SNAPSHOT_FOLDER
    try:
        with convert_errors(folder.path, "making the backup"):
            with locked(folder.path):
                _refuse_damaged(folder, "repair it first with `reelseek repair`")
                _link_all(folder.path, snapshot)
            place.mkdir(parents=True, exist_ok=True)
            (place / BACKUP_FILE).write_text(json.dumps({"of": str(folder.path), "begun": _now()}), encoding="utf-8")
            return _copy_all(snapshot, place, on_progress)
    finally:
        shutil.rmtree(snapshot, ignore_errors=True)


def restore(backup: Path, path: LibraryPlace, *, on_progress: Progress = lambda done, total: None) -> Copied:
    """Make a library from a backup.

    Raises:
        LibraryMissingError: there is no backup at `backup`.
        LibraryBrokenError: the backup is damaged; nothing was made.
        LibraryError: there is something at `path` already, or it cannot be written.
    """
    source, folder = LibraryFolder(Path(backup).absolute()), folder_at(path, "restored", _WAY_OUT)
    if not source.exists(MAKER_FILE):
        raise LibraryMissingError(f"no backup of a library at {source.path}; check the path")
    if folder.path.exists() and (not folder.path.is_dir() or any(folder.path.iterdir())):
        raise LibraryError(f"{folder.path} is not empty; move it away, or restore to another place with --library")
    _refuse_damaged(source, "use another backup")
    with convert_errors(folder.path, "restoring it"):
        folder.path.mkdir(parents=True, exist_ok=True)
        return _copy_all(source.path, folder.path, on_progress)


def _check_target(place: Path) -> None:
    if place.exists() and not place.is_dir():
        raise LibraryError(f"{place} is a file; give a folder for the backup")
    if place.is_dir() and any(place.iterdir()) and not (place / BACKUP_FILE).is_file():
        raise LibraryError(f"{place} is neither empty nor an earlier backup; give an empty or new folder")


def _refuse_damaged(folder: LibraryFolder, way_out: str) -> None:
    if problems := file_problems(folder):
        raise LibraryBrokenError(
            f"library {folder.path} is damaged ({problems[0].detail}, {len(problems)} problems in all); {way_out}"
        )


def _link_all(source: Path, target: Path) -> None:
    """A picture of the library at this moment: links to what never changes, copies of the rest."""
    shutil.rmtree(target, ignore_errors=True)
    for name in _names(source):
        old, new = source / name, target / name
        new.parent.mkdir(parents=True, exist_ok=True)
        if _never_changes(PurePosixPath(name)):
            with contextlib.suppress(OSError):
                new.hardlink_to(old)
                continue
        shutil.copy2(old, new)


def _never_changes(name: PurePosixPath) -> bool:
    parts = name.parts
    return parts[0] == THUMBNAIL_FOLDER or (parts[0] == TABLE_FOLDER and len(parts) > 2 and parts[2] in _NEVER_CHANGED)


def _copy_all(source: Path, target: Path, on_progress: Progress) -> Copied:
    """Copy what the target lacks, so that it is a library at any time, then remove what it has in excess."""
    names = sorted(_names(source), key=_order)
    new_files = new_bytes = 0
    folders: set[Path] = set()
    for number, name in enumerate(names, 1):
        old, new = source / name, target / name
        status = old.stat()
        if not _is_same(new, status):
            copy_durably(old, new)
            folders.update(new.relative_to(target).parents)
            new_files, new_bytes = new_files + 1, new_bytes + status.st_size
        on_progress(number, len(names))
    for name in set(_names(target)) - set(names):
        (target / name).unlink(missing_ok=True)
    for folder in folders:
        sync_folder(target / folder)
    return Copied(len(names), new_files, new_bytes)


def _order(name: str) -> tuple[int, str]:
    """What a table's manifest leads to comes before the manifest, and the record of all files comes last."""
    parts = name.split("/")
    if parts[0] == RECOVERY_FOLDER:
        return 3, name
    if parts[0] == TABLE_FOLDER:
        return (2 if "_versions" in parts else 1), name
    return 0, name


def _names(folder: Path) -> Iterator[str]:
    for path, _ in files_below(folder):
        name = path.relative_to(folder).as_posix()
        if name.split("/")[0] not in _KEPT_OUT:
            yield name


def _is_same(path: Path, status: os.stat_result) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return (found.st_size, found.st_mtime_ns) == (status.st_size, status.st_mtime_ns)


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S %z")
