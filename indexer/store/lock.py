"""The locks of a library in a folder, of its writer and of its collections, by file locks of the operating system.

The system releases it when the process ends (flock on Unix, LockFileEx on Windows), so a killed writer leaves nothing
to clean up. A second file names the holder; it is for messages only and may be stale. Readers need no lock.
"""

import json
import os
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from indexer.errors import LibraryError, LibraryLockedError

LOCK_FILE = "writer.lock"
HOLDER_FILE = "writer.json"
COLLECTIONS_LOCK = "collections.lock"
_COLLECTIONS_WAIT_SECONDS = 30.0
"""A change takes milliseconds; only a disk that hangs keeps the lock longer."""


class WriterLock:
    """Exclusive write access to a library, from `acquire` to `release` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = FileLock(folder / LOCK_FILE, blocking=False, thread_local=False)

    @property
    def follows_whole_work(self) -> bool:
        """Not known: what a killed writer left is looked for each time."""
        return False

    def acquire(self) -> None:
        """Take the lock without waiting.

        Raises:
            LibraryLockedError: another process, or another `Library` of this one, holds it (the message names it).
            LibraryError: the folder cannot be written to.
        """
        try:
            self._lock.acquire()
        except Timeout:
            raise LibraryLockedError(
                f"library {self._folder} is in use by {_describe_holder(self._folder)};"
                " wait until it is done or stop it, then try again (searching needs no lock)"
            ) from None
        except (OSError, NotImplementedError) as error:
            raise LibraryError(
                f"library {self._folder} cannot be locked for writing: {error};"
                " make the folder writable, or choose another with --library"
            ) from error
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S %z")}
        with suppress(OSError):  # it is for messages only; a full disk is told by what is written next
            (self._folder / HOLDER_FILE).write_text(json.dumps(holder), encoding="utf-8")

    def check(self) -> None:
        """Does nothing: the system takes the lock from nobody who lives."""

    def release(self, *, whole: bool = False) -> None:
        """Release the lock; does nothing when it is not held. `whole` is not kept."""
        if self._lock.is_locked:
            (self._folder / HOLDER_FILE).unlink(missing_ok=True)
            self._lock.release()


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Hold the writer's lock of a library for a block. Raises as `WriterLock.acquire`."""
    lock = WriterLock(folder)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def collections_locked(folder: Path) -> Generator[None]:
    """Hold the lock of a library's collections for a block. Raises LibraryLockedError, LibraryError."""
    try:
        with FileLock(folder / COLLECTIONS_LOCK, timeout=_COLLECTIONS_WAIT_SECONDS):
            yield
    except Timeout:
        raise LibraryLockedError(
            f"the collections of {folder} are being changed by another process; try again"
        ) from None
    except (OSError, NotImplementedError) as error:
        raise LibraryError(
            f"the collections of {folder} cannot be changed: {error}; make the folder writable"
        ) from error


def _describe_holder(folder: Path) -> str:
    try:
        holder: dict[str, Any] = json.loads((folder / HOLDER_FILE).read_text(encoding="utf-8"))
        return f"process {holder['pid']} on {holder['host']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
