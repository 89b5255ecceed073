"""One maker for each file that is wanted, however many ask: waits within a bound, goes on or stops when they leave.

Everything here runs on the event loop; the work itself runs in a queue's thread. Leaves out what is made.
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
    """A file under way."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    share: float = 0.0
    """Done, 0 to 1."""
    waiting: int = 0
    task: "asyncio.Task[None] | None" = None


REELS = "reel."
"""How the name of a file of several videos begins."""
Maker = Callable[[Path, Preparation], None]
"""Writes a draft at the path; blocks. Looks at `cancelled`, sets `share`. Raises VideoError."""


class MediaPreparer:
    """What the media routes of one runtime share."""

    def __init__(self, runtime: Runtime, settings: MediaSettings) -> None:
        self.settings = settings
        self._runtime = runtime
        folder = runtime.cache_folder
        self.watch = MediaCache(folder / "watch", max_bytes=settings.watch_bytes)
        self.clips = MediaCache(folder / "clips", max_bytes=settings.clip_bytes)
        self.pictures = MediaCache(folder / "pictures", max_bytes=settings.picture_bytes)
        self.preparations = WorkQueue(
            "prepare",
            workers=settings.makers,
            limit=settings.making_waiting,
            deadline_seconds=settings.making_seconds + 3600,
        )
        """Remuxes and transcodes: long ones, which must not keep short work waiting."""
        self._under_way: dict[tuple[str, str], Preparation] = {}

    async def obtain(self, cache: MediaCache, name: str, make: Maker, *, queue: WorkQueue, goes_on: bool) -> OpenedFile:
        """The kept file, made now where there is none; the caller closes it.

        Args:
            goes_on: it is made to the end even when nobody waits any more.

        Raises:
            PreparingError: it is still being made; ask again.
            QueueFullError: too much waits already.
            UnplayableError, GoneError: it cannot be made.
        """
        opened = await self._runtime.lookups.run(lambda: cache.open(name))
        if opened is not None:
            return opened
        key = (cache.folder.name, name)
        preparation = self._under_way.get(key)
        if preparation is None or preparation.cancelled.is_set():
            preparation = self._under_way[key] = Preparation()
            preparation.task = asyncio.ensure_future(self._make(key, cache, name, make, queue, preparation))
            preparation.task.add_done_callback(_look_at_error)
        assert preparation.task is not None
        preparation.waiting += 1
        try:
            async with asyncio.timeout(self.settings.wait_seconds):
                await asyncio.shield(preparation.task)
        except TimeoutError:
            if not preparation.task.done():
                raise PreparingError(
                    f"this is being prepared, {preparation.share:.0%} is done; ask again in a few seconds",
                    retry_after_seconds=self.settings.retry_seconds,
                ) from None
        finally:
            preparation.waiting -= 1
            # A moment's grace: whoever was told to come back does so within it.
            if not goes_on and not preparation.waiting and not preparation.task.done():
                asyncio.get_running_loop().call_later(
                    0.0 if _is_cancelled() else 4.0 * self.settings.retry_seconds, _give_up, preparation
                )
        opened = await self._runtime.lookups.run(lambda: cache.open(name))
        if opened is None:
            raise PreparingError("this was made and removed again for want of room", retry_after_seconds=10)
        return opened

    def forget(self, video_id: str) -> None:
        """Remove everything that was made of a video. Blocks."""
        for cache in (self.watch, self.clips, self.pictures):
            cache.forget(f"{video_id}.")
        self.clips.forget(REELS)  # it may be in any of them

    def share_of(self, cache: MediaCache, name: str) -> float | None:
        """How much of a file under way is done; None where it is not."""
        preparation = self._under_way.get((cache.folder.name, name))
        return None if preparation is None else preparation.share

    def should_stop(self, preparation: Preparation) -> Callable[[], bool]:
        """Whether work for it is to end now; asked from its thread."""
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
                raise CancelledError("nobody waits for it any more")
            draft = cache.draft(name)
            try:
                make(draft, preparation)
                cache.keep(draft, name).close()
            finally:
                cache.drop(draft)

        try:
            await queue.run(work, deadline_seconds=self.settings.making_seconds + 3600)
        except VanishedVideoError as error:
            raise GoneError(f"the video's file is gone: {error}") from error
        except VideoError as error:
            raise UnplayableError(f"this video cannot be shown: {error}") from error
        except CancelledError as error:
            raise PreparingError("making it was stopped; ask again", retry_after_seconds=1) from error
        finally:
            if self._under_way.get(key) is preparation:
                del self._under_way[key]


def _give_up(preparation: Preparation) -> None:
    if not preparation.waiting:
        preparation.cancelled.set()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _look_at_error(task: "asyncio.Task[None]") -> None:
    """Nobody may be waiting any more: then the error is nobody's."""
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()


_desks: "WeakKeyDictionary[Runtime, MediaPreparer]" = WeakKeyDictionary()
_settings: "WeakKeyDictionary[Any, MediaSettings]" = WeakKeyDictionary()


def configure(runtime: Runtime, settings: MediaSettings) -> None:
    """Other bounds than the defaults; before the first request."""
    _settings[runtime] = settings


def preparer_of(runtime: Runtime) -> MediaPreparer:
    """The runtime's desk, made by the first call: it removes what a crash left. Call it on the event loop."""
    if runtime not in _desks:
        _desks[runtime] = MediaPreparer(runtime, _settings.get(runtime, MediaSettings()))
    return _desks[runtime]
