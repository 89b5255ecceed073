"""An overview of a library, for `reelseek status`."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from api.cli.output.video_json import failures_json
from indexer.catalog import StageName
from indexer.config import Settings
from indexer.isolation.confine import Protection, available_protection
from indexer.library_place import LibraryPlace
from indexer.records import Video
from indexer.store.folder import FAILURE_LOG

if TYPE_CHECKING:
    from indexer.pipeline.events import ModelsAwaited
    from indexer.pipeline.readiness import Readiness, RerankerReadiness, Sending
    from indexer.store.library import Library


@dataclass(frozen=True, slots=True)
class Overview:
    """An overview of a library."""

    library: LibraryPlace
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
    sends: "Sending | None"
    """What questions and captions send to another machine; None for nothing."""
    awaited: "ModelsAwaited | None"
    """What is added once the models of the profile that the library is to have are here; None where it has them."""
    failed: list[Video]
    """Videos that could not be indexed."""
    incomplete: list[Video]
    """Videos of which a stage failed."""
    failure_log: str | None
    """File with the tracebacks of unexpected failures; None where nothing failed so."""
    protection: Protection
    """What decoders cannot reach on this system."""
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
            "sends": self.sends.to_json() if self.sends else None,
            "awaited": asdict(self.awaited) if self.awaited else None,
            "size_bytes": self.size_bytes,
            "protection": asdict(self.protection),
            "warnings": self.warnings,
            "failed": len(self.failed),
            "failed_stages": sum(len(video.stage_failures) for video in self.incomplete),
            "failures": [one for video in (*self.failed, *self.incomplete) for one in failures_json(video)],
            "failure_log": self.failure_log,
        }


def library_overview(library: "Library", settings: Settings) -> Overview:
    """The overview of an open library.

    Args:
        settings: say which models are used where the library does not.
    """
    from indexer.models.profiles import profile_named, profile_of
    from indexer.pipeline.models_to_come import models_awaited
    from indexer.pipeline.readiness import count_made_stages, readiness, reranker_readiness, sending
    from indexer.provenance import settings_like_provenance

    own = settings_like_provenance(settings, library.maker)
    wanted = library.maker.wanted_profile
    everything = library.videos()
    good = [video for video in everything if not video.failure_kind]
    return Overview(
        library=library.path,
        models=asdict(library.maker),
        videos=len(good),
        duration_seconds=sum(video.duration_seconds for video in good),
        stages=count_made_stages(good),
        signals=readiness(own, good),
        reranker=reranker_readiness(own),
        sends=sending(own),
        awaited=models_awaited(profile_named(wanted), profile_of(own)) if wanted else None,
        counts=dict(library.counts()),
        size_bytes=library.storage.size_bytes(),
        failed=[video for video in everything if video.failure_kind],
        incomplete=[video for video in good if video.stage_failures],
        failure_log=library.failure_log if library.storage.exists(FAILURE_LOG) else None,
        protection=available_protection(),
        warnings=sum(bool(video.warnings) for video in good),
    )
