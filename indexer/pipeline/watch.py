"""Watched folders: new and changed files are indexed once they are complete. The one public function is `watch`.

It looks again and again (polling): a system's own notices say nothing of what other machines write to a network
drive, have limits on how many folders they follow, and tell that a file changed, not that it is whole. A look costs
one `stat` a file; where that is slow, looks become rarer, so that looking takes at most a tenth of the time.
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
    LibraryMissingError,
    LibraryModelsError,
    UsageError,
)
from indexer.models.loading import Models, load_models
from indexer.pipeline.events import (
    IndexEvent,
    VideoMissing,
    WatchIdle,
    WatchLooked,
    WatchWaiting,
)
from indexer.pipeline.index import Listener, index_paths
from indexer.pipeline.scan import FoundFile, scan
from indexer.pipeline.settling import FileState, Settling, is_temporary, open_writers
from indexer.provenance import settings_like
from indexer.store.library import Library

IDLE_SECONDS = 300.0
"""Models that were not needed for so long are let go."""
MOST_WRITER_SECONDS = 600.0
"""A file that somebody holds open for writing, but has not changed for so long, is indexed all the same."""
LOOK_SHARE = 0.1
"""The most of the time that goes into looking."""
MOST_TROUBLE_SECONDS = 300.0
"""Between two tries while something is wrong; the first is after the usual pause, each further one after double."""

Work = Callable[[Sequence[str]], None]
"""Indexes complete files; raises LibraryError or OSError when it cannot now."""


@dataclass(slots=True)
class WatchSummary:
    """What a watch has done."""

    indexed: int = 0
    failed: int = 0
    removed: int = 0
    interrupted: bool = False
    """An indexing run was cut short by `cancel`; the next watch goes on with it."""


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
        folders: one that goes away, as a network drive may, is waited for.
        settings: as for `index_paths`; `settle_seconds` and `poll_seconds` say how files are watched.
        on_event: told of the watch and of each indexing run.
        once: index what is complete, and end; what is still changing is left for the next time.
        prune: drop videos whose files are gone, unless all of a folder's are: that is a drive that is not there.
        models: loaded models to use; None loads them when they are needed.

    Raises:
        LibraryModelsError, LibraryBrokenError, ModelError, UsageError: it would never work; other errors of the
            library are told, and tried again.
    """
    indexing = _Indexing(settings, on_event, cancel, models)
    watched = Watched(folders, settings=settings, on_event=on_event, work=indexing.run)
    pause = settings.poll_seconds
    while not cancel.is_set():
        started = time.monotonic()
        try:
            is_quiet = watched.look(time.monotonic())
            if is_quiet:
                watched.tell_gone(time.monotonic(), indexing.prune if prune else indexing.report)
            indexing.rest()
            pause = max(settings.poll_seconds, watched.looked_seconds * (1 / LOOK_SHARE - 1))
        except (LibraryModelsError, LibraryBrokenError):
            raise
        except (LibraryError, OSError) as error:
            if once and not isinstance(error, LibraryLockedError):
                raise
            watched.tell_trouble(str(error))
            pause = min(MOST_TROUBLE_SECONDS, 2 * pause) if isinstance(error, OSError) else settings.poll_seconds
        else:
            if once and (is_quiet or started - watched.began >= 2 * settings.settle_seconds):
                break
        cancel.wait(min(pause, settings.settle_seconds / 2) if once else pause)
    return indexing.summary


