"""An overview of a library, for `reelseek status`."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.output.video_json import failure_json
from indexer.catalog import StageName
from indexer.config import Settings
from indexer.records import Video

if TYPE_CHECKING:
    from indexer.pipeline.readiness import Readiness, RerankerReadiness
    from indexer.store.library import Library


@dataclass(frozen=True, slots=True)
class Overview:
    """An overview of a library."""

    library: Path
    models: dict[str, Any]
    """The models that the library was made with, as in `indexer.store.library.Maker`."""
    videos: int
    """Without failed ones."""
    duration_seconds: float
    stages: dict[StageName, int]
    """Stage -> number of videos in which it is ready."""
    counts: dict[str, int]
    """Rows by kind."""
    size_bytes: int
    """Of all files in the library's folder."""
    signals: "list[Readiness]"
    """For each stage, whether its signals are available, and otherwise what is missing."""
    reranker: "RerankerReadiness"
    """Whether search results are reranked."""
    failures: list[Video]
    warnings: int
    """Videos that were indexed with warnings."""

    def to_json(self) -> dict[str, Any]:
        return {
            "library": str(self.library),
            "models": self.models,
            "videos": self.videos,
            "duration_seconds": round(self.duration_seconds, 3),
            "stages": self.stages,
            "counts": self.counts,
            "signals": [one.to_json() for one in self.signals],
            "reranker": self.reranker.to_json(),
            "size_bytes": self.size_bytes,
            "warnings": self.warnings,
            "failed": len(self.failures),
            "failures": [failure_json(video) for video in self.failures],
        }


def library_overview(library: "Library", place: Path, settings: Settings) -> Overview:
    """The overview of an open library.

    Args:
        settings: say which models are used where the library does not.
    """
    from dataclasses import asdict

    from indexer.pipeline.readiness import count_made_stages, readiness, reranker_readiness
    from indexer.provenance import settings_like_provenance

    own = settings_like_provenance(settings, library.maker)
    everything = library.videos()
    good = [video for video in everything if not video.failure_kind]
    return Overview(
        library=place.absolute(),
        models=asdict(library.maker),
        videos=len(good),
        duration_seconds=sum(video.duration_seconds for video in good),
        stages=count_made_stages(good),
        signals=readiness(own, good),
        reranker=reranker_readiness(own),
        counts=dict(library.counts()),
        size_bytes=folder_bytes(place),
        failures=[video for video in everything if video.failure_kind],
        warnings=sum(bool(video.warnings) for video in good),
    )


def folder_bytes(folder: Path) -> int:
    """Total size of the files in a folder; files that disappear meanwhile are not counted."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:
                continue
    return total
