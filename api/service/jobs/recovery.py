"""Recovery at service start: jobs of the previous service, and a check whether the library is in use. Blocks."""

import time
from pathlib import Path

from api.formatting import rfc3339
from api.service.jobs.store import JobEntry, JobStore
from api.service.schemas.jobs import JobError
from indexer.errors import LibraryError, LibraryLockedError
from indexer.library_place import LibraryPlace
from indexer.store.storage.opening import storage_at

MAX_ATTEMPTS = 3
"""A job that was interrupted by service exits this often fails: it may be their cause."""


def recovered_jobs(store: JobStore) -> list[JobEntry]:
    """All jobs, the oldest first. Interrupted ones are queued again, since indexing continues where it stopped."""
    entries = store.load()
    for entry in entries:
        if entry.job.state != "running":
            continue
        if entry.attempts >= MAX_ATTEMPTS:
            detail = f"the service ended {entry.attempts} times while this job ran; start a new job to try again"
            entry.job.error = JobError(type="interrupted", detail=detail)
            entry.job.state, entry.job.message, entry.job.stage = "failed", "given up", ""
            entry.job.finished_at = rfc3339(time.time())
        else:
            entry.job.state, entry.job.message = "queued", "continues: the service stopped while the job ran"
        store.save(entry)
    return entries


def is_library_free_for_jobs(library: LibraryPlace) -> bool:
    """Whether no process is writing to the library."""
    if isinstance(library, Path) and not library.is_dir():
        return True
    lock = storage_at(library).writer_lock()
    try:
        lock.acquire()
    except LibraryLockedError:
        return False
    except LibraryError:
        return True  # the job will report the error
    lock.release()
    return True
