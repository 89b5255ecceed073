"""Runtime: what all requests share: the library, the models, the threads. Handlers receive it as `runtime`.

Leaves out HTTP. The library is opened by whoever first needs it, since it may not exist when the service starts.
"""

import logging
import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from api.errors import GoneError, NotFoundError, QueueFullError
from api.service.settings import CACHE_FOLDER, JOB_FOLDER, UPLOAD_FOLDER, ServiceSettings
from api.service.work_queue import WorkQueue
from indexer.config import Settings
from indexer.errors import LibraryMissingError, ReelseekError
from indexer.models.loading import Models, load_models
from indexer.provenance import maker_of
from indexer.records import Video
from indexer.store.library import Library
from search.answering.asker import Asker
from search.engine import SearchEngine

_log = logging.getLogger("reelseek.service")
_VIDEO_ID = re.compile(r"[0-9a-f]{32}")


class Runtime:
    """Everything that requests share. Methods that block say so; call them inside a queue's `run`."""

    def __init__(self, settings: Settings, service: ServiceSettings) -> None:
        self.settings = settings
        """Of library and models."""
        self.service = service
        self.library_path = Path(settings.library).expanduser().absolute()
        self.searches = WorkQueue(
            "search",
            workers=service.search_workers,
            limit=service.search_waiting,
            deadline_seconds=service.search_deadline_seconds,
        )
        self.asks = WorkQueue(
            "ask", workers=1, limit=service.ask_waiting, deadline_seconds=service.ask_deadline_seconds
        )
        """One model, so one at a time."""
        self.lookups = WorkQueue("lookup", workers=4, limit=512, deadline_seconds=service.search_deadline_seconds)
        """Short reads of the library and the disk."""
        self.cuts = WorkQueue(
            "media",
            workers=service.media_workers,
            limit=service.media_waiting,
            deadline_seconds=service.media_deadline_seconds,
        )
        """Decoding and encoding for players: cuts, transcodes, sprites, thumbnails."""
        self.stopping = threading.Event()
        """Set when the service stops: streams end."""
        self.is_warm = False
        """The models of search have been loaded, as far as they can be."""
        self._opening = threading.Lock()
        self._asker: Asker | None = None
        self._models: Models | None = None
        self._uploads = 0

    @property
    def queues(self) -> tuple[WorkQueue, ...]:
        return (self.searches, self.asks, self.lookups, self.cuts)

    @property
    def upload_folder(self) -> Path:
        return self.library_path / UPLOAD_FOLDER

    @property
    def job_folder(self) -> Path:
        return self.library_path / JOB_FOLDER

    @property
    def cache_folder(self) -> Path:
        """For what can be made again: transcodes, sprites. Make it with `parents=False`: never before the library."""
        return self.library_path / CACHE_FOLDER

    @property
    def asker(self) -> Asker:
        """Blocks for the first call. Raises LibraryMissingError, LibraryBrokenError."""
        with self._opening:
            if self._asker is None:
                engine = SearchEngine(Library.open(self.library_path), self.settings, self._load)
                self._asker = Asker(engine, self.settings)
            return self._asker

    @property
    def engine(self) -> SearchEngine:
        """As `asker`."""
        return self.asker.engine

    @property
    def library(self) -> Library:
        """Sees each commit of an indexing job at once. As `asker`."""
        return self.asker.engine.library

    def has_library(self) -> bool:
        """Blocks for the first call. Raises LibraryBrokenError."""
        try:
            _ = self.library
        except LibraryMissingError:
            return False
        return True

    def ensure_library(self) -> None:
        """Blocks. Makes an empty library with the settings' models where there is none.

        Raises:
            ModelError: the models cannot be loaded.
            LibraryError: the folder cannot be used.
        """
        if self.has_library():
            return
        make_library(self.library_path, self.settings, self._load(self.settings))

    def warm(self) -> None:
        """Blocks. Loads the models that a search needs, so that the first one does not wait; fails in silence."""
        try:
            if self.has_library():
                self.engine.search("warm up", limit=1)
        except ReelseekError as error:
            _log.warning("the models are not loaded: %s", error)
        finally:
            self.is_warm = True

    def warm_asking(self) -> None:
        """Blocks. The same for the model that answers questions."""
        try:
            if self.has_library() and not self.stopping.is_set():
                _ = self.asker.model
        except ReelseekError as error:
            _log.warning("the model for questions is not loaded: %s", error)

    def video(self, video_id: str) -> Video:
        """Blocks. The video of exactly this id.

        Raises:
            NotFoundError: the library holds none.
        """
        if _VIDEO_ID.fullmatch(video_id) and self.has_library():
            for video in self.library.videos():
                if video.video_id == video_id:
                    return video
        raise NotFoundError("the library holds no video of this id; GET /api/videos lists them")

    def source_of(self, video: Video) -> Path:
        """Blocks. The video's file, if it is still the one that was indexed, by size and modification time.

        Raises:
            GoneError: it is not there, or is another one now.
        """
        for name, modified_ns in zip(video.paths, video.modified_ns, strict=True):
            try:
                status = Path(name).stat()
            except OSError:
                continue
            if status.st_size == video.size_bytes and status.st_mtime_ns == modified_ns:
                return Path(name)
        raise GoneError("the video's file is gone, or was changed since it was indexed; index it again")

    @contextmanager
    def upload_slot(self) -> Generator[None]:
        """A place for one upload. Raises QueueFullError when all are taken."""
        if self._uploads >= self.service.uploads_at_once:
            raise QueueFullError(
                f"{self._uploads} uploads are under way already; try again soon", retry_after_seconds=10
            )
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    def close(self) -> None:
        """Let go of everything; does not wait for work under way."""
        self.stopping.set()
        for queue in self.queues:
            queue.close()
        if self._asker is not None:
            self._asker.close()

    def _load(self, settings: Settings) -> Models:
        if self._models is None:
            self._models = load_models(settings, to_search=True)
        return self._models


def make_library(path: Path, settings: Settings, models: Models) -> None:
    """Make an empty library; does nothing where there is one."""
    Library.open_writer(path, maker=maker_of(models, settings)).close()
