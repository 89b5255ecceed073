"""Files that can be made again, kept in a folder within a bound: the longest unused go first.

A file appears whole by a rename; drafts of a crash are removed when the cache is opened. Safe from several threads of
one process. Leaves out making (`media_desk`).
"""

import contextlib
import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from api.media.opened_file import OpenedFile, open_own_file

_DRAFT = ".part"
_NAME = re.compile(r"[0-9a-z][0-9a-z_.-]{0,120}")


@dataclass(frozen=True, slots=True)
class _Kept:
    path: Path
    size_bytes: int
    used_ns: int


class MediaCache:
    """One folder of files below the library's cache folder."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._mutex = threading.Lock()
        self._serial = 0
        for draft in folder.glob(f"*{_DRAFT}"):
            draft.unlink(missing_ok=True)
        self._make_room(0)

    def open(self, name: str) -> OpenedFile | None:
        """The kept file, marked as used now; None where there is none. An open one may be evicted: it stays readable.

        Args:
            name: lower-case letters, digits, `_.-`.
        """
        path = self._path(name)
        try:
            opened = open_own_file(path, name=name.split(".")[0])
        except OSError:
            return None
        now = time.time_ns()
        with contextlib.suppress(OSError):
            # Only the time of access: the time of writing is part of the entity tag.
            os.utime(path, ns=(now, path.stat().st_mtime_ns))
        return opened

    def draft(self, name: str) -> Path:
        """Where to write a new file; then `keep` or `drop` it."""
        path = self._path(name)
        # The library itself is never made here: it must be there.
        self.folder.parent.mkdir(exist_ok=True)
        self.folder.mkdir(exist_ok=True)
        with self._mutex:
            self._serial += 1
            return path.with_name(f"{path.name}.{os.getpid()}-{self._serial}{_DRAFT}")

    def keep(self, draft: Path, name: str) -> OpenedFile:
        """Put a written draft in its place, make room for it, and open it. Raises OSError."""
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        os.utime(draft)
        self._make_room(draft.stat().st_size)
        os.replace(draft, self._path(name))  # noqa: PTH105 - the atomic one
        return open_own_file(self._path(name), name=name.split(".")[0])

    def drop(self, draft: Path) -> None:
        """Remove a draft; safe when there is none."""
        with contextlib.suppress(OSError):
            draft.unlink()

    def forget(self, start: str) -> None:
        """Remove every kept file whose name begins so."""
        for one in self._kept():
            if one.path.name.startswith(start):
                with contextlib.suppress(OSError):
                    one.path.unlink()

    def size_bytes(self) -> int:
        """Of everything kept."""
        return sum(one.size_bytes for one in self._kept())

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or name.endswith(_DRAFT):
            raise ValueError(f"{name!r} is no name for a kept file")
        return self.folder / name

    def _kept(self) -> list[_Kept]:
        found: list[_Kept] = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_file(follow_symlinks=False) and not entry.name.endswith(_DRAFT):
                        status = entry.stat(follow_symlinks=False)
                        used = max(status.st_atime_ns, status.st_mtime_ns)
                        found.append(_Kept(Path(entry.path), status.st_size, used))
        return found

    def _make_room(self, coming_bytes: int) -> None:
        with self._mutex:
            kept = sorted(self._kept(), key=lambda one: one.used_ns)
            total = sum(one.size_bytes for one in kept) + coming_bytes
            for one in kept:
                if total <= self.max_bytes:
                    return
                with contextlib.suppress(OSError):
                    one.path.unlink()
                total -= one.size_bytes
