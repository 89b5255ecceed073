"""Writing files to the disk: what LanceDB and atomic renames leave in the system's memory alone."""

import contextlib
import os
import shutil
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

_READ_BYTES = 1 << 20


def sync_file(path: Path) -> None:
    """Wait until a file's content is on the disk; a file that has gone meanwhile is no error. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk. Windows has no such call. Raises OSError."""
    if sys.platform != "win32":
        sync_file(path)


def replace_durably(draft: Path, target: Path) -> None:
    """Put a finished file in place of another, so that a power loss leaves the old one or the new one."""
    sync_file(draft)
    os.replace(draft, target)  # noqa: PTH105 - atomic
    sync_folder(target.parent)


def copy_durably(source: Path, target: Path) -> None:
    """Copy a file with its times into a folder that is made, so that a power loss leaves the old one or the new one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + ".part")
    shutil.copy2(source, draft)
    replace_durably(draft, target)


def checksum(path: Path) -> int:
    """CRC-32 of a file. Raises OSError."""
    found = 0
    with path.open("rb") as stream:
        while piece := stream.read(_READ_BYTES):
            found = zlib.crc32(piece, found)
    return found


def folder_checksum(folder: Path, *, sync: bool) -> int | None:
    """CRC-32 over the names and contents of a folder's files; None where there is no folder.

    Args:
        sync: wait until they are on the disk, with the folder's own name and its parent's.

    Raises:
        OSError.
    """
    if not folder.is_dir():
        return None
    found = 0
    for path in sorted(folder.iterdir()):
        if sync:
            sync_file(path)
        found = zlib.crc32(path.name.encode() + b"\0" + path.read_bytes(), found)
    if sync:
        for place in (folder, folder.parent, folder.parent.parent):
            sync_folder(place)
    return found


def append_durably(path: Path, lines: bytes) -> None:
    """Append whole lines to a file, and wait until they are on the disk. Raises OSError."""
    is_new = not path.exists()
    with path.open("ab") as stream:
        # A line that a crash cut off must not swallow the next one.
        stream.write(lines if is_new or _ends_whole(path) else b"\n" + lines)
    sync_file(path)
    if is_new:
        sync_folder(path.parent)


def files_below(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every file below a folder; those that go meanwhile are left out."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat()


def _ends_whole(path: Path) -> bool:
    """Whether a file is empty or ends with a line's end."""
    with path.open("rb") as stream:
        if stream.seek(0, os.SEEK_END) == 0:
            return True
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"
