"""Pictures of object stores as files of this machine: a bounded number, in a folder that goes with the process."""

import os
import tempfile
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from indexer.store.storage.objects import Objects, Version

CACHE_BYTES = 256 << 20
"""Of all libraries of a process."""
TRUSTED_SECONDS = 5.0
"""For so long a picture is shown without asking the store whether it is still the same."""


@dataclass(slots=True)
class _Kept:
    path: Path
    size: int
    version: Version
    asked: float
    """When the store was asked last, by `time.monotonic`."""


class PictureCache:
    """Least recently used pictures go first. Safe from several threads."""

    def __init__(self, folder: Path, *, limit_bytes: int = CACHE_BYTES) -> None:
        self._folder, self._limit = folder, limit_bytes
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._bytes = 0
        self._mutex = threading.Lock()

    def file(self, objects: Objects, name: str) -> Path:
        """A file with a picture's content; it does not exist where the picture does not. Raises LibraryError."""
        key = (objects.place.url, name)
        with self._mutex:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                if time.monotonic() - kept.asked < TRUSTED_SECONDS and kept.path.exists():
                    return kept.path
        asked = time.monotonic()
        path = self._folder / objects.place.url.replace("://", "/") / name
        try:
            found = objects.get(name, unless=kept.version if kept and kept.path.exists() else None)
        except FileNotFoundError:
            self._drop(key)
            return path
        if found is None:
            with self._mutex:
                if kept is not None:
                    kept.asked = asked
            return path
        self._keep(key, _Kept(path, len(found.content), found.version, asked), found.content)
        return path

    def _keep(self, key: tuple[str, str], new: _Kept, content: bytes) -> None:
        draft = new.path.with_name(f"{new.path.name}.{threading.get_ident()}")
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        with self._mutex:
            os.replace(draft, new.path)  # noqa: PTH105 - atomic
            old = self._kept.pop(key, None)
            self._kept[key] = new
            self._bytes += new.size - (old.size if old else 0)
            while self._bytes > self._limit and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= gone.size
                gone.path.unlink(missing_ok=True)

    def _drop(self, key: tuple[str, str]) -> None:
        with self._mutex:
            if old := self._kept.pop(key, None):
                self._bytes -= old.size
                old.path.unlink(missing_ok=True)


_opening = threading.Lock()


def process_cache() -> PictureCache:
    """The cache of this process; its folder is removed when the process ends."""
    with _opening:  # of several threads, one makes it
        return _process_cache()


@cache
def _process_cache() -> PictureCache:
    return PictureCache(Path(_folder().name))


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="reelseek-pictures-")
