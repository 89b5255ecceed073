"""Files and folders -> the files that may be videos or sound (`media_names`), and what cannot be read. Decodes nothing.

One bad entry, whatever it is, never ends the scan.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import UsageError
from indexer.pipeline.media_names import MEDIA_SUFFIXES, may_be_media


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """A file that may be a video or sound."""

    path: Path
    """Absolute; a symbolic link keeps its own name."""
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file whose status or bytes cannot be read, or a folder that cannot be listed."""

    path: Path
    reason: str
    is_folder: bool = False


Found = FoundFile | UnreadableFile


def scan_for_videos(paths: Sequence[Path], *, exclude: Path | None = None) -> list[Found]:
    """Lists the files under these paths, sorted, each real file once; follows nested folders and symbolic links.

    A file that the caller names is always listed. In a folder, hidden files and what `may_be_media` excludes are left
    out. A folder that cannot be listed, and an entry that is no file although it has the name of a video, are
    listed as unreadable.

    Args:
        paths: files or folders.
        exclude: a folder that is not entered (the library itself).

    Raises:
        UsageError: a path does not exist.
    """
    found: dict[Path, Found] = {}
    seen_folders: set[tuple[int, int]] = set()
    if exclude is not None:
        with suppress(OSError):
            seen_folders.add(_identity(exclude))
    for path in paths:
        absolute = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - resolve() would rename links
        try:
            is_folder = stat.S_ISDIR(absolute.stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(f"{path} does not exist; give a file or a folder of videos or recordings") from None
        except OSError:
            is_folder = False
        for item in _walk(absolute, seen_folders) if is_folder else [_examine(absolute)]:
            found.setdefault(item.path, item)
    return _drop_duplicates(sorted(found.values(), key=lambda item: item.path))


def is_lost(path: Path) -> bool:
    """Whether there is certainly no file at this path: one whose folder may not be read now is not lost."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _walk(root: Path, seen: set[tuple[int, int]]) -> Iterator[Found]:
    """The files below a folder, without those in folders that were seen before."""
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            identity = _identity(folder)
            if identity in seen:
                continue
            seen.add(identity)
            with os.scandir(folder) as listing:
                entries = sorted((one for one in listing if not one.name.startswith(".")), key=lambda one: one.name)
        except OSError as error:
            reason = f"the folder cannot be read ({error.strerror}), so nothing in it is indexed; check its permissions"
            yield UnreadableFile(folder, reason, is_folder=True)
            continue
        folders += [folder / entry.name for entry in reversed(entries) if _is(entry.is_dir)]
        for entry in entries:
            path = folder / entry.name
            if _is(entry.is_file):
                is_wanted = may_be_media(path)
            else:
                is_wanted = path.suffix.lower() in MEDIA_SUFFIXES and not _is(entry.is_dir)
            if is_wanted:
                yield _examine(path)


def _identity(folder: Path) -> tuple[int, int]:
    """What tells a folder from all others, by whatever name it is reached."""
    status = folder.stat()
    return status.st_dev, status.st_ino


def _is(question: Callable[[], bool]) -> bool:
    """The answer of an `os.DirEntry`; False for a link in a circle, or to where nothing may be read."""
    try:
        return question()
    except OSError:
        return False


def _examine(file: Path) -> Found:
    try:
        str(file).encode()
    except UnicodeEncodeError:
        return UnreadableFile(file, "its name is not valid Unicode, so it cannot be stored; rename the file")
    try:
        status = file.stat()
    except OSError as error:
        return UnreadableFile(file, f"it cannot be read ({error.strerror}); check the link or the permissions")
    if not stat.S_ISREG(status.st_mode):
        return UnreadableFile(file, "it is a pipe, a device or a socket, not a file; leave it out")
    if not os.access(file, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        return UnreadableFile(file, "it is not readable; check its permissions")
    return FoundFile(file, status.st_size, status.st_mtime_ns)


def _drop_duplicates(files: Iterable[Found]) -> list[Found]:
    """Keeps the first path of each real file: a link and its target, or two links to one file, are one file."""
    result: list[Found] = []
    seen: set[str] = set()
    for file in files:
        real = os.path.realpath(file.path)  # unlike `Path.resolve`, it accepts links in a circle
        if real not in seen:
            seen.add(real)
            result.append(file)
    return result
