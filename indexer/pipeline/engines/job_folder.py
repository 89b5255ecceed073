"""The temporary folder of one job, and the removal of those that killed workers left on this machine."""

import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from indexer.errors import LibraryError
from indexer.store.lock import locked

PREFIX = "reelseek-job-"
SURELY_LOCKED_SECONDS = 600.0
"""A younger folder may belong to a job that has not locked it yet."""


@contextmanager
def job_library() -> Generator[Path]:
    """Where a job may make its library, for as long as the context."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        yield Path(folder) / "library"


def remove_left_libraries() -> None:
    """Removes the folders of jobs whose process was killed: nobody holds the lock of their library any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, LibraryError):
            if time.time() - folder.stat().st_mtime < SURELY_LOCKED_SECONDS:
                continue
            with locked(folder / "library"):
                pass
            shutil.rmtree(folder)
