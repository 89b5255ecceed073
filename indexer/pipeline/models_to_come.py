"""What a library lacks while the models of the profile that it is to have are not on this machine."""

from indexer.models.profiles import Profile
from indexer.pipeline.events import ModelsAwaited


def models_awaited(wanted: Profile, now: Profile) -> ModelsAwaited:
    """The event that says what is added once the models of a profile are here.

    Args:
        now: what the run works with.
    """
    adds = {
        "pictures": wanted.clip_model and not now.clip_model,
        "texts by their meaning": wanted.text_model and not now.text_model,
        "captions": wanted.captions and not now.captions,
        "answers to questions": wanted.vision_language_model and not now.vision_language_model,
    }
    how = f"reelseek models fetch {wanted.name}"
    return ModelsAwaited(wanted.name, tuple(name for name, is_added in adds.items() if is_added), wanted.size_mb, how)
