"""Which files of a watched folder are complete: those whose size and time have been stable for a while.

Pure, apart from `paths_open_for_writing`: the caller passes the time. Scanning and indexing are in
`indexer.pipeline.watch`.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

FileState = tuple[int, int]
"""Size in bytes and modification time in ns; a file whose state stays the same is not being written."""

TEMPORARY_SUFFIXES = frozenset(
    ".part .partial .crdownload .opdownload .download .filepart .tmp .temp .!ut .!qb .aria2 .unfinished .swp".split()
)
"""Suffixes that browsers, copy and download programs use until a file is complete."""


def is_temporary_download(name: str) -> bool:
    """Whether a file has a name that programs give to unfinished files."""
    lower = name.lower()
    return lower.startswith((".", "~")) or lower.endswith("~") or lower.endswith(tuple(TEMPORARY_SUFFIXES))


class SettleTracker:
    """Tracks the state of each file, and since when it has it."""

    def __init__(self, settle_seconds: float) -> None:
        self._settle_seconds = settle_seconds
        self._since: dict[str, tuple[FileState, float]] = {}
        self._taken: dict[str, FileState] = {}
        self._gone_since: dict[str, float] = {}

    def update(self, files: Mapping[str, FileState], now: float) -> list[str]:
        """Records the current files; returns the paths that are complete and not yet taken in that state, sorted.

        An empty file is not complete.

        Args:
            files: path -> state.
            now: seconds of any monotonic clock.
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
        """Taken paths that have been gone for the settling time, sorted."""
        return sorted(path for path, since in self._gone_since.items() if now - since >= self._settle_seconds)

    def stable_seconds(self, path: str, now: float) -> float:
        """Seconds since a file that is not taken last changed."""
        return now - self._since[path][1] if path in self._since else 0.0

    @property
    def changing(self) -> Collection[str]:
        """Paths that are not complete, or not taken yet."""
        return self._since.keys()

    def take(self, paths: Iterable[str]) -> None:
        """Marks these as indexed in their present state: `update` returns them again only when they change."""
        for path in paths:
            if path in self._since:
                self._taken[path] = self._since.pop(path)[0]

    def release(self, paths: Iterable[str]) -> None:
        """Unmarks these: they must settle again."""
        for path in paths:
            self._taken.pop(path, None)

    def forget(self, paths: Iterable[str]) -> None:
        """Drops paths that are known to be gone."""
        for path in paths:
            self._taken.pop(path, None)
            self._gone_since.pop(path, None)


_PROCESSES = Path("/proc")
_WRITING = os.O_WRONLY | os.O_RDWR


def paths_open_for_writing(paths: Collection[str]) -> set[str]:
    """Those of the paths that some process has open for writing (Linux)."""
    wanted = {os.path.realpath(path): path for path in paths}
    found: set[str] = set()
    if not wanted or not _PROCESSES.is_dir():
        return found
    for process in _PROCESSES.iterdir():
        if process.name.isdigit():
            found |= {wanted[name] for name in _written_by(process, wanted)}
    return found


def _written_by(process: Path, wanted: Collection[str]) -> set[str]:
    """Those of the real paths that a process has open for writing; none where the process may not be inspected."""
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
