"""A size-bounded LRU cache of derived files in a folder.

Files appear atomically by a rename. Drafts left by a crash are removed when the cache is opened. Thread-safe within one
process. Leaves out producing the files (`media_preparer`).
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
class _CachedFile:
    path: Path
    size_bytes: int
    used_ns: int


class MediaCache:
    """A cache in one folder below the library's cache folder."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._mutex = threading.Lock()
        self._serial = 0
        for draft in folder.glob(f"*{_DRAFT}"):
            draft.unlink(missing_ok=True)
        self._evict(0)

    def open(self, name: str) -> OpenedFile | None:
        """The cached file, marked as used now; None on a miss. An open file stays readable after eviction.

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
            # Only the access time: the modification time is part of the entity tag.
            os.utime(path, ns=(now, path.stat().st_mtime_ns))
        return opened

    def draft(self, name: str) -> Path:
        """A path for writing a new file, to be followed by `keep` or `drop`."""
        path = self._path(name)
        # Never creates the library folder itself, which must exist.
        self.folder.parent.mkdir(exist_ok=True)
        self.folder.mkdir(exist_ok=True)
        with self._mutex:
            self._serial += 1
            return path.with_name(f"{path.name}.{os.getpid()}-{self._serial}{_DRAFT}")

    def keep(self, draft: Path, name: str) -> OpenedFile:
        """Add a written draft to the cache, evicting old files, and open it. Raises OSError."""
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        os.utime(draft)
        self._evict(draft.stat().st_size)
        os.replace(draft, self._path(name))  # noqa: PTH105 - atomic
        return open_own_file(self._path(name), name=name.split(".")[0])

    def drop(self, draft: Path) -> None:
        """Remove a draft, if it exists."""
        with contextlib.suppress(OSError):
            draft.unlink()

    def forget(self, start: str) -> None:
        """Remove all cached files whose names start with `start`."""
        for one in self._files():
            if one.path.name.startswith(start):
                with contextlib.suppress(OSError):
                    one.path.unlink()

    def size_bytes(self) -> int:
        """Total size of the cached files."""
        return sum(one.size_bytes for one in self._files())

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or name.endswith(_DRAFT):
            raise ValueError(f"{name!r} is not a valid name of a cached file")
        return self.folder / name

    def _files(self) -> list[_CachedFile]:
        found: list[_CachedFile] = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_file(follow_symlinks=False) and not entry.name.endswith(_DRAFT):
                        status = entry.stat(follow_symlinks=False)
                        used = max(status.st_atime_ns, status.st_mtime_ns)
                        found.append(_CachedFile(Path(entry.path), status.st_size, used))
        return found

    def _evict(self, coming_bytes: int) -> None:
        with self._mutex:
            files = sorted(self._files(), key=lambda one: one.used_ns)
            total = sum(one.size_bytes for one in files) + coming_bytes
            for one in files:
                if total <= self.max_bytes:
                    return
                with contextlib.suppress(OSError):
                    one.path.unlink()
                total -= one.size_bytes
