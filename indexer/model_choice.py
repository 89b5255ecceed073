"""The models of an indexing run: those that are asked for, or that the library has, or that are on this machine.

Nothing is downloaded unless it is asked for by name. Where nothing is named and the default profile is not here, a
library begins with what is installed, and the default is added once it is here. What a library has stays: a model is
added, never replaced.
"""

from dataclasses import dataclass, replace

from indexer.config import Settings
from indexer.models.availability import is_picture_model_here
from indexer.models.profiles import DEFAULT_PROFILE, Profile, profile_named, profile_of
from indexer.models.weights.text_models import OFFLINE_MODEL, is_text_model_here
from indexer.provenance import names_models, settings_like_provenance
from indexer.store.schema import Maker


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What a run works with."""

    settings: Settings
    """With the models of the run."""
    wanted: Profile | None = None
    """The profile that is added once its models are on this machine; None where nothing is waited for."""


def choose_models(settings: Settings, maker: Maker | None) -> ModelChoice:
    """The models of a run. Loads and fetches nothing, and asks no network.

    Args:
        maker: of the library; None where there is none yet.

    Raises:
        SettingsError: there is no such profile.
    """
    if maker is None:
        if names_models(settings) or _is_here(profile_named(DEFAULT_PROFILE)):
            return ModelChoice(settings)
        installed = "text" if is_text_model_here(OFFLINE_MODEL) else "words"
        return ModelChoice(replace(settings, models=installed), profile_named(DEFAULT_PROFILE))
    if names_models(settings):
        return ModelChoice(_with_texts_of(settings, maker))
    like = settings_like_provenance(settings, maker)
    if not maker.wanted_profile:
        return ModelChoice(like)
    wanted = profile_named(maker.wanted_profile)
    added = _with_texts_of(replace(like, models=wanted.name, clip_model="", text_model=""), maker)
    return ModelChoice(added) if _is_here(profile_of(added)) else ModelChoice(like, wanted)


def _is_here(profile: Profile) -> bool:
    return is_picture_model_here(profile.clip_model) and is_text_model_here(profile.text_model)


def _with_texts_of(settings: Settings, maker: Maker) -> Settings:
    """The settings for a library that lacks pictures: its texts keep the model that they have."""
    if maker.picture_model or not maker.text_model or settings.text_model:
        return settings_like_provenance(settings, maker)
    kept = maker.text_spec or profile_named(maker.profile).text_model
    return replace(
        settings,
        text_model="" if kept == profile_of(settings).text_model else kept,
        vision_language_model=settings.vision_language_model or maker.vision_language_spec,
        speech_model=settings.speech_model or maker.speech_spec,
    )
