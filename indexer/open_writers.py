"""Which files are open for writing, as far as this machine tells: Linux, and processes of the same user.

Elsewhere, and for writers on other machines, nothing is known and nothing is said.
"""

import os
from collections.abc import Collection
from pathlib import Path

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
