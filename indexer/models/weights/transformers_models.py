"""The weights of transformers models, and the names under which the library records them. Loads nothing."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from huggingface_hub import snapshot_download

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.weights.files import Announce, announce_on_stderr
from indexer.models.weights.hub import HUB_NAME, ModelWeights, from_hub

NEEDED = ("config.json", "preprocessor_config.json", "tokenizer_config.json")
SMALL_SUFFIXES = {".json", ".txt", ".jinja", ".model"}
END_BYTES = 1 << 20
VISION_LANGUAGE = "vision-language model"
SPEECH = "speech model"


def find_transformers_weights(
    spec: str, *, kind: str = VISION_LANGUAGE, announce: Announce = announce_on_stderr
) -> ModelWeights:
    """The weights of a transformers model, downloaded where necessary.

    Args:
        spec: a local directory or a hub name.
        kind: `VISION_LANGUAGE` or `SPEECH`, for messages.
        announce: called with a message before anything is downloaded.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: files were found, but not those of such a model.
    """
    directory = Path(spec.removeprefix("local-dir:")).expanduser()
    if directory.is_dir():
        return ModelWeights(directory.resolve().name, directory, _digest_of(directory, kind))
    if spec.startswith("local-dir:") or not HUB_NAME.fullmatch(spec) or "/" not in spec:
        raise ModelMissingError(
            f"{kind} {spec!r}: there is no directory {directory.absolute()}, and it is not a hub name;"
            " give a directory that save_pretrained wrote, or a name as ORGANISATION/MODEL"
        )
    return from_hub(spec, announce, kind=kind, way_out="give a local directory")


def transformers_weights_name(spec: str, *, kind: str = VISION_LANGUAGE) -> str:
    """The name that the library would record; empty when the weights are not on this machine. Downloads nothing."""
    try:
        directory = Path(spec.removeprefix("local-dir:")).expanduser()
        if directory.is_dir():
            return recorded_name(find_transformers_weights(spec, kind=kind))
        found = Path(snapshot_download(spec, local_files_only=True))
    except (ModelMissingError, ModelBrokenError, OSError, ValueError):
        return ""
    return recorded_name(ModelWeights(spec, found, found.name[:12]))


def recorded_name(weights: ModelWeights) -> str:
    """Model, fingerprint and the software that runs it."""
    return f"{weights.name} {weights.fingerprint} transformers {version('transformers')}"


def _digest_of(directory: Path, kind: str) -> str:
    """12 hexadecimal digits over the bytes of small files, and over size and both ends of the large weight files."""
    files = sorted(file for file in directory.iterdir() if file.is_file())
    missing = [name for name in NEEDED if not (directory / name).is_file()]
    weights = [file for file in files if file.suffix in {".safetensors", ".bin"}]
    # transformers 5 writes one processor_config.json in place of preprocessor_config.json.
    if (directory / "processor_config.json").is_file() and "preprocessor_config.json" in missing:
        missing.remove("preprocessor_config.json")
    if missing or not weights:
        raise ModelBrokenError(
            f"{kind} directory {directory} holds no {missing[0] if missing else '.safetensors'};"
            " give the directory that save_pretrained of model and processor wrote"
        )
    digest = hashlib.blake2b(digest_size=6)
    try:
        for file in files:
            digest.update(f"{file.name}\0{file.stat().st_size}\n".encode())
            if file.suffix in SMALL_SUFFIXES:
                digest.update(file.read_bytes())
            elif file in weights:
                digest.update(_both_ends(file))
    except OSError as error:
        raise ModelBrokenError(f"{kind} directory {directory} cannot be read: {error}; mend its permissions") from error
    return digest.hexdigest()


def _both_ends(file: Path) -> bytes:
    with file.open("rb") as stream:
        start = stream.read(END_BYTES)
        stream.seek(max(0, file.stat().st_size - END_BYTES))
        return start + stream.read()
