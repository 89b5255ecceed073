"""What the tools stand on: an open library, where blocking work runs, and how a clip is handed over."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from api.export.clips import write_clips
from api.export.failed_moments import check_any_left
from api.export.source_probe import MediaWorker
from api.export.subclip_preparation import prepare_subclips
from api.export.subclips import RequestedMoment
from indexer.config import Settings
from indexer.errors import ExportError
from indexer.library_place import library_place
from indexer.records import TimeSpan, Video
from search.answering.asker import Asker

Result = TypeVar("Result")
Work = Literal["search", "ask", "read", "media"]


class Backend(Protocol):
    """A library for the tools. Properties and methods block, except `run`."""

    @property
    def asker(self) -> Asker: ...

    @property
    def settings(self) -> Settings: ...

    def run(self, kind: Work, work: Callable[[], Result]) -> Awaitable[Result]:
        """Runs blocking work elsewhere."""
        ...

    def export(self, video: Video, span: TimeSpan) -> tuple[str, str]:
        """A clip -> (path of the written file, link); one of them is empty."""
        ...


class LocalBackend:
    """A library that this process opens by itself; clips are written to a folder."""

    def __init__(self, settings: Settings, clips: Path) -> None:
        """
        Args:
            clips: folder of exported clips, created by the first.
        """
        self._settings = settings
        self._clips = clips
        self._asker: Asker | None = None
        self._opening = threading.Lock()

    @property
    def asker(self) -> Asker:
        """Raises LibraryMissingError, LibraryBrokenError."""
        with self._opening:
            if self._asker is None:
                self._asker = Asker.open(library_place(self._settings.library), settings=self._settings)
            return self._asker

    @property
    def settings(self) -> Settings:
        return self._settings

    async def run(self, kind: Work, work: Callable[[], Result]) -> Result:
        return await asyncio.to_thread(work)

    def export(self, video: Video, span: TimeSpan) -> tuple[str, str]:
        """Raises VideoError, ServiceError: the clip cannot be cut; ExportError: the folder cannot be written."""
        worker = MediaWorker(self._settings)
        prepared = prepare_subclips(worker, [RequestedMoment(video, span)], "clips")
        check_any_left(prepared.subclips, prepared.failed)
        try:
            written = write_clips(worker, prepared.subclips, self._clips)
        except OSError as error:
            reason = error.strerror or error
            raise ExportError(
                f"{self._clips} cannot be written: {reason}; choose another folder with --clips"
            ) from error
        check_any_left(written.paths, written.failed)
        return str(written.paths[0].absolute()), ""

    def close(self) -> None:
        if self._asker is not None:
            self._asker.close()
