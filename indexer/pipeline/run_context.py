"""What the stages of one indexing run share: the open library, the models, the events, and the run's totals."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from indexer.catalog import FIRST_STAGE, StageName
from indexer.config import Settings
from indexer.errors import UnreadableVideoError, VanishedVideoError, VideoError
from indexer.models.loading import Models
from indexer.models.protocols import SpeechModel
from indexer.models.vision_language import VisionLanguageModel
from indexer.pipeline.commits import Commits
from indexer.pipeline.events import IndexEvent, StageLeftOut, VideoFailed, VideoWarned
from indexer.pipeline.fingerprints import decoding_software, id_of_unreadable
from indexer.pipeline.plan import Job
from indexer.pipeline.scan import UnreadableFile
from indexer.records import Segment, Video
from indexer.store.library import Library


@dataclass
class RunTotals:
    """What a run has done so far."""

    indexed: set[str] = field(default_factory=set[str])
    """Ids of videos of which a stage was made."""
    failed: int = 0
    skipped: int = 0
    stage_seconds: dict[str, float] = field(default_factory=dict[str, float])

    def add_seconds_since(self, started: float, stage: str) -> float:
        """Adds the time since `started` (`perf_counter`) to a stage; returns it, seconds."""
        seconds = time.perf_counter() - started
        self.stage_seconds[stage] = self.stage_seconds.get(stage, 0.0) + seconds
        return seconds


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """Models of single stages that the caller has loaded; None: those of the settings."""

    vision_language: VisionLanguageModel | None = None
    speech: SpeechModel | None = None


class RunContext:
    """One run over an open library."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        *,
        on_event: Callable[[IndexEvent], None],
        cancel: threading.Event,
        loaded: LoadedModels,
    ) -> None:
        self.library, self.settings, self.cancel, self.loaded = library, settings, cancel, loaded
        self.software = decoding_software(settings)
        self.commits = Commits(library, self.emit)
        self.totals = RunTotals()
        self.cores = os.cpu_count() or 1
        self._on_event, self._event_lock = on_event, threading.Lock()
        self._models: Models | None = None
        self._vanished: set[str] = set()

    @property
    def models(self) -> Models:
        """The embedding models; set before the first stage runs."""
        assert self._models is not None
        return self._models

    @models.setter
    def models(self, models: Models) -> None:
        self._models = models

    def videos_lacking(self, is_lacked_by: Callable[[Video], bool], jobs: Sequence[Job]) -> list[Video]:
        """Indexed videos that lack a stage, sorted by path.

        Those that this run has just indexed, and those that an earlier run left without the stage; but not those whose
        files disappeared during the run.
        """
        earlier = [job.known for job in jobs if job.known is not None and FIRST_STAGE not in job.stages]
        videos = {video.video_id: video for video in earlier} | self.commits.done
        lacking = [
            video
            for video in videos.values()
            if FIRST_STAGE in video.stages and video.video_id not in self._vanished and is_lacked_by(video)
        ]
        return sorted(lacking, key=lambda video: video.path)

    def segments_of(self, video: Video) -> list[Segment]:
        """Segments of a video whose pictures are in the library, in order of time."""
        return [Segment(row.index, row.span) for row in self.library.segments(video.video_id)]

    def emit(self, event: IndexEvent) -> None:
        """Passes an event to the listener, one at a time."""
        with self._event_lock:
            self._on_event(event)

    def warn(self, video: Video, warnings: Iterable[str]) -> None:
        """Reports what went less than well with a video."""
        for warning in warnings:
            self.emit(VideoWarned(video.path, warning))

    def leave_out(self, stage: StageName, reason: str) -> None:
        """Reports a stage that cannot be made in this run."""
        self.emit(StageLeftOut(stage, reason))

    def fail(self, job: Job, video_id: str, error: VideoError) -> None:
        """Reports a video that cannot be indexed, and records the reason unless its file disappeared."""
        self._report_failure(str(job.files[0].path), error)
        if isinstance(error, VanishedVideoError):
            return
        if job.known is not None and job.known.stages:
            self.library.remove_videos([job.known.video_id])
        self._record_failure(bare_row(job, video_id), error.kind, str(error))

    def fail_vanished(self, video: Video, error: VideoError) -> None:
        """Reports an indexed video whose file disappeared; later stages ignore it."""
        self._vanished.add(video.video_id)
        self._report_failure(video.path, error)

    def fail_unreadable(self, file: UnreadableFile) -> None:
        """Reports a file that cannot even be opened, and records it."""
        path = os.fsencode(file.path).decode(errors="replace")
        error = UnreadableVideoError(f"{path}: {file.reason}")
        self._report_failure(path, error)
        self._record_failure(Video(id_of_unreadable(file.path), (path,), 0, (0,), 0.0, None), error.kind, str(error))

    def _report_failure(self, path: str, error: VideoError) -> None:
        self.totals.failed += 1
        self.emit(VideoFailed(path, error.kind, str(error)))

    def _record_failure(self, video: Video, kind: str, reason: str) -> None:
        failed = replace(video, failure_kind=kind, failure_reason=reason, failure_software=self.software)
        self.commits.add(failed, [])


def bare_row(job: Job, video_id: str) -> Video:
    """The row of a job's video before any stage: its paths, and the user's tags and corrections."""
    if job.known is not None:
        paths, times, tags = job.known.paths, job.known.modified_ns, job.known.tags
        corrections = job.known.corrections
    else:
        files = sorted(job.files)
        paths, times = tuple(str(file.path) for file in files), tuple(file.modified_ns for file in files)
        tags, corrections = job.tags, ()
    return Video(video_id, paths, job.files[0].size_bytes, times, 0.0, None, tags=tags, corrections=corrections)
