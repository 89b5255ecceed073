"""Progress and outcome of a job from the JSON lines of its indexing process. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from api.index_progress import IndexProgress, event_name
from api.service.schemas.jobs import Job, JobError
from indexer.catalog import ENTRY_OF_STAGE, StageName
from indexer.pipeline import events

_KINDS: tuple[type[Any], ...] = (
    events.ScanFinished,
    events.StageProgress,
    events.StageFinished,
    events.StageLeftOut,
    events.VideoSkipped,
    events.VideoMoved,
    events.VideoFailed,
    events.StageFailed,
    events.VideoWarned,
    events.VideoMissing,
)
_EVENTS: dict[str, type[Any]] = {event_name(object.__new__(kind)): kind for kind in _KINDS}
LOCKED = "LibraryLockedError"
_DONE, _PARTLY_FAILED, _INTERRUPTED = 0, 3, 130


class JobProgress:
    """Parses the output of one run of `reelseek index --json`."""

    def __init__(self, stages: Sequence[StageName]) -> None:
        self.tally = IndexProgress(stages=stages)
        self.video_ids: dict[str, None] = {}
        self.error: dict[str, str] | None = None
        """Error with which the process stopped."""
        self._videos = 0

    def receive(self, line: bytes) -> bool:
        """Parse a line. Returns False when it changes nothing."""
        try:
            content = json.loads(line)
        except ValueError:
            return False
        if not isinstance(content, dict):
            return False
        if "error" in content:
            self.error = content["error"]
            return True
        kind = _EVENTS.get(str(content.pop("event", "")))
        if kind is None:
            return False
        event = kind(**content)
        self.tally.add(event)
        if isinstance(event, events.ScanFinished):
            self._videos = event.videos
        if isinstance(event, events.StageFinished):
            self.video_ids[event.video_id] = None
        return True

    def show(self, job: Job) -> None:
        """Write the progress into the job record."""
        job.progress = max(job.progress, min(0.999, round(self.tally.share, 3))) if self.tally.todo else job.progress
        job.stage = self.tally.stage or ""
        if self.tally.stage:
            job.message = f"{self.tally.stage_files} of {self.tally.todo} videos"
        job.video_ids = list(self.video_ids)

    @property
    def is_locked(self) -> bool:
        """Whether the process failed because another one writes to the library, so that a retry may help."""
        return bool(self.error) and (self.error or {}).get("type") == LOCKED

    def conclude(self, job: Job, code: int, stderr: str) -> None:
        """Write the outcome into the job record.

        Args:
            code: exit status of the process; negative: the signal that killed it.
            stderr: its last lines on standard error.
        """
        failures = self.tally.failures
        if code in (_DONE, _PARTLY_FAILED):
            bad = len(failures)
            all_bad = bad > 0 and bad >= self._videos
            job.state = "failed" if all_bad else "done"
            job.progress = 1.0
            job.message = f"{bad} of {self._videos} videos could not be indexed" if bad else _done(self)
            if reasons := [*failures, *self.tally.stage_failures]:
                job.error = JobError(type=reasons[0].kind, detail=reasons[0].reason)
        elif code == _INTERRUPTED:
            job.state, job.message = "cancelled", "stopped; finished videos are kept"
        else:
            job.state = "failed"
            error = self.error or {"type": "crashed", "message": _crash(code, stderr)}
            job.error = JobError(type=error.get("type", "error"), detail=error.get("message", ""))
            job.message = "the job failed"
        job.stage = ""


def _done(progress: JobProgress) -> str:
    if progress.tally.skipped and not progress.video_ids:
        return progress.tally.skipped[0].reason
    if failed := progress.tally.stage_failures:
        return f"done, but {', '.join(sorted({ENTRY_OF_STAGE[one.stage].label for one in failed}))} failed"
    return "done"


def _crash(code: int, stderr: str) -> str:
    how = f"by signal {-code}" if code < 0 else f"with status {code}"
    return f"the indexing process ended {how}" + (f"; its last error output: {stderr}" if stderr else "")
