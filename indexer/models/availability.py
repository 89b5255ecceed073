"""Why the signals of a stage, or a model, are not available, and what to do about it. Loads and fetches nothing."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from indexer.models.weights.files import is_in_hub_cache
from indexer.models.weights.text_models import OFFLINE_MODEL


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A reason with its remedy."""

    state: Literal["missing", "off"]
    """`missing`: something is not on this machine; `off`: the settings leave it out."""
    why: str
    how: str
    """What the user can do."""


def is_text_model_here(model: str) -> bool:
    """Whether a text model or reranker is on this machine, without reading weights: monitors ask every few seconds."""
    if model == OFFLINE_MODEL:
        return importlib.util.find_spec(OFFLINE_MODEL.replace("-", "_")) is not None
    directory = Path(model.removeprefix("local-dir:")).expanduser()
    return directory.is_dir() or (not directory.is_absolute() and is_in_hub_cache(model, "config.json"))


def missing_model(kind: str, model: str, option: str, *, fetched_by: str = "reelseek index") -> Unavailable:
    """A model whose files are not on this machine.

    Args:
        kind: what it is, as `speech model`.
        option: of the command line, that names another.
        fetched_by: the command that downloads it.
    """
    why = f"the {kind} {model} is not on this machine"
    if Path(model).expanduser().is_absolute() or model.startswith("local-dir:"):
        return Unavailable("missing", why, f"put its files there, or name another: {option} MODEL")
    how = f"`{fetched_by}` fetches it from the hub; without a network name a directory: {option} DIR"
    return Unavailable("missing", why, how)
