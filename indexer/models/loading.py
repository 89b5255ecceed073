"""Settings -> loaded models. Loading is slow, so nothing is imported before it is needed."""

from collections.abc import Callable
from dataclasses import dataclass

from indexer.config import Settings
from indexer.errors import ModelMissingError
from indexer.models.profiles import PROFILES, Profile, profile_of
from indexer.models.protocols import PictureModel, Reranker, TextModel
from indexer.models.weights.files import announce_on_stderr


@dataclass(frozen=True, slots=True)
class Models:
    """What a library is made and searched with."""

    profile: Profile
    """With the overrides of the settings applied."""
    picture: PictureModel | None
    text: TextModel | None
    reranker: Reranker | None = None
    """For searching alone: no library is made with it."""


def load_models(
    settings: Settings, *, to_search: bool = False, announce: Callable[[str], None] = announce_on_stderr
) -> Models:
    """Loads the models of the settings' profile.

    Args:
        settings: names the profile, overrides and device.
        to_search: also what only a search needs.
        announce: told before anything is fetched from a hub, and of what a search goes without.

    Raises:
        ModelMissingError: weights are absent and cannot be fetched.
        ModelBrokenError: weights do not load.
        SettingsError: an unknown profile or an absent device.
    """
    from indexer.models.device import choose_device
    from indexer.models.image_embedder import load_clip_model
    from indexer.models.text_embedder import load_text_model

    profile = profile_of(settings)
    picture = text = None
    if profile.clip_model:
        picture = load_clip_model(
            profile.clip_model, device=settings.device, batch_frames=settings.batch_frames, announce=announce
        )
    if profile.text_model:
        text = load_text_model(profile.text_model, device=choose_device(settings.device).device, say=announce)
    reranker = _reranker(profile.reranker_model, settings, announce) if to_search and profile.reranker_model else None
    return Models(profile, picture, text, reranker)


def _reranker(spec: str, settings: Settings, announce: Callable[[str], None]) -> Reranker | None:
    """A search goes without its profile's own; one that was asked for by name has to be there."""
    from indexer.models.device import choose_device
    from indexer.models.reranker import load_reranker

    try:
        return load_reranker(spec, device=choose_device(settings.device).device, say=announce)
    except ModelMissingError as error:
        if settings.reranker_model:
            raise
        announce(f"searching without a reranker: {error}")
        return None


@dataclass(frozen=True, slots=True)
class ProfileStatus:
    """A row of `reelseek models`."""

    profile: Profile
    picture_present: bool | None
    """Whether the picture model's weights are on this machine; None when the profile has none."""
    text_present: bool | None
    vision_language_present: bool | None
    speech_present: bool | None
    reranker_present: bool | None


def model_status(settings: Settings) -> list[ProfileStatus]:
    """Every profile with what of it is on this machine; nothing is fetched or loaded."""
    from indexer.models.image_embedder import clip_weights_present
    from indexer.models.weights.text_models import RERANKER, text_weights_present
    from indexer.models.weights.transformers_models import SPEECH, transformers_weights_name

    rows: list[ProfileStatus] = []
    for profile in PROFILES.values():
        shown = profile_of(settings) if profile.name == settings.models else profile
        rows.append(
            ProfileStatus(
                shown,
                clip_weights_present(shown.clip_model) if shown.clip_model else None,
                text_weights_present(shown.text_model) if shown.text_model else None,
                bool(transformers_weights_name(shown.vision_language_model)) if shown.vision_language_model else None,
                bool(transformers_weights_name(shown.speech_model, kind=SPEECH)) if shown.speech_model else None,
                text_weights_present(shown.reranker_model, kind=RERANKER) if shown.reranker_model else None,
            )
        )
    return rows
