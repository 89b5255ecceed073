"""The weights of the profiles' picture models, which open_clip names and the hub keeps. Loads and imports nothing."""

from pathlib import Path

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.weights.files import Announce, fingerprint_of
from indexer.models.weights.hub import ModelWeights, from_hub, hub_snapshot

PICTURE = "picture model"
CONFIG_FILE = "open_clip_config.json"
HUB_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin", "model.safetensors")
REPOSITORIES = {
    "ViT-B-32-SigLIP2-256:webli": "timm/ViT-B-32-SigLIP2-256",
    "ViT-SO400M-16-SigLIP2-384:webli": "timm/ViT-SO400M-16-SigLIP2-384",
    "ViT-gopt-16-SigLIP2-384:webli": "timm/ViT-gopt-16-SigLIP2-384",
}
"""`NAME:PRETRAINED` of open_clip -> its repository on the hub, with its tokenizer. open_clip, which knows the others
too, takes seconds to import."""
WAY_OUT = (
    "give a directory with open_clip_config.json and weights by --clip-model DIR,"
    " or choose a profile that needs no hub (--models text)"
)


def find_picture_weights(spec: str, *, announce: Announce) -> ModelWeights:
    """The weights of a directory or of a profile's picture model, downloaded where necessary.

    Raises:
        ModelMissingError: they are absent and cannot be downloaded.
        ModelBrokenError: the directory or repository holds no model of open_clip.
    """
    directory = Path(spec).expanduser()
    if directory.is_dir():
        _check(f"directory {directory}", {file.name for file in directory.iterdir()})
        return ModelWeights(directory.resolve().name, directory, fingerprint_of(directory, kind=PICTURE))
    if spec not in REPOSITORIES:
        raise ModelMissingError(f"{PICTURE} {spec!r} is no directory and none of {', '.join(REPOSITORIES)}; {WAY_OUT}")
    name = REPOSITORIES[spec]
    return from_hub(name, announce, kind=PICTURE, way_out=WAY_OUT, check=lambda names: _check(name, names))


def picture_snapshot(spec: str) -> Path | None:
    """The folder in the hub's cache from which open_clip loads a profile's model; None where it is not there."""
    if spec not in REPOSITORIES:
        return None
    try:
        directory = hub_snapshot(REPOSITORIES[spec]).directory
    except (OSError, ValueError):
        return None
    return directory if (directory / CONFIG_FILE).is_file() else None


def _check(where: str, names: set[str]) -> None:
    missing = [
        what
        for what, is_there in ((CONFIG_FILE, CONFIG_FILE in names), ("weights", names & {*HUB_FILES}))
        if not is_there
    ]
    if missing:
        raise ModelBrokenError(f"{PICTURE}: {where} has no {missing[0]}, so it is no model of open_clip; {WAY_OUT}")
