"""The files of an adapter, a LoRA in peft's format in a folder on this machine. Loads nothing."""

import json
from pathlib import Path

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.weights.files import fingerprint_of
from indexer.models.weights.hub import ModelWeights

ADAPTER = "adapter"
CONFIG_FILE, WEIGHTS_FILE = "adapter_config.json", "adapter_model.safetensors"


def find_adapter(folder: str) -> ModelWeights:
    """The adapter in a folder.

    Raises:
        ModelMissingError: there is no such folder.
        ModelBrokenError: it holds no LoRA in safetensors.
    """
    directory = Path(folder).expanduser()
    if not directory.is_dir():
        raise ModelMissingError(f"{ADAPTER} {folder!r}: no folder {directory.absolute()}; give the one of a LoRA")
    try:
        kind = json.loads((directory / CONFIG_FILE).read_text(encoding="utf-8"))["peft_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelBrokenError(
            f"{ADAPTER} {directory}: {CONFIG_FILE} cannot be used: {type(error).__name__}: {error}; give what"
            " peft's save_pretrained wrote"
        ) from error
    if kind != "LORA":
        raise ModelBrokenError(f"{ADAPTER} {directory} is of the kind {kind!r}; only LoRA is supported")
    if not (directory / WEIGHTS_FILE).is_file():
        raise ModelBrokenError(
            f"{ADAPTER} {directory} holds no {WEIGHTS_FILE}; save it again in safetensors (other files may run code)"
        )
    return ModelWeights(directory.resolve().name, directory, fingerprint_of(directory, kind=ADAPTER))
