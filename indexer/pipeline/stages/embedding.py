"""The embedder: fills batches across videos, and runs the picture model on them in its own threads.

On a CPU each core embeds its own batches with one thread: two batches in parallel keep two cores busier than one batch
split between them. On a GPU one thread feeds the device.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.models.protocols import PictureModel
from indexer.pipeline.stages.pending_video import PendingVideo
from indexer.pipeline.stages.unexpected import run_by_video, video_error_of
from indexer.records import Vector


@dataclass(frozen=True, slots=True)
class PreparedFrame:
    """One picture, ready for the model."""

    work: PendingVideo
    index: int
    inputs: NDArray[np.float32]
    """(3, size, size)."""


class PictureEmbeddingThread:
    """Embeds prepared frames, stores each vector in its video, and reports videos that have all of theirs."""

    def __init__(
        self,
        model: PictureModel,
        *,
        threads: int,
        on_complete: Callable[[PendingVideo], None],
        on_error: Callable[[BaseException], None],
        is_starved: Callable[[], bool],
    ) -> None:
        """
        Args:
            model: the picture model.
            threads: batches that are embedded in parallel.
            on_complete: called from a worker thread with a video that is completely read and has its last vector, or
                an error.
            on_error: called from a worker thread with what concerns all videos; nothing is embedded after it.
            is_starved: whether no further frame will come soon, so that a partial batch should not wait.
        """
        self._model = model
        self._on_complete, self._on_error, self._is_starved = on_complete, on_error, is_starved
        self._queue: queue.Queue[PreparedFrame] = queue.Queue(maxsize=2 * threads * model.batch_frames)
        self._collecting = threading.Lock()
        self._stopped = threading.Event()
        self._busy_lock = threading.Lock()
        self.busy_seconds = 0.0
        """Time spent embedding, summed over the threads."""
        self._threads = [threading.Thread(target=self._run, name=f"embed-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def put(self, frame: PreparedFrame) -> bool:
        """Queues a frame; blocks while the queue is full. Returns False when the embedder was stopped."""
        while not self._stopped.is_set():
            try:
                self._queue.put(frame, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def stop(self) -> None:
        """Ends the threads; queued frames are dropped."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                batch = self._collect()
                if batch:
                    self._embed(batch)
        except BaseException as error:  # noqa: BLE001 - passed to the thread that waits
            self._stopped.set()
            self._on_error(error)

    def _collect(self) -> list[PreparedFrame]:
        """A full batch, or a partial one when no frame will come soon. One thread collects at a time."""
        batch: list[PreparedFrame] = []
        with self._collecting:
            while len(batch) < self._model.batch_frames and not self._stopped.is_set():
                try:
                    batch.append(self._queue.get(timeout=0.05))
                except queue.Empty:
                    if self._is_starved() and self._queue.empty():
                        break
        return batch

    def _embed(self, batch: list[PreparedFrame]) -> None:
        for frame, found in zip(batch, run_by_video(self._vectors, batch, video_of=_video_of), strict=True):
            vector: Vector | None = None
            if isinstance(found, BaseException):
                frame.work.error = frame.work.error or video_error_of(frame.work.job.files[0].path, found)
            else:
                vector = found
            if frame.work.put_vector(frame.index, vector):
                self._on_complete(frame.work)

    def _vectors(self, frames: Sequence[PreparedFrame]) -> list[Vector]:
        """n frames -> n vectors of (dim,)."""
        started = time.perf_counter()
        vectors = self._model.embed_prepared(np.stack([frame.inputs for frame in frames]))
        with self._busy_lock:
            self.busy_seconds += time.perf_counter() - started
        return list(vectors)


def _video_of(frame: PreparedFrame) -> int:
    return id(frame.work)
