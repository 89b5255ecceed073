"""A full disk: a typed error, nothing damaged, and the same run again succeeds once there is room.

`full_disk`: a small file system in memory, in a user namespace of the child's own, filled but for a random rest. Where
the system refuses such a namespace, no trial is made. `file_limit` works everywhere: from a random write on, files
may not grow (RLIMIT_FSIZE), which says "file too large" where a full disk says "no space left".
"""

import ctypes
import faulthandler
import os
import resource
import shutil
import time
from functools import partial
from pathlib import Path

from bench.faults.children import Ended, Tell, run_child
from bench.faults.operations import OPERATIONS, Bench, Clean, begin_library, bytes_of, operate, run_again
from bench.faults.trials import Trial, Workshop

_NEW_USER, _NEW_MOUNT = 0x10000000, 0x00020000
_ROOM_BYTES = 32 << 20
_LEAST_GROWTH = 256 << 10
"""Compaction writes before it deletes, so that an operation needs room even where a library does not grow."""


def can_mount() -> bool:
    """Whether a child may have a file system of its own."""
    return run_child(_mount, Path("/tmp")).how == "done"


def full_disk(shop: Workshop) -> Trial:
    """One operation on a file system with too little room, or nearly so."""
    operation = OPERATIONS[shop.number % len(OPERATIONS)]
    clean, library = shop.clean[operation.name], shop.place / "library"
    free = int(shop.draw.uniform(0, 1.5) * max(clean.grown_bytes, _LEAST_GROWTH))
    begin_library(shop.bench, shop.clean, operation, library)
    disk = shop.place / "disk"
    disk.mkdir()
    ended = run_child(_on_full_disk, shop.bench, clean, library if library.exists() else None, disk, free)
    wrong, note = ended.value if ended.how == "done" else (ended.fault(), "")
    return Trial("disk full", operation.name, f"{free:,} bytes free", wrong, [note])


def file_limit(shop: Workshop) -> Trial:
    """One operation during which files may no longer grow."""
    operation = OPERATIONS[shop.number % len(OPERATIONS)]
    clean, library = shop.clean[operation.name], shop.place / "library"
    begin_library(shop.bench, shop.clean, operation, library)
    last = shop.draw.randrange(clean.syncs)
    ended = run_child(operate, shop.bench, operation, library, partial(_limit_at, last))
    wrong = _told(ended) + run_again(shop.bench, operation, library, clean)
    return Trial("files may not grow", operation.name, f"from sync {last} of {clean.syncs}", wrong, [_note(ended)])


def _limit_at(last: int, number: int) -> None:
    if number == last:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _told(ended: Ended) -> list[str]:
    """A full disk is no damage, and must not be told as such."""
    return ended.fault(allowed=("typed",))


def _note(ended: Ended) -> str:
    return "finished" if ended.how == "done" else "told"


def _on_full_disk(
    tell: Tell, bench: Bench, clean: Clean, begin: Path | None, disk: Path, free: int
) -> tuple[list[str], str]:
    _mount(tell, disk, _ROOM_BYTES + (bytes_of(begin) if begin else 0))
    library, filler = disk / "library", disk / "filler"
    if begin:
        shutil.copytree(begin, library)
    state = os.statvfs(disk)
    with filler.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, max(1, state.f_bavail * state.f_frsize - free))
    ended = run_child(operate, bench, clean.operation, library)
    filler.unlink()
    return _told(ended) + run_again(bench, clean.operation, library, clean), _note(ended)


def _mount(tell: Tell, place: Path, size: int = 1 << 20) -> None:
    """Mounts a file system in memory that only this process and its children see. Raises OSError."""
    faulthandler.cancel_dump_traceback_later()  # a thread, with which a process gets no namespace
    while len(list(Path("/proc/self/task").iterdir())) > 1:
        time.sleep(0.01)  # it has been told to end; the system may not have seen it off yet
    libc, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    _check(libc.unshare(_NEW_USER | _NEW_MOUNT))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _check(libc.mount(b"tmpfs", os.fsencode(place), b"tmpfs", 0, f"size={size}".encode()))


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
