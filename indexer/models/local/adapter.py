"""A LoRA over a loaded model. One that does not fit is refused: the model would answer as if it were not there."""

from collections.abc import Iterable
from typing import Any

from indexer.errors import ModelBrokenError
from indexer.models.weights.adapters import ADAPTER
from indexer.models.weights.hub import ModelWeights


def add_adapter(model: Any, adapter: ModelWeights, spec: str) -> None:
    """Loads an adapter into a model of transformers, in place.

    Args:
        spec: the model as the user named it, for messages.

    Raises:
        ModelBrokenError: it cannot be loaded, or not every tensor of the one has its place in the other.
    """
    try:
        report = model.load_adapter(
            str(adapter.directory.absolute()), use_safetensors=True, adapter_kwargs={"local_files_only": True}
        )
    except Exception as error:
        raise ModelBrokenError(
            f"{ADAPTER} {adapter.directory} does not fit {spec!r}: {type(error).__name__}:"
            f" {' '.join(str(error).split())[:300]}; train it on this model, or name its own"
        ) from error
    faults = [
        f"{len(keys)} tensors {what}, such as {keys[0]}"
        for what, keys in (
            ("have no place in the model", _names(report.unexpected_keys)),
            ("are lacking", _names(report.missing_keys)),
            ("have another shape", _names(report.mismatched_keys)),
        )
        if keys
    ]
    if faults:
        raise ModelBrokenError(
            f"{ADAPTER} {adapter.directory} does not fit {spec!r}: {'; '.join(faults)};"
            " name the adapter of this very model, saved with today's names of its layers"
        )


def _names(keys: Iterable[Any]) -> list[str]:
    return sorted(str(key) for key in keys)
