"""Why the signals of a stage, or a model, are not available, and what to do about it. Loads and fetches nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexer.models.weights.files import is_in_hub_cache, weights_in
from indexer.models.weights.picture_models import HUB_FILES, REPOSITORIES


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A reason with its remedy."""

    state: Literal["missing", "off"]
    """`missing`: something is not on this machine; `off`: the settings leave it out."""
    why: str
    how: str
    """What the user can do."""


def is_picture_model_here(spec: str) -> bool:
    """Whether a picture model is on this machine, without reading weights."""
    directory = Path(spec).expanduser()
    if directory.is_dir():
        return bool(weights_in(directory))
    if directory.is_absolute():
        return False
    if spec in REPOSITORIES:
        return is_in_hub_cache(REPOSITORIES[spec], *HUB_FILES)
    from indexer.models.image_embedder import clip_weights_present  # takes seconds; only it knows all names

    return clip_weights_present(spec)


def missing_model(kind: str, model: str, option: str, *, fetched_by: str = "reelseek index") -> Unavailable:
    """A model whose files are not on this machine.

    Args:
        kind: what it is, as `speech model`.
        option: of the command line, that names another.
        fetched_by: the command that downloads it.
    """
    why = f"the {kind} {model} is not on this machine"
    if Path(model).expanduser().is_absolute() or model.startswith("local-dir:"):
        return Unavailable("missing", why, f"put its files there, or choose another: {option} MODEL")
    how = f"`{fetched_by}` fetches it from the hub; without a network name a directory: {option} DIR"
    return Unavailable("missing", why, how)
