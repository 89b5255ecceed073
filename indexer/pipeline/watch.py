"""Watched folders: new and changed files are indexed once they are complete. The public function is `watch`.

Folders are polled. File system notifications do not report what other machines write to a network drive, are limited to
a number of folders, and say that a file changed, not that it is complete. A scan costs one `stat` a file; where that is
slow, scans become rarer, so that scanning takes at most a tenth of the time.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.config import Settings
from indexer.errors import (
    LibraryBrokenError,
    LibraryError,
    LibraryLockedError,
    LibraryModelsError,
    UnreadableVideoError,
    UsageError,
)
from indexer.library_place import library_place
from indexer.models.loading import Models, load_models
from indexer.pipeline.events import (
    IndexEvent,
    ModelsAwaited,
    VideoFailed,
    VideoMissing,
    WatchIdle,
    WatchLooked,
    WatchWaiting,
)
from indexer.pipeline.index import Listener, index_paths
from indexer.pipeline.scan import FoundFile, UnreadableFile, is_lost, scan_for_videos
from indexer.pipeline.settling import FileState, SettleTracker, is_temporary_download, paths_open_for_writing
from indexer.store.library import Library

IDLE_SECONDS = 300.0
"""Models that were not used for so long are unloaded."""
MAX_WRITER_SECONDS = 600.0
"""A file that is open for writing, but has not changed for so long, is indexed all the same."""
SCAN_SHARE = 0.1
"""Greatest share of the time that goes into scanning."""
MAX_RETRY_SECONDS = 300.0
"""Longest pause between retries; the first retry comes after the usual pause, each further one after double."""

Index = Callable[[Sequence[str]], None]
"""Indexes complete files; raises LibraryError or OSError when that is not possible now."""


@dataclass(slots=True)
class WatchSummary:
    """The totals of a watch."""

    indexed: int = 0
    failed: int = 0
    failed_stages: int = 0
    """Stages that failed, of videos that are in the library."""
    removed: int = 0
    interrupted: bool = False
    """An indexing run was cut short by `cancel`; the next watch continues it."""


def watch(
    folders: Sequence[Path],
    *,
    settings: Settings,
    on_event: Listener,
    cancel: threading.Event,
    once: bool = False,
    prune: bool = False,
    models: Models | None = None,
) -> WatchSummary:
    """Watches folders, with all that is under them, until `cancel` is set.

    Args:
        folders: one that disappears, as a network drive may, is waited for.
        settings: as for `index_paths`; `settle_seconds` and `poll_seconds` say how files are watched.
        on_event: called with the events of the watch and of each indexing run.
        once: index what is complete, and return; files that are still changing are left for the next watch.
        prune: remove videos whose files are gone, unless all of a folder's are: then the drive is not mounted.
        models: loaded models to use; None loads them when needed.

    Raises:
        LibraryModelsError, LibraryBrokenError, ModelError, UsageError: retrying would not help. Other errors of the
            library are reported, and retried.
    """
    indexer = _Indexer(settings, on_event, cancel, models)
    watcher = FolderWatcher(folders, settings=settings, on_event=on_event, index=indexer.run)
    pause = settings.poll_seconds
    while not cancel.is_set():
        started = time.monotonic()
        try:
            is_quiet = watcher.poll(time.monotonic())
            if is_quiet:
                watcher.report_gone(time.monotonic(), indexer.prune if prune else indexer.report)
            indexer.unload_idle_models()
            pause = max(settings.poll_seconds, watcher.scan_seconds * (1 / SCAN_SHARE - 1))
        except (LibraryModelsError, LibraryBrokenError):
            raise
        except (LibraryError, OSError) as error:
            if once and not isinstance(error, LibraryLockedError):
                raise
            watcher.report_trouble(str(error))
            pause = min(MAX_RETRY_SECONDS, 2 * pause) if isinstance(error, OSError) else settings.poll_seconds
        else:
            if once and (is_quiet or started - watcher.began >= 2 * settings.settle_seconds):
                break
        cancel.wait(min(pause, settings.settle_seconds / 2) if once else pause)
    indexer.summary.failed += len(watcher.unreadable)
    return indexer.summary


class FolderWatcher:
    """Polls folders, and passes complete files to `index`."""

    def __init__(
        self, folders: Sequence[Path], *, settings: Settings, on_event: Callable[[IndexEvent], None], index: Index
    ) -> None:
        self._folders = [Path(os.path.abspath(folder.expanduser())) for folder in folders]  # noqa: PTH100 - links
        place = library_place(settings.library)
        self._library = place if isinstance(place, Path) else None
        self._settling = SettleTracker(settings.settle_seconds)
        self._on_event, self._index = on_event, index
        self._files: dict[str, FileState] = {}
        self._last_event: IndexEvent | None = None
        self._trouble = ""
        self._unavailable: set[Path] = set()
        """Folders that had files and now have none."""
        self.unreadable: dict[Path, str] = {}
        """What could not be read so far, with the reason; each is reported once."""
        self.scan_seconds = 0.0
        """How long the last scan of the disk took."""
        self.began = time.monotonic()

    def poll(self, now: float) -> bool:
        """Scans once, and indexes complete files; returns True when no file is changing or waiting."""
        self._files = self._scan()
        ready = self._settling.update(self._files, now)
        in_use = paths_open_for_writing(ready)
        ready = [
            path
            for path in ready
            if path not in in_use or self._settling.stable_seconds(path, now) >= MAX_WRITER_SECONDS
        ]
        if ready:
            if not self._trouble:
                self._emit_change(WatchLooked(len(self._files), len(self._settling.changing) - len(ready), len(ready)))
            self._index(ready)
            self._settling.take(ready)
        self._trouble = ""
        changing = len(self._settling.changing)
        self._emit_change(WatchLooked(len(self._files), changing, 0) if changing else WatchIdle(len(self._files)))
        return not changing

    def report_trouble(self, reason: str) -> None:
        """Reports why indexing is not possible, once, however often it is retried."""
        if reason != self._trouble:
            self._trouble = reason
            self._emit_change(WatchWaiting(reason))

    def report_gone(self, now: float, handle: Callable[[Sequence[str]], Iterable[str]]) -> None:
        """Passes paths that are gone to `handle`; the paths that it returns are indexed again."""
        gone = self._settling.gone(now)
        if gone:
            again = list(handle(gone))
            self._settling.forget(gone)
            self._settling.release(again)

    def _scan(self) -> dict[str, FileState]:
        started = time.monotonic()
        found: dict[str, FileState] = {}
        for folder in self._folders:
            inside = self._files_in(folder)
            known = {path: state for path, state in self._files.items() if Path(path).is_relative_to(folder)}
            if known and not inside:
                if folder not in self._unavailable:
                    reason = f"{folder} is empty or unavailable; its videos stay in the library until it is back"
                    self._on_event(WatchWaiting(reason))
                self._unavailable.add(folder)
                inside = known
            else:
                self._unavailable.discard(folder)
            found |= inside
        self.scan_seconds = time.monotonic() - started
        return found

    def _files_in(self, folder: Path) -> dict[str, FileState]:
        if not os.path.exists(folder):  # noqa: PTH110 - unlike `Path.exists`, False where it may not be read
            return {}
        files: dict[str, FileState] = {}
        for item in scan_for_videos([folder], exclude=self._library):
            if is_temporary_download(item.path.name):
                continue
            if isinstance(item, FoundFile):
                files[str(item.path)] = (item.size_bytes, item.modified_ns)
            else:
                self._report_unreadable(item)
                files |= {path: state for path, state in self._files.items() if Path(path).is_relative_to(item.path)}
        return files

    def _report_unreadable(self, item: UnreadableFile) -> None:
        if self.unreadable.get(item.path) != item.reason:
            self.unreadable[item.path] = item.reason
            path = os.fsencode(item.path).decode(errors="replace")
            self._on_event(VideoFailed(path, UnreadableVideoError.kind, f"{path}: {item.reason}"))

    def _emit_change(self, event: IndexEvent) -> None:
        if event != self._last_event:
            self._last_event = event
            self._on_event(event)


class _Indexer:
    """Runs the pipeline over complete files."""

    def __init__(self, settings: Settings, on_event: Listener, cancel: threading.Event, models: Models | None) -> None:
        self._settings, self._on_event, self._cancel = settings, on_event, cancel
        self._place = library_place(settings.library)
        self._given = models
        self._loaded: tuple[Settings, Models] | None = None
        self._awaited: ModelsAwaited | None = None
        self._used = time.monotonic()
        self.summary = WatchSummary()

    def run(self, paths: Sequence[str]) -> None:
        """Indexes these files. One that changes or disappears meanwhile will have another state at the next scan.

        Raises:
            FileNotFoundError: one disappeared before the run began.
        """
        try:
            finished = index_paths(
                [Path(path) for path in paths],
                settings=self._settings,
                on_event=self._tell,
                cancel=self._cancel,
                models=self._given,
                load=self._load,
            )
        except UsageError as error:
            if not any(is_lost(Path(path)) for path in paths):
                raise
            raise FileNotFoundError(f"a file disappeared before it was indexed: {error}") from error
        self._used = time.monotonic()
        self.summary.indexed += finished.indexed
        self.summary.failed += finished.failed
        self.summary.failed_stages += finished.failed_stages
        self.summary.interrupted |= finished.interrupted

    def unload_idle_models(self) -> None:
        """Unloads the models when they have not been used for `IDLE_SECONDS`."""
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._loaded = None

    def report(self, paths: Sequence[str]) -> list[str]:
        """Reports videos that are gone from the disk; returns the remaining copies of others."""
        lost, left = self._split_lost(paths)
        for _, path in lost:
            self._on_event(VideoMissing(path, dropped=False))
        return left

    def prune(self, paths: Sequence[str]) -> list[str]:
        """As `report`, and removes the lost videos from the library."""
        lost, left = self._split_lost(paths)
        if lost:
            with Library.open_to_change(self._place) as library:
                library.remove_videos([video_id for video_id, _ in lost])
        for _, path in lost:
            self._on_event(VideoMissing(path, dropped=True))
        self.summary.removed += len(lost)
        return left

    def _split_lost(self, paths: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
        """(id, path) of videos without any file left, and the remaining files of the others."""
        gone = set(paths)
        with Library.open(self._place) as library:
            touched = [video for video in library.videos() if gone & set(video.paths)]
        alive = {video.video_id: [path for path in video.paths if not is_lost(Path(path))] for video in touched}
        lost = [(video.video_id, video.path) for video in touched if not alive[video.video_id]]
        return lost, [path for left in alive.values() for path in left]

    def _tell(self, event: IndexEvent) -> None:
        """Passes an event on; what the runs of one watch wait for is told once."""
        if event != self._awaited:
            self._on_event(event)
        if isinstance(event, ModelsAwaited):
            self._awaited = event

    def _load(self, settings: Settings) -> Models:
        """The models of one run after another are loaded once."""
        if self._loaded is None or self._loaded[0] != settings:
            self._loaded = None  # before others take their memory
            self._loaded = settings, load_models(settings)
        return self._loaded[1]
