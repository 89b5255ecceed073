"""Running of indexing jobs one after another, since a library has a single writer. Runs on the event loop.

A job interrupted by a service exit is run again at the next start, since indexing continues where it stopped.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from api.errors import ConflictError, NotFoundError, QueueFullError
from api.formatting import rfc3339
from api.index_progress import stages_of
from api.service.jobs.child import JobChild
from api.service.jobs.progress import JobProgress
from api.service.jobs.recovery import is_library_free_for_jobs, recovered_jobs
from api.service.jobs.store import JobEntry, JobStore
from api.service.jobs.uploads import sweep_uploads
from api.service.links import API
from api.service.metrics import Metrics
from api.service.runtime import Runtime
from api.service.schemas.jobs import Job, JobError, JobPage
from api.service.views.videos import display_names
from indexer.config import Settings
from indexer.errors import LibraryError, LibraryLockedError
from indexer.provenance import settings_like_provenance

LOCK_SECONDS = 1.0
"""Interval of checks of a library that another process writes to."""
_KILLED_SECONDS = 5.0
"""Time for writing the record of a killed process."""
_log = logging.getLogger("reelseek.jobs")


class JobRunner:
    """The job queue of one service."""

    def __init__(self, runtime: Runtime, metrics: Metrics) -> None:
        self._runtime = runtime
        self._metrics = metrics
        self._store = JobStore(runtime.job_folder, max_finished=runtime.service.max_job_records)
        self._entries: list[JobEntry] = []
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._running: JobEntry | None = None
        self._child: JobChild | None = None
        self._worker: asyncio.Task[None] | None = None
        self._has_ended = False
        """A job has ended since the last sweep of uploads."""
        self.incoming: set[str] = set()
        """Paths of uploads that are about to become jobs, which a sweep must keep."""

    async def start(self) -> None:
        """Recover the jobs of the previous service, and start working."""
        self._entries = await asyncio.to_thread(recovered_jobs, self._store)
        await asyncio.to_thread(self._sweep, parts=True)
        self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Interrupt the running job. The next service runs it again."""
        entry, worker = self._running, self._worker
        await self._wait(lambda: self._running is None or self._child is not None, _KILLED_SECONDS)
        if child := self._child:
            child.interrupt()
            await self._wait(lambda: self._running is not entry, self._runtime.service.stop_seconds)
            child.kill()
            await self._wait(lambda: self._running is not entry, _KILLED_SECONDS)
        if worker:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    async def _wait(self, is_so: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not is_so() and time.monotonic() < end:
            await asyncio.sleep(0.05)

    def add(self, paths: Sequence[Path]) -> Job:
        """Queue a job over files or folders. Blocks while writing a small file.

        Raises:
            QueueFullError: too many jobs are waiting.
        """
        if self.waiting >= self._runtime.service.max_jobs:
            raise QueueFullError(
                f"{self.waiting} jobs are already waiting; try again when some are done", retry_after_seconds=30
            )
        job = Job(id=secrets.token_hex(16), paths=display_names(paths), created_at=rfc3339(time.time()))
        entry = JobEntry(job, [str(path) for path in paths])
        self._store.save(entry)
        self._entries = self._store.forget_old([*self._entries, entry])
        self._notify(entry)
        self._wake.set()
        return job

    def get(self, job_id: str) -> JobEntry:
        """Raises NotFoundError."""
        for entry in self._entries:
            if entry.job.id == job_id:
                return entry
        raise NotFoundError(f"no job has this id; GET {API}/jobs lists them")

    def page(self, *, offset: int, limit: int) -> JobPage:
        """A page of jobs, the newest first."""
        newest = self._entries[::-1]
        return JobPage(total=len(newest), jobs=[entry.job for entry in newest[offset : offset + limit]])

    def cancel(self, job_id: str) -> Job:
        """Ask a job to stop. Raises NotFoundError, and ConflictError when it has ended."""
        entry = self.get(job_id)
        if entry.is_finished:
            raise ConflictError(f"this job has already ended ({entry.job.state})")
        entry.is_cancelled = True
        if entry is self._running:
            if self._child:
                self._child.interrupt()
            entry.job.message = "stopping"
            self._notify(entry)
        else:
            self._finish(entry, "cancelled", "cancelled before it started")
            self._wake.set()
        return entry.job

    @property
    def waiting(self) -> int:
        return sum(entry.job.state == "queued" for entry in self._entries)

    @property
    def is_running(self) -> bool:
        return self._running is not None

    def check_idle(self) -> None:
        """Raises LibraryLockedError while a job is running."""
        if self._running:
            raise LibraryLockedError(
                f"job {self._running.job.id} is writing to the library; cancel it or wait until it is done"
            )

    async def changes(self, entry: JobEntry, seen: int) -> int:
        """Wait until the version of the job differs from `seen`, and return it."""
        while entry.version == seen and not self._runtime.stopping.is_set():
            await self._changed.wait()
        return entry.version

    def wake_all(self) -> None:
        """Wake everyone who waits for a change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _work(self) -> None:
        while not self._runtime.stopping.is_set():
            self._wake.clear()
            if self._has_ended:
                self._has_ended = False
                await asyncio.to_thread(self._sweep, parts=False)
            entry = next((one for one in self._entries if one.job.state == "queued"), None)
            if entry is None:
                await self._wake.wait()
            elif not await asyncio.to_thread(is_library_free_for_jobs, self._runtime.place):
                entry.job.message = "waiting: another process is writing to the library"
                self._notify(entry)
                await asyncio.sleep(LOCK_SECONDS)
            elif entry.job.state == "queued":
                await self._run_safely(entry)

    async def _run_safely(self, entry: JobEntry) -> None:
        try:
            await self._run(entry)
        except Exception as error:  # noqa: BLE001 - the next job must run in any case
            _log.exception("a job's process could not be handled", extra={"job": entry.job.id})
            entry.job.error = JobError(type=type(error).__name__, detail=str(error))
            self._finish(entry, "failed", "the job could not be run")
        finally:
            self._running = self._child = None

    async def _run(self, entry: JobEntry) -> None:
        job = entry.job
        self._running = entry
        entry.attempts += 1
        job.state, job.message = "running", "starting"
        job.started_at = job.started_at or rfc3339(time.time())
        self._save(entry)
        progress = JobProgress(stages_of(self._settings()))

        def receive(line: bytes) -> None:
            if progress.receive(line):
                progress.show(job)
                self._notify(entry)

        self._child = await JobChild.start(entry.paths, self._runtime.settings)
        if entry.is_cancelled:
            self._child.interrupt()
        code, stderr = await self._child.run(receive)
        stopped = self._runtime.stopping.is_set() and code != 0
        if progress.is_locked or (stopped and not entry.is_cancelled):
            job.state, job.message = "queued", "continues when the library is free" if progress.is_locked else ""
            entry.attempts -= 1
            self._save(entry)
            return
        if entry.is_cancelled and code < 0:
            code = 130
        progress.show(job)
        progress.conclude(job, code, stderr)
        job.video_ids = await asyncio.to_thread(self._ids_of, entry, job.video_ids)
        self._finish(entry, job.state, job.message)

    def _settings(self) -> Settings:
        with suppress(LibraryError):
            return settings_like_provenance(self._runtime.settings, self._runtime.library.maker)
        return self._runtime.settings

    def _ids_of(self, entry: JobEntry, known: list[str]) -> list[str]:
        """Ids of the job's videos, including those that were indexed before."""
        paths = set(entry.paths)
        try:
            found = [one.video_id for one in self._runtime.library.videos() if paths & set(one.paths)]
        except LibraryError:
            found = []
        return list(dict.fromkeys([*known, *found]))

    def _finish(self, entry: JobEntry, state: str, message: str) -> None:
        entry.job = msgspec.structs.replace(
            entry.job, state=state, message=message, stage="", finished_at=rfc3339(time.time())
        )
        self._has_ended = True
        self._metrics.jobs.labels(state).inc()
        _log.info("job ended", extra={"job": entry.job.id, "state": state})
        self._save(entry)

    def _save(self, entry: JobEntry) -> None:
        try:
            self._store.save(entry)
        except OSError:
            _log.exception("a job's record cannot be written", extra={"job": entry.job.id})
        self._notify(entry)

    def _notify(self, entry: JobEntry) -> None:
        entry.version += 1
        self.wake_all()

    def _sweep(self, *, parts: bool) -> None:
        if not self._runtime.upload_folder.is_dir():
            return
        try:
            keep = {path for video in self._runtime.library.videos() for path in video.paths}
        except LibraryError:
            return
        keep |= {path for entry in self._entries if not entry.is_finished for path in entry.paths} | self.incoming
        try:
            for file in sweep_uploads(self._runtime.upload_folder, keep=keep, parts=parts):
                _log.warning("an upload that no video and no job names was deleted: %r", file.name)
        except OSError:
            _log.exception("uploads that nothing names could not be deleted")
