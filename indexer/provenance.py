"""Provenance: settings and loaded models, compared with the record of what made a library."""

from dataclasses import replace

from indexer.config import Settings
from indexer.models.loading import Models
from indexer.models.profiles import DEFAULT_PROFILE
from indexer.store.schema import Maker


def provenance_of(models: Models, settings: Settings) -> Maker:
    """The record of a library that is made with these models and settings."""
    return Maker(
        picture_model=models.picture.name if models.picture else "",
        picture_dim=models.picture.dim if models.picture else 0,
        text_model=models.text.name if models.text else "",
        text_dim=models.text.dim if models.text else 0,
        sampling=sampling_provenance(settings),
        profile=settings.models or DEFAULT_PROFILE,
        clip_spec=settings.clip_model,
        text_spec=settings.text_model,
        vision_language_spec=settings.vision_language_model,
        adapter_spec=settings.adapter,
        speech_spec=settings.speech_model,
    )


def names_models(settings: Settings) -> bool:
    """Whether the settings say which embedding models to use; otherwise a library's own are used."""
    return bool(settings.models or settings.clip_model or settings.text_model)


def settings_like_provenance(settings: Settings, maker: Maker | None) -> Settings:
    """The settings; where they name no models, with those of the library.

    A library that got pictures later keeps the text model that it had, unless the settings name another.
    """
    if maker is None:
        return settings
    if names_models(settings):
        named = (settings.models or DEFAULT_PROFILE, settings.clip_model, settings.text_model)
        return (
            replace(settings, text_model=maker.text_spec) if named == (maker.profile, maker.clip_spec, "") else settings
        )
    is_same = settings.vision_language_model in ("", maker.vision_language_spec)
    return replace(
        settings,
        models=maker.profile,
        clip_model=maker.clip_spec,
        text_model=maker.text_spec,
        vision_language_model=settings.vision_language_model or maker.vision_language_spec,
        adapter=settings.adapter or (maker.adapter_spec if is_same else ""),
        speech_model=settings.speech_model or maker.speech_spec,
    )


def agrees_with_provenance(settings: Settings, maker: Maker) -> bool:
    """Whether the settings name the models that the library was made with."""
    named = (settings.models or DEFAULT_PROFILE, settings.clip_model, settings.text_model)
    return named == (maker.profile, maker.clip_spec, maker.text_spec)


def provenance_with_sampling(maker: Maker | None, settings: Settings) -> Maker:
    """The library's record with the sampling of the settings, so that only the sampling is compared.

    Args:
        maker: the record; a library exists.
    """
    assert maker is not None
    return replace(maker, sampling=sampling_provenance(settings))


def sampling_provenance(settings: Settings) -> str:
    """How pictures are sampled and cut into segments, as the library records it."""
    return (
        f"{settings.frames_per_second:g}/s, segments of {settings.min_segment_seconds:g}"
        f" to {settings.max_segment_seconds:g} s"
    )
