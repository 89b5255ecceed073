"""Job records as files, LIBRARY/jobs/ID.json, each written whole: they survive the service. Blocks; no HTTP."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from api.service.schemas.jobs import Job

FINISHED = frozenset({"done", "failed", "cancelled"})


@dataclass
class JobEntry:
    """A job with what only the service knows of it."""

    job: Job
    paths: list[str]
    """Full paths."""
    attempts: int = 0
    """How often it was begun."""
    is_cancelled: bool = False
    version: int = 0
    """Grows with every change; not kept."""

    @property
    def is_finished(self) -> bool:
        return self.job.state in FINISHED


class JobStore:
    """The records of one library."""

    def __init__(self, folder: Path, *, most: int) -> None:
        """
        Args:
            most: finished jobs that are kept; older ones are forgotten.
        """
        self._folder = folder
        self._most = most

    def load(self) -> list[JobEntry]:
        """All records, the oldest first; a file that is no record is left out and deleted."""
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
        """Writes one record; a crash leaves the old one or the new one."""
        self._folder.mkdir(exist_ok=True)
        content = {"job": msgspec.to_builtins(entry.job), "paths": entry.paths, "attempts": entry.attempts}
        draft = self._folder / f".{entry.job.id}.part"
        with draft.open("w", encoding="utf-8") as stream:
            json.dump(content, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, self._folder / f"{entry.job.id}.json")  # noqa: PTH105 - the atomic one

    def forget_old(self, entries: list[JobEntry]) -> list[JobEntry]:
        """Deletes the oldest finished records beyond the bound; returns those that stay."""
        finished = [entry for entry in entries if entry.is_finished]
        gone = finished[: max(0, len(finished) - self._most)]
        for entry in gone:
            (self._folder / f"{entry.job.id}.json").unlink(missing_ok=True)
        ids = {entry.job.id for entry in gone}
        return [entry for entry in entries if entry.job.id not in ids]
