"""Which signals a library has, what is missing for the others, and how to add it. Loads and fetches nothing."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from indexer.availability import is_text_model_here, missing_model
from indexer.catalog import STAGE_ENTRIES, StageName
from indexer.config import Settings
from indexer.models.profiles import profile_of
from indexer.pipeline.stages.loading import stage_class

State = Literal["ready", "partial", "missing", "off"]
_AGAIN = "give the same `reelseek index` command again"


@dataclass(frozen=True, slots=True)
class Readiness:
    """How it is with the signals of one stage."""

    stage: StageName
    state: State
    """`ready` in every video; `partial`: some lack it still; `missing`: something it needs is not on this machine;
    `off`: it is not asked for."""
    videos: int
    """In how many videos it is ready."""
    why: str
    """Empty when it is ready."""
    how: str
    """What to do about it; empty when it is ready."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def readiness(settings: Settings, made: Mapping[StageName, int], videos: int) -> list[Readiness]:
    """One for each stage, in the order in which they are made.

    Args:
        settings: with the library's own models where they name none (`making.settings_like`).
        made: in how many videos each stage is ready.
        videos: how many there are, failed ones left out.
    """
    profile = profile_of(settings)
    found: list[Readiness] = []
    for entry in STAGE_ENTRIES:
        stage = entry.name
        count = made.get(stage, 0)
        lack = stage_class(entry).unavailable(profile, settings)
        if lack is not None:
            found.append(Readiness(stage, lack.state, count, lack.why, lack.how))
        elif count < videos:
            found.append(Readiness(stage, "partial", count, f"{videos - count} videos lack it", _AGAIN))
        else:
            found.append(Readiness(stage, "ready", count, "", ""))
    return found


@dataclass(frozen=True, slots=True)
class RerankerReadiness:
    """How it is with the model that reads what a search found again; no stage is made by it."""

    model: str
    """As it is named; empty: none."""
    state: State
    why: str
    how: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def reranker_readiness(settings: Settings) -> RerankerReadiness:
    """Whether a search with these settings reads again; nothing is loaded.

    Args:
        settings: with the library's own models where they name none.
    """
    model = profile_of(settings).reranker_model
    if not settings.rerank:
        return RerankerReadiness("", "off", "reading again is left out", "search with --rerank")
    if not model:
        why = f"the profile {profile_of(settings).name} has no reranker"
        return RerankerReadiness("", "off", why, "search with --reranker-model MODEL, as BAAI/bge-reranker-v2-m3")
    if is_text_model_here(model):
        return RerankerReadiness(model, "ready", "", "")
    lack = missing_model("reranker", model, "--reranker-model", fetched_by="reelseek search")
    return RerankerReadiness(model, lack.state, lack.why, lack.how)
