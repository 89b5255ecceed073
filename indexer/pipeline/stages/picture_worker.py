"""The worker of the picture stage: decodes, cuts and embeds many videos at once. Writes nothing.

Reader threads decode (each from a child process), and the embedder fills its batches from all of them. Every queue is
bounded, so memory does not grow with the length of a video or the number of videos.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.config import Settings
from indexer.decode.audio import open_audio
from indexer.decode.frame_transforms import FRAME_MAX_SIDE
from indexer.decode.video import open_video
from indexer.errors import NoPictureError, VanishedVideoError, VideoError
from indexer.models.protocols import PictureModel
from indexer.pipeline.events import IndexEvent, StageProgress
from indexer.pipeline.fingerprints import content_id
from indexer.pipeline.plan import Job
from indexer.pipeline.stages.embedding import PictureEmbeddingThread, PreparedFrame
from indexer.pipeline.stages.pending_video import PendingVideo
from indexer.pipeline.stages.threaded import ThreadedWorker
from indexer.pipeline.stages.unexpected import unexpected_as_video_error
from indexer.sound.levels import SoundLevels
from indexer.store.writing.spool import Spool

FINISHED_AHEAD = 16
"""Videos that may be completely read but not written yet."""
PROGRESS_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class FailedWork:
    """A video that could not be read."""

    job: Job
    video_id: str
    error: VideoError


class PictureWorker(ThreadedWorker[PendingVideo | FailedWork]):
    """Reads and embeds the videos of jobs; iterate `results` once."""

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        settings: Settings,
        model: PictureModel | None,
        open_spool: Callable[[str], Spool],
        emit: Callable[[IndexEvent], None],
        cancel: threading.Event,
        readers: int,
        embed_threads: int,
    ) -> None:
        """
        Args:
            jobs: in the order in which they are read.
            model: embeds pictures; None: frames have no vectors.
            open_spool: name -> a temporary file for thumbnails.
            emit: called with progress, from any thread.
            cancel: set to stop after the current frame.
            readers: videos that are decoded in parallel.
            embed_threads: batches that are embedded in parallel.
        """
        super().__init__(count=len(jobs), ahead=readers + FINISHED_AHEAD, cancel=cancel)
        self._settings, self._model, self._open_spool, self._emit = settings, model, open_spool, emit
        self._jobs = iter(jobs)
        self._jobs_lock = threading.Lock()
        self._reading = 0
        self.decode_seconds = 0.0
        """Time spent waiting for decoded frames, summed over the readers."""
        self._embedder = self._make_embedder(embed_threads) if model else None
        names = range(min(readers, max(1, len(jobs))))
        self._threads = [threading.Thread(target=self._read_jobs, name=f"read-{n}", daemon=True) for n in names]

    @property
    def embed_seconds(self) -> float:
        """Summed over the embedding threads."""
        return self._embedder.busy_seconds if self._embedder else 0.0

    def _stop(self) -> None:
        with self._jobs_lock:
            self._jobs = iter(())
        if self._embedder:
            self._embedder.stop()

    def _discard(self, result: PendingVideo | FailedWork) -> None:
        if isinstance(result, PendingVideo):
            result.spool.close()

    def _make_embedder(self, threads: int) -> PictureEmbeddingThread:
        assert self._model is not None
        return PictureEmbeddingThread(
            self._model,
            threads=threads,
            on_complete=self._results.put,
            on_error=self._results.put,
            is_starved=lambda: self._reading == 0,
        )

    def _read_jobs(self) -> None:
        try:
            while not self._cancel.is_set():
                if not self._slots.acquire(timeout=0.1):
                    continue
                with self._jobs_lock:
                    job = next(self._jobs, None)
                    self._reading += job is not None
                if job is None:
                    return
                try:
                    self._read_job(job)
                finally:
                    with self._jobs_lock:
                        self._reading -= 1
        except BaseException as error:  # noqa: BLE001 - passed to the thread that iterates
            self._results.put(error)

    def _read_job(self, job: Job) -> None:
        file = job.files[0]
        video_id = job.video_id
        try:
            with unexpected_as_video_error(file.path):
                video_id = video_id or content_id(file.path)
                work = PendingVideo(job, video_id, self._open_spool(f"{video_id}.jpgs"))
        except VideoError as error:
            self._results.put(FailedWork(job, video_id, error))
            return
        try:
            with unexpected_as_video_error(file.path):
                is_complete = self._read(work, file.path)
                status = file.path.stat()
            if (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.modified_ns):
                raise VanishedVideoError(f"{file.path} changed while it was read; index again when it is finished")
        except VideoError as error:
            work.spool.close()
            self._results.put(FailedWork(job, video_id, error))
        else:
            if not is_complete:
                work.spool.close()
            elif work.finish_reading():
                self._results.put(work)

    def _read(self, work: PendingVideo, path: Path) -> bool:
        """Reads the video, or the sound of a file without moving pictures; returns False when the run was stopped."""
        try:
            return self._read_frames(work, path)
        except NoPictureError:
            return self._read_sound(work, path)

    def _read_sound(self, work: PendingVideo, path: Path) -> bool:
        """Adds the levels of the sound piece by piece.

        Raises:
            NoPictureError: there is no sound either.
        """
        started, last_progress = time.perf_counter(), -math.inf
        work.sound = SoundLevels()
        with open_audio(path, settings=self._settings) as reader:
            for piece in reader.pieces():
                work.sound.add(piece)
                if self._cancel.is_set():
                    return False
                if reader.probe is not None and time.perf_counter() - last_progress > PROGRESS_SECONDS:
                    last_progress = time.perf_counter()
                    duration = reader.probe.duration_seconds
                    self._emit(StageProgress(str(path), "picture", piece.start_seconds, duration))
            work.probe, work.metadata, work.cover = reader.probe, reader.metadata, reader.cover
            work.duration_seconds = reader.duration_seconds
            work.warnings, work.text_tracks = reader.warnings, reader.text_tracks
        work.wall_seconds = time.perf_counter() - started
        self.decode_seconds += work.wall_seconds
        return True

    def _read_frames(self, work: PendingVideo, path: Path) -> bool:
        """Adds the video's frames one by one; returns False when the run was stopped meanwhile."""
        started = time.perf_counter()
        last_progress = -math.inf  # the first frame is told at once: whoever waits sees that it has begun
        side = min(FRAME_MAX_SIDE, self._settings.picture_max_side)
        rate = self._settings.frames_per_second
        with open_video(path, settings=self._settings, frames_per_second=rate, max_side=side, want_text=True) as reader:
            work.probe, work.metadata = reader.probe, reader.metadata
            frames = reader.frames()
            while True:
                waiting_since = time.perf_counter()
                frame = next(frames, None)
                self.decode_seconds += time.perf_counter() - waiting_since
                if work.error is not None:
                    raise work.error
                if frame is None:
                    break
                index = work.add(frame, to_embed=self._embedder is not None)
                if self._embedder is not None and self._model is not None:
                    prepared = PreparedFrame(work, index, self._model.prepare(frame.pixels))
                    if not self._embedder.put(prepared):
                        return False
                if self._cancel.is_set():
                    return False
                if time.perf_counter() - last_progress > PROGRESS_SECONDS:
                    last_progress = time.perf_counter()
                    duration = reader.probe.duration_seconds
                    self._emit(StageProgress(str(path), "picture", frame.time_seconds, duration))
            work.duration_seconds = reader.duration_seconds
            work.warnings, work.text_tracks = reader.warnings, reader.text_tracks
        work.wall_seconds = time.perf_counter() - started
        return True
