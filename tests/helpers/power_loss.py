"""A power loss, simulated: what of a folder is on the disk if nothing survives but what was synced.

`os.fsync` is watched: of a file it records the content, of a folder the names in it. That is the least that a file
system must keep, so a program that is right here is right on every one.
"""

import fcntl
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISDIR

import pytest


class SyncedState:
    """The synced contents by file, and the synced names by folder."""

    def __init__(self) -> None:
        self._contents: dict[Identity, bytes] = {}
        self._names: dict[Identity, dict[str, Identity]] = {}

    def note(self, descriptor: int) -> None:
        """A file or folder was synced."""
        status, identity = os.fstat(descriptor), _identity(descriptor)
        if S_ISDIR(status.st_mode):
            folder = Path(f"/proc/self/fd/{descriptor}").readlink()
            self._names[identity] = {path.name: _identity_of(path) for path in folder.iterdir()}
        else:
            self._contents[identity] = os.pread(descriptor, status.st_size, 0)

    def write_to(self, folder: Path, target: Path) -> None:
        """Make `target` what is left of `folder`."""
        self._write(_identity_of(folder), target)

    def _write(self, identity: "Identity", target: Path) -> None:
        target.mkdir(parents=True)
        for name, entry in self._names.get(identity, {}).items():
            if entry in self._contents:
                (target / name).write_bytes(self._contents[entry])
            elif entry in self._names:
                self._write(entry, target / name)
            # A name without synced content: most file systems leave an empty file, or none.


Identity = tuple[int, int]
"""Inode and its generation: a number is given again once a file is removed."""
_GET_GENERATION = 0x80087601
"""`FS_IOC_GETVERSION`."""


def _identity_of(path: Path) -> Identity:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return _identity(descriptor)
    finally:
        os.close(descriptor)


def _identity(descriptor: int) -> Identity:
    answer = bytearray(8)
    try:
        fcntl.ioctl(descriptor, _GET_GENERATION, answer)
    except OSError:
        pytest.skip("this file system does not tell the generation of an inode")
    return os.fstat(descriptor).st_ino, int.from_bytes(answer[:4], sys.byteorder)


@contextmanager
def watched_syncs(monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncedState]:
    """The state that syncs leave, from here on."""
    state, fsync = SyncedState(), os.fsync

    def note(descriptor: int) -> None:
        fsync(descriptor)
        state.note(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", note)
        yield state


def add_torn_files(source: Path, target: Path, draw: random.Random) -> None:
    """Some of what was written and not synced reached the disk as well: whole, cut off, or as an empty file."""
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = target / path.relative_to(source)
        if copy.exists() or draw.random() < 0.5:
            continue
        content = path.read_bytes()
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(draw.choice([content, content[: len(content) // 2], b""]))
