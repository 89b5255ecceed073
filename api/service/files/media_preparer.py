"""Preparation of derived media files: one task for each file, shared by all requests for it, with bounded waiting.

Runs on the event loop; the work runs in threads of a queue. Leaves out what is prepared.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from api.errors import GoneError
from api.media.errors import PreparingError, UnplayableError
from api.media.opened_file import OpenedFile
from api.media.worker_process import CancelledError
from api.service.files.cache import MediaCache
from api.service.files.settings import MediaSettings
from api.service.runtime import Runtime
from api.service.work_queue import WorkQueue
from indexer.errors import VanishedVideoError, VideoError


@dataclass
class Preparation:
    """A file that is being prepared."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    share: float = 0.0
    """Completed share, 0 to 1."""
    waiting: int = 0
    task: "asyncio.Task[None] | None" = None


REELS = "reel."
"""Name prefix of files made from several videos."""
Maker = Callable[[Path, Preparation], None]
"""Writes a draft at the path. Blocks. Checks `cancelled`, sets `share`. Raises VideoError."""


class MediaPreparer:
    """Caches, queue and running preparations of one runtime."""

    def __init__(self, runtime: Runtime, settings: MediaSettings) -> None:
        self.settings = settings
        self._runtime = runtime
        folder = runtime.cache_folder
        self.playable = MediaCache(folder / "watch", max_bytes=settings.playable_bytes)
        self.clips = MediaCache(folder / "clips", max_bytes=settings.clip_bytes)
        self.pictures = MediaCache(folder / "pictures", max_bytes=settings.picture_bytes)
        self.preparations = WorkQueue(
            "prepare",
            workers=settings.parallel_preparations,
            limit=settings.max_waiting_preparations,
            deadline_seconds=settings.preparation_seconds + 3600,
        )
        """Queue of remuxes and transcodes, which take long and must not delay short work."""
        self._running: dict[tuple[str, str], Preparation] = {}

    async def obtain(
        self, cache: MediaCache, name: str, make: Maker, *, queue: WorkQueue, finish_unattended: bool
    ) -> OpenedFile:
        """The cached file, prepared first if missing. The caller closes it.

        Args:
            finish_unattended: finish the preparation even when no request waits for it any more.

        Raises:
            PreparingError: the preparation is still running; retry later.
            QueueFullError: too much work is waiting already.
            UnplayableError, GoneError: the file cannot be prepared.
        """
        opened = await self._runtime.lookups.run(lambda: cache.open(name))
        if opened is not None:
            return opened
        key = (cache.folder.name, name)
        preparation = self._running.get(key)
        if preparation is None or preparation.cancelled.is_set():
            preparation = self._running[key] = Preparation()
            preparation.task = asyncio.ensure_future(self._make(key, cache, name, make, queue, preparation))
            preparation.task.add_done_callback(_consume_error)
        assert preparation.task is not None
        preparation.waiting += 1
        try:
            async with asyncio.timeout(self.settings.wait_seconds):
                await asyncio.shield(preparation.task)
        except TimeoutError:
            if not preparation.task.done():
                raise PreparingError(
                    f"being prepared, {preparation.share:.0%} is done; retry in a few seconds",
                    retry_after_seconds=self.settings.retry_seconds,
                ) from None
        finally:
            preparation.waiting -= 1
            # Clients that were told to retry do so within this grace period.
            if not finish_unattended and not preparation.waiting and not preparation.task.done():
                asyncio.get_running_loop().call_later(
                    0.0 if _is_cancelled() else 4.0 * self.settings.retry_seconds, _give_up, preparation
                )
        opened = await self._runtime.lookups.run(lambda: cache.open(name))
        if opened is None:
            raise PreparingError("the prepared file was already evicted from the cache", retry_after_seconds=10)
        return opened

    def forget(self, video_id: str) -> None:
        """Remove all files derived from a video. Blocks."""
        for cache in (self.playable, self.clips, self.pictures):
            cache.forget(f"{video_id}.")
        self.clips.forget(REELS)  # any of them may contain the video

    def share_of(self, cache: MediaCache, name: str) -> float | None:
        """Completed share of a running preparation; None when there is none."""
        preparation = self._running.get((cache.folder.name, name))
        return None if preparation is None else preparation.share

    def should_stop(self, preparation: Preparation) -> Callable[[], bool]:
        """A function that tells the working thread whether to stop."""
        return lambda: preparation.cancelled.is_set() or self._runtime.stopping.is_set()

    async def _make(
        self,
        key: tuple[str, str],
        cache: MediaCache,
        name: str,
        make: Maker,
        queue: WorkQueue,
        preparation: Preparation,
    ) -> None:
        def work() -> None:
            if self.should_stop(preparation)():
                raise CancelledError("cancelled: the result is no longer needed")
            draft = cache.draft(name)
            try:
                make(draft, preparation)
                cache.keep(draft, name).close()
            finally:
                cache.drop(draft)

        try:
            await queue.run(work, deadline_seconds=self.settings.preparation_seconds + 3600)
        except VanishedVideoError as error:
            raise GoneError(f"the video's file is gone: {error}") from error
        except VideoError as error:
            raise UnplayableError(f"this video cannot be shown: {error}") from error
        except CancelledError as error:
            raise PreparingError("the preparation was cancelled; retry", retry_after_seconds=1) from error
        finally:
            if self._running.get(key) is preparation:
                del self._running[key]


def _give_up(preparation: Preparation) -> None:
    if not preparation.waiting:
        preparation.cancelled.set()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _consume_error(task: "asyncio.Task[None]") -> None:
    """Retrieve the error of a task that nobody awaits, so that asyncio does not log it."""
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()


_preparers: "WeakKeyDictionary[Runtime, MediaPreparer]" = WeakKeyDictionary()
_settings: "WeakKeyDictionary[Any, MediaSettings]" = WeakKeyDictionary()


def configure_media_preparer(runtime: Runtime, settings: MediaSettings) -> None:
    """Use other settings than the defaults. Call it before the first request."""
    _settings[runtime] = settings


def preparer_of(runtime: Runtime) -> MediaPreparer:
    """The runtime's preparer, created by the first call, which removes drafts of a crash. Call it on the event loop."""
    if runtime not in _preparers:
        _preparers[runtime] = MediaPreparer(runtime, _settings.get(runtime, MediaSettings()))
    return _preparers[runtime]
