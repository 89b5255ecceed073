"""What a service finds when it starts: the jobs of the one before, and a library that may be in use. Blocks."""

import time
from pathlib import Path

from api.formatting import rfc3339
from api.service.jobs.store import JobEntry, JobStore
from api.service.schemas.jobs import JobError
from indexer.errors import LibraryError, LibraryLockedError
from indexer.store.lock import WriterLock

MAX_ATTEMPTS = 3
"""A job that the service's end cut short so often is given up: it may be what ends it."""


def recovered(store: JobStore) -> list[JobEntry]:
    """All jobs, the oldest first; those that ran are to be begun again, since indexing goes on where it stopped."""
    entries = store.load()
    for entry in entries:
        if entry.job.state != "running":
            continue
        if entry.attempts >= MAX_ATTEMPTS:
            detail = f"the service ended {entry.attempts} times while this job ran; start it anew to try again"
            entry.job.error = JobError(type="interrupted", detail=detail)
            entry.job.state, entry.job.message, entry.job.stage = "failed", "given up", ""
            entry.job.finished_at = rfc3339(time.time())
        else:
            entry.job.state, entry.job.message = "queued", "goes on: the service was stopped while it ran"
        store.save(entry)
    return entries


def is_free(library: Path) -> bool:
    """Whether nobody writes to the library now."""
    if not library.is_dir():
        return True
    lock = WriterLock(library)
    try:
        lock.acquire()
    except LibraryLockedError:
        return False
    except LibraryError:
        return True  # the job itself says what is wrong with it
    lock.release()
    return True
