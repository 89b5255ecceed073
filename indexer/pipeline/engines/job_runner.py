"""A worker's side of a job: runs the stages on one video, in a small library of its own in a temporary folder.

The stages are those of every run and do not know that they run elsewhere. What they wrote is read back and goes to the
driver, which writes it into the run's library.
"""

import os
import queue
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import numpy as np

from indexer.errors import EngineError, LibraryError, ReelseekError
from indexer.models.loading import load_models
from indexer.pipeline.engines.job_folder import job_library, remove_left_libraries
from indexer.pipeline.engines.local import LocalEngine
from indexer.pipeline.engines.messages import Answer, FileNotSeen, JobOrder, JobResult, RunStopped, WorkerSetup
from indexer.pipeline.engines.seen_files import reason_not_seen
from indexer.pipeline.events import IndexEvent, StageFailed, StageLeftOut, StageProgress
from indexer.pipeline.fingerprints import running_software
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import LoadedModels, RunContext
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.loading import create_stages
from indexer.provenance import provenance_of
from indexer.records import FrameRow, TextRow, Video
from indexer.store.library import Library

Row = TypeVar("Row", FrameRow, TextRow)


class JobRunner:
    """Holds the models, and makes one video after the other."""

    def __init__(self, setup: WorkerSetup) -> None:
        """Loads the models.

        Raises:
            EngineError: this machine has other software or other models than the driver.
            ModelError: the models cannot be loaded.
        """
        with suppress(OSError):
            os.chdir(setup.folder)
        remove_left_libraries()
        self._setup = setup
        self._cancel = threading.Event()
        self._kept = LoadedModels(kept={})
        here = socket.gethostname()
        if setup.software != running_software():
            raise EngineError(
                f"the worker on {here} runs {running_software()}, but this run {setup.software}: install the same"
                " Reelseek and the same packages on every machine"
            )
        self._models = load_models(setup.settings)
        found, wanted = provenance_of(self._models, setup.settings), setup.maker
        if (found.picture_model, found.text_model) != (wanted.picture_model, wanted.text_model):
            raise EngineError(
                f"the worker on {here} has the models {found.picture_model or 'none'} and {found.text_model or 'none'},"
                f" but the library {wanted.picture_model or 'none'} and {wanted.text_model or 'none'}: give every"
                " machine the same weights"
            )

    def stop(self) -> None:
        """Ends the job soon; what is finished of it is still answered. Call it from another thread."""
        self._cancel.set()

    def carry_out(self, order: JobOrder) -> Iterator[Answer]:
        """Answers to an order: progress, and at the end what became of the video.

        Raises:
            Exception: what is a matter of this worker, as a full disk; the video may be given to another one.
        """
        if reason := reason_not_seen(order.job.files[0]):
            yield FileNotSeen(reason)
            return
        answers: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put(self._make(order, answers))
            except LibraryError as error:  # of the temporary library: this machine's disk
                answers.put(error)
            except ReelseekError as error:
                answers.put(RunStopped(error))
            except BaseException as error:  # noqa: BLE001 - passed to the thread that waits
                answers.put(error)

        thread = threading.Thread(target=work, name="job", daemon=True)
        thread.start()
        while isinstance(answer := answers.get(), StageProgress):
            yield answer
        thread.join()
        if isinstance(answer, BaseException):
            raise answer
        yield answer

    def _make(self, order: JobOrder, answers: "queue.SimpleQueue[Answer | BaseException]") -> JobResult:
        events: list[IndexEvent] = []

        def on_event(event: IndexEvent) -> None:
            answers.put(event) if isinstance(event, StageProgress) else events.append(event)

        setup = self._setup
        with (
            job_library() as place,
            Library.open_writer(place, maker=setup.maker) as library,
        ):
            _put_known(library, order)
            run = RunContext(
                library,
                setup.settings,
                on_event=on_event,
                cancel=self._cancel,
                loaded=self._kept,
                retry_failed=setup.retry_failed,
                cores=setup.cores,
            )
            stages = create_stages(run)
            job = _prepare(run, stages, order.job)
            if job.stages:
                LocalEngine().make_stages(run, stages, [job], load=lambda: self._models)
            run.commits.flush()
            return _read_result(run, events)


def _put_known(library: Library, order: JobOrder) -> None:
    """Writes what the run's library has of the video, for stages that build on it."""
    known = order.job.known
    if order.pictures is None or known is None:
        return
    segments, frames = order.pictures
    library.write_pictures([(known.video_id, segments, _with_vectors(frames, library.maker.picture_dim))])
    texts = [(source, _with_vectors(rows, library.maker.text_dim)) for source, rows in order.texts]
    library.write_texts([(known.video_id, source, rows) for source, rows in texts])
    library.put_videos([known])


def _with_vectors(rows: Sequence[Row], dim: int) -> list[Row]:
    """Rows of a library that got its model later lack vectors, which no stage reads; here they get one of zeros."""
    if not dim:
        return list(rows)
    return [row if row.vector is not None else replace(row, vector=np.zeros(dim, np.float16)) for row in rows]


def _prepare(run: RunContext, stages: Sequence[Stage], job: Job) -> Job:
    """The job without the stages that cannot be made on this machine."""
    for stage in stages:
        if reason := stage.prepare([job]):
            run.leave_out(stage.name, reason)
            job = replace(job, stages=tuple(name for name in job.stages if name != stage.name))
    return job


def _read_result(run: RunContext, events: Sequence[IndexEvent]) -> JobResult:
    library, totals, commits = run.library, run.totals, run.commits
    video = next(iter(commits.done.values()), None)
    shown = video if video is not None and video.video_id in commits.done_pictures else None
    segments = library.segments(shown.video_id) if shown else []
    return JobResult(
        video,
        tuple(_without_folder(event, str(library.path)) for event in events),
        (segments, library.frames(shown.video_id)) if shown else None,
        [(source, library.texts(video_id, source)) for video_id, source in sorted(commits.done_texts)],
        [library.thumbnail_path(shown.video_id, row.index).read_bytes() for row in segments] if shown else (),
        _cover(library, shown) if shown else None,
        {**totals.stage_seconds, "write": commits.write_seconds},
        totals.failed_stages - sum(isinstance(event, StageFailed) for event in events),
        run.failure_log.read(),
    )


def _cover(library: Library, video: Video) -> bytes | None:
    path = library.cover_path(video.video_id)
    return path.read_bytes() if path.exists() else None


def _without_folder(event: IndexEvent, folder: str) -> IndexEvent:
    """The event without the temporary folder, where it names a traceback that is moved to the run's library."""
    if isinstance(event, StageLeftOut):
        return replace(event, reason=event.reason.replace(f"{folder}{os.sep}", ""))
    return event
