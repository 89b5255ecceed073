"""Loading of the models that the settings name. It is slow, so nothing is imported before it is needed."""

from collections.abc import Callable
from dataclasses import dataclass

from indexer.config import Settings
from indexer.errors import ModelMissingError
from indexer.models.profiles import PROFILES, Profile, profile_of
from indexer.models.protocols import PictureModel, Reranker, TextModel
from indexer.models.weights.files import Announce, announce_on_stderr


@dataclass(frozen=True, slots=True)
class Models:
    """The loaded models of one profile, for indexing or searching a library."""

    profile: Profile
    """With the settings' own models in place of the profile's."""
    picture: PictureModel | None
    text: TextModel | None
    reranker: Reranker | None = None
    """For searching alone; indexing does not use it."""


def load_models(
    settings: Settings,
    *,
    to_search: bool = False,
    announce: Announce = announce_on_stderr,
    on_step: Callable[[str], None] = lambda _: None,
) -> Models:
    """Loads the models of the settings' profile.

    Args:
        settings: name the profile, models in place of the profile's, and the device.
        to_search: load the reranker too, and a small text model without PyTorch.
        on_step: called with the kind of each model, as `text model`, before it is loaded.
        announce: called with a message before anything is downloaded, and when a search runs without a reranker.

    Raises:
        ModelMissingError: weights are absent and cannot be downloaded.
        ModelBrokenError: weights do not load.
        SettingsError: the profile is unknown or the device is absent.
    """
    profile = profile_of(settings)
    picture = text = None
    if profile.clip_model:
        on_step("picture model")
        from indexer.models.image_embedder import load_clip_model

        picture = load_clip_model(
            profile.clip_model, device=settings.device, batch_frames=settings.batch_frames, announce=announce
        )
    if profile.text_model:
        on_step("text model")
        text = _text_model(profile.text_model, settings, announce, to_search=to_search)
    reranker = None
    if to_search and profile.reranker_model:
        on_step("reranker")
        reranker = _reranker(profile.reranker_model, settings, announce)
    return Models(profile, picture, text, reranker)


def model_steps(settings: Settings) -> tuple[str, ...]:
    """The kinds of models that `load_models` loads to search, in its order."""
    profile = profile_of(settings)
    kinds = {"picture model": profile.clip_model, "text model": profile.text_model, "reranker": profile.reranker_model}
    return tuple(kind for kind, spec in kinds.items() if spec)


def _text_model(spec: str, settings: Settings, announce: Announce, *, to_search: bool) -> TextModel:
    """To search, a small model runs without PyTorch, unless the settings name a device."""
    if to_search and settings.device in {"auto", "cpu"}:
        from indexer.models.bert.text_model import load_bert_text_model

        if (light := load_bert_text_model(spec, announce=announce)) is not None:
            return light
    from indexer.models.device import choose_device
    from indexer.models.text_embedder import load_text_model

    return load_text_model(spec, device=choose_device(settings.device).device, announce=announce)


def _reranker(spec: str, settings: Settings, announce: Announce) -> Reranker | None:
    """A reranker of the profile may be missing; one that the settings name may not."""
    from indexer.models.device import choose_device
    from indexer.models.reranker import load_reranker

    try:
        return load_reranker(spec, device=choose_device(settings.device).device, announce=announce)
    except ModelMissingError as error:
        if settings.reranker_model:
            raise
        announce(f"searching without a reranker: {error}")
        return None


@dataclass(frozen=True, slots=True)
class ProfileStatus:
    """A profile with the presence of its weights, as `reelseek models` lists it."""

    profile: Profile
    picture_present: bool | None
    """Whether the picture model's weights are on this machine; None for a profile without one. So for the others."""
    text_present: bool | None
    vision_language_present: bool | None
    speech_present: bool | None
    reranker_present: bool | None


def model_status(settings: Settings) -> list[ProfileStatus]:
    """Every profile with the presence of its weights; downloads and loads nothing."""
    from indexer.models.availability import is_picture_model_here
    from indexer.models.vision_language_loading import vision_language_name
    from indexer.models.weights.speech_models import speech_weights_name
    from indexer.models.weights.text_models import RERANKER, text_weights_present

    rows: list[ProfileStatus] = []
    for profile in PROFILES.values():
        shown = profile_of(settings) if profile.name == settings.models else profile
        rows.append(
            ProfileStatus(
                shown,
                is_picture_model_here(shown.clip_model) if shown.clip_model else None,
                text_weights_present(shown.text_model) if shown.text_model else None,
                bool(vision_language_name(shown.vision_language_model)) if shown.vision_language_model else None,
                bool(speech_weights_name(shown.speech_model)) if shown.speech_model else None,
                text_weights_present(shown.reranker_model, kind=RERANKER) if shown.reranker_model else None,
            )
        )
    return rows