class Watched:
    """Folders, looked at one time after another; `work` gets what is complete."""

    def __init__(
        self, folders: Sequence[Path], *, settings: Settings, on_event: Callable[[IndexEvent], None], work: Work
    ) -> None:
        self._folders = [Path(os.path.abspath(folder.expanduser())) for folder in folders]  # noqa: PTH100 - links
        self._library = Path(settings.library).expanduser()
        self._settling = Settling(settings.settle_seconds)
        self._on_event, self._work = on_event, work
        self._files: dict[str, FileState] = {}
        self._told: IndexEvent | None = None
        self._trouble = ""
        self._away: set[Path] = set()
        """Folders that had files and have none."""
        self.looked_seconds = 0.0
        """How long the last look at the disk took."""
        self.began = time.monotonic()

    def look(self, now: float) -> bool:
        """One look, and the work on what is complete; True when nothing is changing or waits."""
        self._files = self._see()
        ready = self._settling.look(self._files, now)
        held = {path for path in open_writers(ready) if self._settling.still(path, now) < MOST_WRITER_SECONDS}
        ready = [path for path in ready if path not in held]
        if ready:
            if not self._trouble:
                self._tell(WatchLooked(len(self._files), len(self._settling.changing) - len(ready), len(ready)))
            self._work(ready)
            self._settling.take(ready)
        self._trouble = ""
        changing = len(self._settling.changing)
        self._tell(WatchLooked(len(self._files), changing, 0) if changing else WatchIdle(len(self._files)))
        return not changing

    def tell_trouble(self, reason: str) -> None:
        """Says why the work could not be done, once, however often it is tried again."""
        if reason != self._trouble:
            self._trouble = reason
            self._tell(WatchWaiting(reason))

    def tell_gone(self, now: float, what: Callable[[Sequence[str]], Iterable[str]]) -> None:
        """Gives the paths that are gone; what it answers is to be indexed again, as it has other paths now."""
        gone = self._settling.gone(now)
        if gone:
            again = list(what(gone))
            self._settling.forget(gone)
            self._settling.give_back(again)

    def _see(self) -> dict[str, FileState]:
        started = time.monotonic()
        found: dict[str, FileState] = {}
        for folder in self._folders:
            inside = self._inside(folder)
            known = {path: state for path, state in self._files.items() if Path(path).is_relative_to(folder)}
            if known and not inside:
                if folder not in self._away:
                    reason = f"{folder} is empty or away; what was in it is kept until it is back"
                    self._on_event(WatchWaiting(reason))
                self._away.add(folder)
                inside = known
            else:
                self._away.discard(folder)
            found |= inside
        self.looked_seconds = time.monotonic() - started
        return found

    def _inside(self, folder: Path) -> dict[str, FileState]:
        if not folder.exists():
            return {}
        return {
            str(file.path): (file.size_bytes, file.modified_ns)
            for file in scan([folder], leave_out=self._library)
            if isinstance(file, FoundFile) and not is_temporary(file.path.name)
        }

    def _tell(self, event: IndexEvent) -> None:
        if event != self._told:
            self._told = event
            self._on_event(event)


class _Indexing:
    """Runs of the pipeline over files that are complete."""

    def __init__(self, settings: Settings, on_event: Listener, cancel: threading.Event, models: Models | None) -> None:
        self._settings, self._on_event, self._cancel = settings, on_event, cancel
        self._place = Path(settings.library).expanduser()
        self._models, self._may_rest = models, models is None
        self._used = time.monotonic()
        self.summary = WatchSummary()

    def run(self, paths: Sequence[str]) -> None:
        """Indexes these. One that changes or goes away meanwhile is looked at again: its state will be another.

        Raises:
            FileNotFoundError: one went away before it was begun with.
        """
        models = self._ready_models()
        try:
            finished = index_paths(
                [Path(path) for path in paths],
                settings=self._settings,
                on_event=self._on_event,
                cancel=self._cancel,
                models=models,
            )
        except UsageError as error:
            if all(Path(path).exists() for path in paths):
                raise
            raise FileNotFoundError(f"a file went away before it was indexed: {error}") from error
        self._used = time.monotonic()
        self.summary.indexed += finished.indexed
        self.summary.failed += finished.failed
        self.summary.interrupted |= finished.interrupted

    def rest(self) -> None:
        """Lets the models go when they have not been needed for long."""
        if self._may_rest and time.monotonic() - self._used > IDLE_SECONDS:
            self._models = None

    def report(self, paths: Sequence[str]) -> list[str]:
        """Says which videos are gone from the disk; answers with the copies that are left of others."""
        lost, left = self._without(paths)
        for _, path in lost:
            self._on_event(VideoMissing(path, dropped=False))
        return left

    def prune(self, paths: Sequence[str]) -> list[str]:
        """As `report`, and drops the lost ones from the library."""
        lost, left = self._without(paths)
        if lost:
            with Library.open(self._place) as library:
                maker = library.maker
            with Library.open_writer(self._place, maker=maker) as library:
                library.remove_videos([video_id for video_id, _ in lost])
        for _, path in lost:
            self._on_event(VideoMissing(path, dropped=True))
        self.summary.removed += len(lost)
        return left

    def _without(self, paths: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
        """(id, path) of the videos of which no file is left, and the files that are left of the others."""
        gone = set(paths)
        with Library.open(self._place) as library:
            touched = [video for video in library.videos() if gone & set(video.paths)]
        alive = {video.video_id: [path for path in video.paths if Path(path).exists()] for video in touched}
        lost = [(video.video_id, video.path) for video in touched if not alive[video.video_id]]
        return lost, [path for left in alive.values() for path in left]

    def _ready_models(self) -> Models:
        if self._models is None:
            try:
                with Library.open(self._place) as library:
                    maker = library.maker
            except LibraryMissingError:
                maker = None
            self._models = load_models(settings_like(self._settings, maker))
        return self._models
