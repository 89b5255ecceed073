"""State that all requests share: the library, the models, the work queues. Handlers receive it as `runtime`.

Leaves out HTTP. The library is opened at first use, since it may not exist when the service starts.
"""

import logging
import re
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from api.errors import GoneError, NotFoundError, QueueFullError
from api.local.running_service import new_token
from api.service.links import API
from api.service.query_images import QueryImages
from api.service.settings import CACHE_FOLDER, JOB_FOLDER, UPLOAD_FOLDER, ServiceSettings
from api.service.work_queue import WorkQueue
from indexer.config import Settings
from indexer.errors import LibraryMissingError, ReelseekError
from indexer.library_place import library_place, machine_folder, make_machine_folder
from indexer.model_choice import choose_models
from indexer.models.loading import Models, load_models, model_steps
from indexer.provenance import provenance_of
from indexer.records import Video
from indexer.store.library import Library
from search.answering.asker import Asker
from search.conversation.store import ConversationStore
from search.engine import SearchEngine

_log = logging.getLogger("reelseek.service")
_VIDEO_ID = re.compile(r"[0-9a-f]{32}")


ANSWERING = "model for questions"


@dataclass(frozen=True, slots=True)
class LoadingStep:
    """What is being loaded at start."""

    step: str
    done: int
    """Steps before it."""
    steps: int


class Runtime:
    """State that requests share. Methods that block say so; call them inside a queue's `run`."""

    def __init__(self, settings: Settings, service: ServiceSettings) -> None:
        self.settings = settings
        """Settings of the library and the models."""
        self.service = service
        self.place = library_place(settings.library)
        """Of the library."""
        self.machine_folder = machine_folder(self.place)
        """For uploads, jobs, keys and what can be recreated; of a library in a folder, that folder."""
        self.local_token = new_token()
        """Admits commands on this machine; see `api.local.running_service`."""
        self.searches = WorkQueue(
            "search",
            workers=service.search_workers,
            limit=service.search_waiting,
            deadline_seconds=service.search_deadline_seconds,
        )
        self.asks = WorkQueue(
            "ask", workers=1, limit=service.ask_waiting, deadline_seconds=service.ask_deadline_seconds
        )
        """There is one model, so one question at a time."""
        self.lookups = WorkQueue("lookup", workers=4, limit=512, deadline_seconds=service.search_deadline_seconds)
        """Short reads of the library and the disk."""
        self.cuts = WorkQueue(
            "media",
            workers=service.media_workers,
            limit=service.media_waiting,
            deadline_seconds=service.media_deadline_seconds,
        )
        """Decoding and encoding for players: clips, transcodes, sprites, thumbnails."""
        self.stopping = threading.Event()
        """Set when the service stops; streams then end."""
        self.is_warm = False
        """The search models have been loaded, or could not be."""
        self._steps: tuple[str, ...] = ("library", ANSWERING)
        self.loading: LoadingStep | None = LoadingStep("library", 0, len(self._steps))
        """None once all models are loaded, or could not be."""
        self.conversations = ConversationStore()
        self.images = QueryImages()
        self._opening = threading.Lock()
        self._asker: Asker | None = None
        self._models: Models | None = None
        self._uploads = 0

    @property
    def queues(self) -> tuple[WorkQueue, ...]:
        return (self.searches, self.asks, self.lookups, self.cuts)

    @property
    def upload_folder(self) -> Path:
        return self.machine_folder / UPLOAD_FOLDER

    @property
    def job_folder(self) -> Path:
        return self.machine_folder / JOB_FOLDER

    @property
    def cache_folder(self) -> Path:
        """Folder for files that can be recreated. Create it with `parents=False`, so never before the library."""
        return self.machine_folder / CACHE_FOLDER

    @property
    def asker(self) -> Asker:
        """Blocks on the first call. Raises LibraryMissingError, LibraryBrokenError."""
        with self._opening:
            if self._asker is not None and self._asker.engine.library.has_grown():
                self._asker.spares.close()
                self._asker = self._models = None
            if self._asker is None:
                engine = SearchEngine(Library.open(self.place), self.settings, self._load)
                self._asker = Asker(engine, self.settings)
                make_machine_folder(self.place)
            return self._asker

    @property
    def engine(self) -> SearchEngine:
        """As `asker`."""
        return self.asker.engine

    @property
    def library(self) -> Library:
        """Sees each commit of an indexing job immediately. As `asker`."""
        return self.asker.engine.library

    def has_library(self) -> bool:
        """Blocks on the first call. Raises LibraryBrokenError."""
        try:
            _ = self.library
        except LibraryMissingError:
            return False
        return True

    def ensure_library(self) -> None:
        """Blocks. Creates an empty library if there is none, with the models that `choose_models` chooses.

        Raises:
            ModelError: the models cannot be loaded.
            LibraryError: the folder cannot be used.
        """
        if self.has_library():
            return
        choice = choose_models(self.settings, None)
        maker = provenance_of(self._load(choice.settings), choice.settings)
        wanted = choice.wanted.name if choice.wanted else ""
        Library.open_writer(self.place, maker=replace(maker, wanted_profile=wanted)).close()
        make_machine_folder(self.place)

    def warm(self) -> None:
        """Blocks. Loads the search models, so that the first search does not wait; errors are only logged."""
        try:
            self._begin_step("library")
            if self.has_library():
                self.engine.search("warm up", limit=1)
        except ReelseekError as error:
            _log.warning("the models could not be loaded: %s", error)
            self.loading = None
        finally:
            self.is_warm = True

    def warm_asking(self) -> None:
        """Blocks. Loads the model that answers questions; errors are only logged."""
        try:
            if self.has_library() and not self.stopping.is_set():
                self._begin_step(ANSWERING)
                _ = self.asker.model
        except ReelseekError as error:
            _log.warning("the model for questions could not be loaded: %s", error)
        finally:
            self.loading = None

    def video(self, video_id: str) -> Video:
        """Blocks. The video with exactly this id.

        Raises:
            NotFoundError: there is none.
        """
        if _VIDEO_ID.fullmatch(video_id) and self.has_library():
            for video in self.library.videos():
                if video.video_id == video_id:
                    return video
        raise NotFoundError(f"no video in the library has this id; GET {API}/videos lists them")

    def source_of(self, video: Video) -> Path:
        """Blocks. The video's file, if its size and modification time are still those that were indexed.

        Raises:
            GoneError: it is gone, or was changed.
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
        """A slot for one upload. Raises QueueFullError if all are in use."""
        if self._uploads >= self.service.uploads_at_once:
            raise QueueFullError(
                f"{self._uploads} uploads are already in progress; try again later", retry_after_seconds=10
            )
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    def close(self) -> None:
        """Releases everything; does not wait for running work."""
        self.stopping.set()
        for queue in self.queues:
            queue.close()
        if self._asker is not None:
            self._asker.close()

    def _load(self, settings: Settings) -> Models:
        if self._models is None:
            steps = ("library", *model_steps(settings), ANSWERING)
            self._models = load_models(settings, to_search=True, on_step=lambda step: self._begin_step(step, steps))
        return self._models

    def _begin_step(self, step: str, steps: Sequence[str] = ()) -> None:
        """Of loading; without `steps`, they are those of the last call."""
        self._steps = tuple(steps) or self._steps
        if self.loading is not None and step in self._steps:
            self.loading = LoadingStep(step, self._steps.index(step), len(self._steps))
