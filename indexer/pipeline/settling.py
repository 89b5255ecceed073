"""Which files of a watched folder are complete: those that have not changed for a while. Pure: told the time.

Leaves out looking at the disk and indexing (`watch`).
"""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

FileState = tuple[int, int]
"""Size in bytes and modification time in ns; a file whose state stays the same is not being written."""

TEMPORARY_SUFFIXES = frozenset(
    ".part .partial .crdownload .opdownload .download .filepart .tmp .temp .!ut .!qb .aria2 .unfinished .swp".split()
)
"""What browsers, copying and download programs call a file until it is whole."""


def is_temporary(name: str) -> bool:
    """Whether a file goes by a name that programs give to what they have not finished."""
    lower = name.lower()
    return lower.startswith((".", "~")) or lower.endswith("~") or lower.endswith(tuple(TEMPORARY_SUFFIXES))


class Settling:
    """Remembers what each file was like, and since when."""

    def __init__(self, settle_seconds: float) -> None:
        self._settle_seconds = settle_seconds
        self._since: dict[str, tuple[FileState, float]] = {}
        self._taken: dict[str, FileState] = {}
        self._gone_since: dict[str, float] = {}

    def look(self, files: Mapping[str, FileState], now: float) -> list[str]:
        """Takes what is there now; gives the paths that are complete and not taken in that state, sorted.

        A file without bytes is waited for.

        Args:
            files: path -> state.
            now: seconds of any clock that only rises.
        """
        for path in [path for path in self._taken if path not in files]:
            self._gone_since.setdefault(path, now)
        self._gone_since = {path: since for path, since in self._gone_since.items() if path not in files}
        self._since = {path: known for path, known in self._since.items() if path in files}
        ready: list[str] = []
        for path, state in files.items():
            if self._taken.get(path) == state or not state[0]:
                self._since.pop(path, None)
                continue
            known, since = self._since.get(path, (None, now))
            if known != state:
                self._since[path] = (state, now)
                since = now
            if now - since >= self._settle_seconds:
                ready.append(path)
        return sorted(ready)

    def gone(self, now: float) -> list[str]:
        """Paths that were taken and have been away for as long as a file must be still, sorted."""
        return sorted(path for path, since in self._gone_since.items() if now - since >= self._settle_seconds)

    def still(self, path: str, now: float) -> float:
        """Seconds for which a file that is not taken has been as it is."""
        return now - self._since[path][1] if path in self._since else 0.0

    @property
    def changing(self) -> Collection[str]:
        """Paths that wait to be complete, or to be taken."""
        return self._since.keys()

    def take(self, paths: Iterable[str]) -> None:
        """These are worked on in their present state: they are given again only when they change."""
        for path in paths:
            if path in self._since:
                self._taken[path] = self._since.pop(path)[0]

    def give_back(self, paths: Iterable[str]) -> None:
        """These were not worked on after all; they must settle again."""
        for path in paths:
            self._taken.pop(path, None)

    def forget(self, paths: Iterable[str]) -> None:
        """It is known that these are gone."""
        for path in paths:
            self._taken.pop(path, None)
            self._gone_since.pop(path, None)


_PROCESSES = Path("/proc")
_WRITING = os.O_WRONLY | os.O_RDWR


def open_writers(paths: Collection[str]) -> set[str]:
    """Those of the paths that some process holds open for writing."""
    wanted = {os.path.realpath(path): path for path in paths}
    found: set[str] = set()
    if not wanted or not _PROCESSES.is_dir():
        return found
    for process in _PROCESSES.iterdir():
        if process.name.isdigit():
            found |= {wanted[name] for name in _written_by(process, wanted)}
    return found


def _written_by(process: Path, wanted: Collection[str]) -> set[str]:
    """Those of the real paths that a process holds open for writing; none where we may not look, or it is gone."""
    written: set[str] = set()
    try:
        numbers = os.listdir(process / "fd")  # noqa: PTH208 - names only
    except OSError:
        return written
    for number in numbers:
        try:
            name = os.readlink(process / "fd" / number)  # noqa: PTH115 - a plain string
            if name in wanted and _flags(process / "fdinfo" / number) & _WRITING:
                written.add(name)
        except (OSError, ValueError):
            continue
    return written


def _flags(info: Path) -> int:
    for line in info.read_text().splitlines():
        if line.startswith("flags:"):
            return int(line.split()[1], 8)
    return 0
