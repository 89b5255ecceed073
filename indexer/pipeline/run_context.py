"""What the stages of one indexing run share: the open library, the models, what is ready, and the tally."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from indexer.config import Settings
from indexer.errors import VanishedVideoError, VideoError
from indexer.models.lazy import Captioner, Transcriber
from indexer.models.loading import Models
from indexer.pipeline.commits import Commits
from indexer.pipeline.events import IndexEvent, VideoFailed, VideoWarned
from indexer.pipeline.fingerprints import decoding_software, id_of_unreadable
from indexer.pipeline.pending_stages import Needs
from indexer.pipeline.plan import Job
from indexer.pipeline.scan import LostFile
from indexer.records import Segment, Video
from indexer.store.library import Library


@dataclass
class Tally:
    """What a run has done so far."""

    indexed: set[str] = field(default_factory=set[str])
    """Ids of videos of which a stage was made."""
    failed: int = 0
    skipped: int = 0
    stage_seconds: dict[str, float] = field(default_factory=dict[str, float])

    def count(self, stage: str, started: float) -> float:
        """Adds the time since `started` (`perf_counter`) to a stage; returns it, seconds."""
        seconds = time.perf_counter() - started
        self.stage_seconds[stage] = self.stage_seconds.get(stage, 0.0) + seconds
        return seconds


class RunContext:
    """One run over an open library."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        *,
        on_event: Callable[[IndexEvent], None],
        cancel: threading.Event,
        retry_failed: bool,
        captioner: Captioner,
        transcriber: Transcriber,
    ) -> None:
        self.library, self.settings, self.cancel = library, settings, cancel
        self.software = decoding_software(settings)
        self.needs = Needs(
            library.maker,
            settings,
            self.software,
            captioner=captioner.name,
            transcriber=transcriber.name,
            retry_failed=retry_failed,
        )
        self.captioner, self.transcriber = captioner, transcriber
        self.commits = Commits(library, self.emit)
        self.tally = Tally()
        self.cores = os.cpu_count() or 1
        self._on_event, self._event_lock = on_event, threading.Lock()
        self._models: Models | None = None

    @property
    def models(self) -> Models:
        """The loaded models; set before the first stage runs."""
        assert self._models is not None
        return self._models

    @models.setter
    def models(self, models: Models) -> None:
        self._models = models

    def emit(self, event: IndexEvent) -> None:
        """Tells the listener, one event at a time."""
        with self._event_lock:
            self._on_event(event)

    def warn(self, video: Video, warnings: Iterable[str]) -> None:
        for warning in warnings:
            self.emit(VideoWarned(video.path, warning))

    def fail(self, job: Job, video_id: str, error: VideoError) -> None:
        """Reports a video that cannot be indexed, and keeps the reason unless its bytes went away meanwhile."""
        self.tally.failed += 1
        self.emit(VideoFailed(str(job.files[0].path), error.kind, str(error)))
        if isinstance(error, VanishedVideoError):
            return
        if job.known is not None and job.known.stages:
            self.library.remove_videos([job.known.video_id])
        self._keep_failure(row_of(job, video_id), error.kind, str(error))

    def fail_lost(self, lost: LostFile) -> None:
        """Reports a file that cannot even be looked at."""
        self.tally.failed += 1
        path = os.fsencode(lost.path).decode(errors="replace")
        reason = f"{path}: {lost.reason}"
        self.emit(VideoFailed(path, "unreadable", reason))
        self._keep_failure(Video(id_of_unreadable(lost.path), (path,), 0, (0,), 0.0, None), "unreadable", reason)

    def segments_of(self, video: Video) -> list[Segment]:
        return [Segment(row.index, row.span) for row in self.library.segments(video.video_id)]

    def _keep_failure(self, video: Video, kind: str, reason: str) -> None:
        failed = replace(video, failure_kind=kind, failure_reason=reason, failure_software=self.software)
        self.commits.add(failed, [])


def row_of(job: Job, video_id: str) -> Video:
    """The bare row of a job's video: its paths and the person's tags, nothing made yet."""
    if job.known is not None:
        paths, times, tags = job.known.paths, job.known.modified_ns, job.known.tags
    else:
        files = sorted(job.files)
        paths, times = tuple(str(file.path) for file in files), tuple(file.modified_ns for file in files)
        tags = job.tags
    return Video(video_id, paths, job.files[0].size_bytes, times, 0.0, None, tags=tags)
