"""What is in a library, summed up for `reelseek status`."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.catalog import Stage
from indexer.config import Settings
from indexer.decode.metadata import metadata_to_json
from indexer.records import Video, VideoMetadata

if TYPE_CHECKING:
    from indexer.readiness import Readiness, RerankerReadiness
    from indexer.store.library import Library


@dataclass(frozen=True, slots=True)
class Overview:
    """A library at a glance."""

    library: Path
    models: dict[str, Any]
    """What made it, as `indexer.store.library.Maker` names it."""
    videos: int
    """Without the failed ones."""
    duration_seconds: float
    stages: dict[Stage, int]
    """Stage -> number of videos in which it is ready."""
    counts: dict[str, int]
    """Rows by kind."""
    size_bytes: int
    """Of all files in the library's folder."""
    signals: "list[Readiness]"
    """For each stage whether its signals are there, and what is missing otherwise."""
    reranker: "RerankerReadiness"
    """Whether searches read what they found again."""
    failures: list[Video]
    warnings: int
    """Videos that were indexed with something worth knowing."""

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


def failure_json(video: Video) -> dict[str, str]:
    return {
        "video": video.path,
        "video_id": video.video_id,
        "kind": video.failure_kind,
        "reason": video.failure_reason,
    }


def video_json(video: Video) -> dict[str, Any]:
    """One element of `reelseek videos --json`."""
    return {
        "video": video.path,
        "video_id": video.video_id,
        "paths": list(video.paths),
        "duration_seconds": round(video.duration_seconds, 3),
        "size_bytes": video.size_bytes,
        "created": video.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "created_source": video.created_source,
        "tags": list(video.tags),
        "metadata": metadata_json(video.metadata),
        "stages": sorted(video.stages),
        "warnings": list(video.warnings),
        "failure": {"kind": video.failure_kind, "reason": video.failure_reason} if video.failure_kind else None,
    }


def metadata_json(metadata: VideoMetadata) -> dict[str, Any]:
    """What the container says; without what is empty."""
    shown = metadata_to_json(metadata)
    shown.pop("created", None)
    if metadata.chapters:
        shown["chapters"] = [
            {
                "start_seconds": round(one.span.start_seconds, 3),
                "stop_seconds": round(one.span.stop_seconds, 3),
                "title": one.title,
            }
            for one in metadata.chapters
        ]
    return shown


def library_overview(library: "Library", place: Path, settings: Settings) -> Overview:
    """Sums a library up.

    Args:
        settings: say which models would be used, where the library does not.
    """
    from dataclasses import asdict

    from indexer.provenance import settings_like
    from indexer.readiness import readiness, reranker_readiness

    own = settings_like(settings, library.maker)
    everything = library.videos()
    good = [video for video in everything if not video.failure_kind]
    stages: dict[Stage, int] = dict(Counter(stage for video in good for stage in sorted(video.stages)))
    return Overview(
        library=place.absolute(),
        models=asdict(library.maker),
        videos=len(good),
        duration_seconds=sum(video.duration_seconds for video in good),
        stages=stages,
        signals=readiness(own, stages, len(good)),
        reranker=reranker_readiness(own),
        counts=dict(library.counts()),
        size_bytes=folder_bytes(place),
        failures=[video for video in everything if video.failure_kind],
        warnings=sum(bool(video.warnings) for video in good),
    )


def folder_bytes(folder: Path) -> int:
    """Size of all files under a folder; one that goes away meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:
                continue
    return total
