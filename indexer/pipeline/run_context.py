"""What the stages of one indexing run share: the open library, the models, the events, the failures, the totals."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from indexer.catalog import FIRST_STAGE, StageName
from indexer.config import Settings
from indexer.errors import UnexpectedVideoError, UnreadableVideoError, VanishedVideoError, VideoError
from indexer.models.loading import Models
from indexer.models.protocols import SpeechModel
from indexer.models.vision_language import VisionLanguageModel
from indexer.pipeline.commits import Commits
from indexer.pipeline.events import IndexEvent, StageFailed, StageFinished, StageLeftOut, VideoFailed, VideoWarned
from indexer.pipeline.failure_log import FailureLog
from indexer.pipeline.fingerprints import decoding_software, failing_software, id_of_unreadable
from indexer.pipeline.plan import Job
from indexer.pipeline.scan import UnreadableFile
from indexer.records import Segment, StageFailure, Video
from indexer.store.library import Library

Model = TypeVar("Model")

MANY_IN_A_ROW = 5
"""Videos for which a stage fails unexpectedly, with no success between, until the videos are hardly the reason."""


class ListenerError(BaseException):
    """The listener of the events failed; its own error is the cause. No stage takes it for a failure of a video."""


@dataclass
class RunTotals:
    """What a run has done so far."""

    indexed: set[str] = field(default_factory=set[str])
    """Ids of videos of which a stage was made."""
    failed: int = 0
    failed_stages: int = 0
    """Stages that failed, of videos that are in the library."""
    skipped: int = 0
    stage_seconds: dict[str, float] = field(default_factory=dict[str, float])
    failing_stages: dict[StageName, int] = field(default_factory=dict[StageName, int])
    """As `IndexFinished.failing_stages`."""
    _in_a_row: dict[StageName, int] = field(default_factory=dict[StageName, int])

    def count(self, event: IndexEvent) -> None:
        """Counts failures, and those in a row."""
        self.failed += isinstance(event, VideoFailed)
        self.failed_stages += isinstance(event, StageFailed)
        if isinstance(event, StageFinished):
            self._in_a_row[event.stage] = 0
        elif isinstance(event, VideoFailed | StageFailed) and event.kind == UnexpectedVideoError.kind:
            stage = FIRST_STAGE if isinstance(event, VideoFailed) else event.stage
            number = self._in_a_row[stage] = self._in_a_row.get(stage, 0) + 1
            if number >= MANY_IN_A_ROW:
                self.failing_stages[stage] = max(number, self.failing_stages.get(stage, 0))

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
    kept: dict[str, Any] | None = None
    """Models that stay loaded from one run to the next, by what they are for; None: each run loads its own."""

    def keeping(self, what: str, load: Callable[..., Model]) -> Callable[..., Model]:
        """`load`; where models are kept, it loads the model of `what` once."""
        if (kept := self.kept) is None:
            return load

        def load_once(*given: Any) -> Model:
            if what not in kept:
                kept[what] = load(*given)
            return kept[what]

        return load_once


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
        retry_failed: bool = False,
        cores: int = 0,
    ) -> None:
        """
        Args:
            retry_failed: try again what failed before, though neither the file nor the software changed.
            cores: to be kept busy; 0: all of the machine.
        """
        self.library, self.settings, self.cancel, self.loaded = library, settings, cancel, loaded
        self.retry_failed = retry_failed
        self._decoding = decoding_software(settings)
        self.failure_log = FailureLog(library.storage)
        self.commits = Commits(library, self.emit)
        self.totals = RunTotals()
        self.cores = cores or os.cpu_count() or 1
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

    def videos_lacking(self, is_pending: Callable[[Video], bool], jobs: Sequence[Job]) -> list[Video]:
        """Indexed videos for which a stage is to be made (`Stage.is_pending`), sorted by path.

        Those that this run has just indexed, and those that an earlier run left without the stage; but not those whose
        files disappeared during the run.
        """
        earlier = [job.known for job in jobs if job.known is not None and FIRST_STAGE not in job.stages]
        videos = {video.video_id: video for video in earlier} | self.commits.done
        lacking = [
            video
            for video in videos.values()
            if FIRST_STAGE in video.stages and video.video_id not in self._vanished and is_pending(video)
        ]
        return sorted(lacking, key=lambda video: video.path)

    def segments_of(self, video: Video) -> list[Segment]:
        """Segments of a video whose pictures are in the library, in order of time."""
        return [Segment(row.index, row.span) for row in self.library.segments(video.video_id)]

    def emit(self, event: IndexEvent) -> None:
        """Passes an event to the listener, one at a time.

        Raises:
            ListenerError: the listener raised; `index_paths` raises the same.
        """
        with self._event_lock:
            self.totals.count(event)
            try:
                self._on_event(event)
            except Exception as error:
                raise ListenerError from error

    def warn(self, video: Video, warnings: Iterable[str]) -> None:
        """Reports what went less than well with a video."""
        for warning in warnings:
            self.emit(VideoWarned(video.path, warning))

    def leave_out(self, stage: StageName, reason: str) -> None:
        """Reports a stage that cannot be made in this run."""
        self.emit(StageLeftOut(stage, reason))

    def leave_out_failed(self, stage: StageName, error: BaseException) -> None:
        """Reports a stage that failed unexpectedly outside the work for any video, and so for all that lack it yet."""
        self.failure_log.write(f"{stage} as a whole", error)
        self.totals.failed_stages += 1
        reason = f"unexpected {type(error).__name__}: {error}; the traceback is in {self.library.failure_log}"
        self.leave_out(stage, f"{reason}; the next run tries again")

    def remembers(self, failure: StageFailure, fingerprint: str) -> bool:
        """Whether a failure counts in this run: the software that failed is the one that would run now.

        Args:
            fingerprint: of the stage that failed, as it is now.
        """
        return not self.retry_failed and failure.software == self._failing_software(failure.kind, fingerprint)

    def fail(self, job: Job, video_id: str, error: VideoError, *, fingerprint: str) -> None:
        """Reports a video of which the first stage cannot be made, and records the reason unless its file disappeared.

        What an earlier run made of it goes where the file is to blame, and stays after an unexpected failure.

        Args:
            video_id: empty where the file could not even be hashed.
            fingerprint: of the first stage.
        """
        path = str(job.files[0].path)
        if isinstance(error, VanishedVideoError):
            self.emit(VideoFailed(path, error.kind, str(error)))
        elif isinstance(error, UnexpectedVideoError) and job.known is not None and job.known.stages:
            self.fail_stage(FIRST_STAGE, job.known, error, fingerprint=fingerprint)
        else:
            video = bare_row(job, video_id) if video_id else _unreadable_row(job.files[0].path, path)
            if isinstance(error, UnexpectedVideoError) or (job.known is not None and job.known.stages):
                self.library.remove_videos([video.video_id])  # rows of an earlier run, or thumbnails of this one
            self._fail_video(video, path, error, fingerprint=fingerprint)

    def fail_stage(self, stage: StageName, video: Video, error: VideoError, *, fingerprint: str) -> None:
        """Reports and records that a stage of an indexed video cannot be made; its other stages are not affected.

        Args:
            fingerprint: of the stage, for the video.
        """
        failure = self._failure(stage, video.path, error, fingerprint)
        event = StageFailed(video.path, video.video_id, stage, failure.kind, failure.reason)
        self.commits.add(video.with_failure(stage, failure), [], failed=[event])

    def fail_vanished(self, video: Video, error: VideoError) -> None:
        """Reports an indexed video whose file disappeared; later stages ignore it."""
        self._vanished.add(video.video_id)
        self.emit(VideoFailed(video.path, error.kind, str(error)))

    def fail_unreadable(self, file: UnreadableFile) -> None:
        """Reports a file that cannot even be opened, and records it."""
        path, error = _unreadable_error(file)
        self._fail_video(_unreadable_row(file.path, path), path, error, fingerprint="")

    def fail_unreachable(self, file: UnreadableFile) -> None:
        """Reports a folder, or a video of the library, that cannot be read now."""
        path, error = _unreadable_error(file)
        self.emit(VideoFailed(path, error.kind, str(error)))

    def _fail_video(self, video: Video, path: str, error: VideoError, *, fingerprint: str) -> None:
        failure = self._failure(FIRST_STAGE, path, error, fingerprint)
        reasons = {f"failure_{name}": getattr(failure, name) for name in ("kind", "reason", "software")}
        event = VideoFailed(path, failure.kind, failure.reason)
        self.commits.add(replace(video, **reasons), [], failed=[event])

    def _failure(self, stage: StageName, path: str, error: VideoError, fingerprint: str) -> StageFailure:
        if isinstance(error, UnexpectedVideoError):
            self.failure_log.write(f"{stage} of {path}", error)
        return StageFailure(error.kind, str(error), self._failing_software(error.kind, fingerprint))

    def _failing_software(self, kind: str, fingerprint: str) -> str:
        return failing_software(kind, decoding=self._decoding, stage=fingerprint)


def _unreadable_error(file: UnreadableFile) -> tuple[str, UnreadableVideoError]:
    """(path that can be shown and stored, error)."""
    path = os.fsencode(file.path).decode(errors="replace")
    return path, UnreadableVideoError(f"{path}: {file.reason}")


def _unreadable_row(path: Path, shown: str) -> Video:
    """The row of a file whose bytes cannot be read. Its size and time are those of no file, so it is tried again."""
    return Video(id_of_unreadable(path), (shown,), 0, (0,), 0.0, None)


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
