"""Job records as files LIBRARY/jobs/ID.json, written atomically, which survive a restart. Blocks."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from api.service.schemas.jobs import Job

FINISHED = frozenset({"done", "failed", "cancelled"})


@dataclass
class JobEntry:
    """A job with internal fields of the service."""

    job: Job
    paths: list[str]
    """Absolute paths."""
    attempts: int = 0
    """How often it was started."""
    is_cancelled: bool = False
    version: int = 0
    """Incremented with every change; not stored."""

    @property
    def is_finished(self) -> bool:
        return self.job.state in FINISHED


class JobStore:
    """The records of one library."""

    def __init__(self, folder: Path, *, max_finished: int) -> None:
        """
        Args:
            max_finished: number of finished jobs to keep; older ones are deleted.
        """
        self._folder = folder
        self._max_finished = max_finished

    def load(self) -> list[JobEntry]:
        """All records, the oldest first. Invalid files are deleted."""
        entries: list[JobEntry] = []
        for file in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            try:
                content = json.loads(file.read_text(encoding="utf-8"))
                job = msgspec.convert(content["job"], Job)
                entries.append(JobEntry(job, list(content["paths"]), int(content["attempts"])))
            except (OSError, ValueError, KeyError, TypeError, msgspec.ValidationError):
                file.unlink(missing_ok=True)
        for draft in self._folder.glob(".*.part") if self._folder.is_dir() else ():
            draft.unlink(missing_ok=True)
        return sorted(entries, key=lambda entry: (entry.job.created_at, entry.job.id))

    def save(self, entry: JobEntry) -> None:
        """Write one record atomically."""
        self._folder.mkdir(exist_ok=True)
        content = {"job": msgspec.to_builtins(entry.job), "paths": entry.paths, "attempts": entry.attempts}
        draft = self._folder / f".{entry.job.id}.part"
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, self._folder / f"{entry.job.id}.json")  # noqa: PTH105 - atomic

    def forget_old(self, entries: list[JobEntry]) -> list[JobEntry]:
        """Delete the oldest finished records beyond the limit, and return the others."""
        finished = [entry for entry in entries if entry.is_finished]
        gone = finished[: max(0, len(finished) - self._max_finished)]
        for entry in gone:
            (self._folder / f"{entry.job.id}.json").unlink(missing_ok=True)
        ids = {entry.job.id for entry in gone}
        return [entry for entry in entries if entry.job.id not in ids]
