"""The weights of transformers models, and the names under which the library records them. Loads nothing."""

from importlib.metadata import version
from pathlib import Path

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.weights.adapters import find_adapter
from indexer.models.weights.files import Announce, announce_on_stderr, fingerprint_of
from indexer.models.weights.hub import HUB_NAME, ModelWeights, from_hub, hub_snapshot

NEEDED = ("config.json", "preprocessor_config.json", "tokenizer_config.json")
VISION_LANGUAGE = "vision-language model"


def find_transformers_weights(spec: str, *, announce: Announce = announce_on_stderr) -> ModelWeights:
    """The weights of a transformers model, downloaded where necessary.

    Args:
        spec: a local directory or a hub name.
        announce: called with a message before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: files were found, but not those of such a model.
    """
    directory = Path(spec.removeprefix("local-dir:")).expanduser()
    if directory.is_dir():
        _check_files(directory)
        return ModelWeights(directory.resolve().name, directory, fingerprint_of(directory, kind=VISION_LANGUAGE))
    if spec.startswith("local-dir:") or not HUB_NAME.fullmatch(spec) or "/" not in spec:
        raise ModelMissingError(
            f"{VISION_LANGUAGE} {spec!r}: no directory {directory.absolute()}, and it is not a hub name;"
            " give a directory that save_pretrained wrote, or a name as ORGANISATION/MODEL"
        )
    return from_hub(spec, announce, kind=VISION_LANGUAGE, way_out="give a local directory")


def transformers_weights_name(spec: str, adapter: str = "") -> str:
    """The name that the library would record; empty when the weights are not on this machine. Downloads nothing.

    Args:
        adapter: folder of a LoRA over the model; empty for none.
    """
    try:
        over = find_adapter(adapter) if adapter else None
        directory = Path(spec.removeprefix("local-dir:")).expanduser()
        if directory.is_dir():
            return recorded_name(find_transformers_weights(spec), over)
        return recorded_name(hub_snapshot(spec), over)
    except (ModelMissingError, ModelBrokenError, OSError, ValueError):
        return ""


def recorded_name(weights: ModelWeights, adapter: ModelWeights | None = None) -> str:
    """Model, fingerprint and the software that runs it; then the adapter with its fingerprint."""
    name = f"{weights.name} {weights.fingerprint} transformers {version('transformers')}"
    return f"{name} adapter {adapter.name} {adapter.fingerprint}" if adapter else name


def _check_files(directory: Path) -> None:
    """Raises ModelBrokenError unless a model and its processor are there."""
    missing = [name for name in NEEDED if not (directory / name).is_file()]
    # transformers 5 writes one processor_config.json in place of preprocessor_config.json.
    if (directory / "processor_config.json").is_file() and "preprocessor_config.json" in missing:
        missing.remove("preprocessor_config.json")
    if missing or not any(file.suffix in {".safetensors", ".bin"} for file in directory.iterdir()):
        raise ModelBrokenError(
            f"{VISION_LANGUAGE} directory {directory} holds no {missing[0] if missing else '.safetensors'};"
            " give the directory that save_pretrained of model and processor wrote"
        )
