"""Readiness: which signals a library has, what the others lack, and how to add it. Loads and fetches nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from indexer.catalog import STAGE_ENTRIES, STAGES, StageName
from indexer.config import Settings
from indexer.models.availability import missing_model
from indexer.models.profiles import profile_of
from indexer.models.remote.address import WHAT_IS_SENT, has_consent
from indexer.models.vision_language_loading import server_of
from indexer.models.weights.text_models import RERANKER, is_text_model_here
from indexer.pipeline.stages.loading import stage_class
from indexer.records import Video

State = Literal["ready", "partial", "missing", "off"]
_AGAIN = "run the same `reelseek index` command again"
_RETRY = "run the same `reelseek index` command again with --retry-failed; `reelseek status` lists what failed"


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state of the signals of one stage."""

    stage: StageName
    state: State
    """`ready`: in every video; `partial`: not in every video yet; `missing`: something it needs is not on this machine;
    `off`: the settings leave it out."""
    videos: int
    """Number of videos in which it is ready."""
    why: str
    """Empty when it is ready."""
    how: str
    """What the user can do; empty when it is ready."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def readiness(settings: Settings, videos: Sequence[Video]) -> list[Readiness]:
    """The readiness of each stage, in the catalog's order. A video that a stage does not apply to does not lack it.

    Args:
        settings: with the library's own models where they name none (`indexer.provenance.settings_like_provenance`).
        videos: of the library, without failed ones.
    """
    profile = profile_of(settings)
    made = count_made_stages(videos)
    failed = Counter(stage for video in videos for stage in video.stage_failures if stage not in video.stages)
    found: list[Readiness] = []
    for entry in STAGE_ENTRIES:
        stage, kind = entry.name, stage_class(entry)
        unmade = [video for video in videos if not kind.is_made(video, profile)]
        lacking = len(unmade)
        count = made.get(stage, 0) - sum(stage in video.stages for video in unmade)
        lack = kind.unavailable(profile, settings)
        if lack is not None:
            found.append(Readiness(stage, lack.state, count, lack.why, lack.how))
        elif lacking:
            lost = failed[stage]
            why = f"missing in {lacking} videos" + (f"; failed in {lost} of them" if lost else "")
            found.append(Readiness(stage, "partial", count, why, _RETRY if lost else _AGAIN))
        else:
            found.append(Readiness(stage, "ready", count, "", ""))
    return found


def count_made_stages(videos: Iterable[Video]) -> dict[StageName, int]:
    """Stage -> number of videos in which it is made, in the catalog's order."""
    made = Counter(stage for video in videos for stage in video.made_stages)
    return {stage: made[stage] for stage in STAGES if made[stage]}


@dataclass(frozen=True, slots=True)
class Sending:
    """What questions and captions send to another machine."""

    host: str
    model: str
    what: str
    has_consent: bool
    """Whether the settings allow it; otherwise nothing is sent, and questions are refused."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def sending(settings: Settings) -> Sending | None:
    """What these settings send to another machine; None where the vision-language model is on this one.

    Args:
        settings: with the library's own models where they name none.
    """
    server = server_of(settings)
    if server is None or server.is_loopback:
        return None
    return Sending(server.host, server.model, WHAT_IS_SENT, has_consent(server, settings.send_frames_to))


@dataclass(frozen=True, slots=True)
class RerankerReadiness:
    """The state of the reranker, which searches use and no stage."""

    model: str
    """Its name; empty: none."""
    state: State
    why: str
    how: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def reranker_readiness(settings: Settings) -> RerankerReadiness:
    """Whether a search with these settings reranks. Loads nothing.

    Args:
        settings: with the library's own models where they name none.
    """
    model = profile_of(settings).reranker_model
    if not settings.rerank:
        return RerankerReadiness("", "off", "reranking is switched off", "search with --rerank")
    if not model:
        why = f"the profile {profile_of(settings).name} has no reranker"
        return RerankerReadiness("", "off", why, "search with --reranker-model MODEL, such as BAAI/bge-reranker-v2-m3")
    if is_text_model_here(model, kind=RERANKER):
        return RerankerReadiness(model, "ready", "", "")
    lack = missing_model("reranker", model, "--reranker-model", fetched_by="reelseek search")
    return RerankerReadiness(model, lack.state, lack.why, lack.how)
