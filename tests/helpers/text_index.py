"""Indexing runs without pictures, speech and on-screen text, for tests of files and folders: seconds at most."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer.config import Settings
from indexer.models.loading import Models
from indexer.models.profiles import profile_of
from indexer.pipeline.events import IndexEvent, IndexFinished, VideoFailed, VideoMissing
from indexer.pipeline.index import index_paths
from indexer.store.library import Library
from tests.helpers.fakes_text import FakeTextModel


@dataclass
class TextIndex:
    """A library that runs write to, and what the last of them told."""

    library_path: Path
    events: list[IndexEvent] = field(default_factory=list[IndexEvent])

    @property
    def settings(self) -> Settings:
        return Settings(library=str(self.library_path), models="text", screen_text=False, speech=False)

    def run(self, *paths: Path, **options: Any) -> IndexFinished:
        self.events = []
        models = Models(profile_of(self.settings), None, FakeTextModel())
        return index_paths(paths, settings=self.settings, models=models, on_event=self.events.append, **options)

    @property
    def failed(self) -> dict[str, str]:
        """Name of a file or folder that failed in the last run -> reason."""
        return {Path(event.path).name: event.reason for event in self.events if isinstance(event, VideoFailed)}

    @property
    def missing(self) -> list[str]:
        """Names of the videos that the last run missed."""
        return [Path(event.path).name for event in self.events if isinstance(event, VideoMissing)]

    def open(self) -> Library:
        return Library.open(self.library_path)

    def names(self, *, failed: bool = False) -> list[str]:
        """Names of the videos in the library that are, or are not, recorded as failed."""
        with self.open() as library:
            return [Path(video.path).name for video in library.videos() if bool(video.failure_kind) == failed]
