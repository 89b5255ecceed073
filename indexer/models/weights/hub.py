"""A model repository of the Hugging Face hub, from the local cache or the network."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from indexer.errors import ModelBrokenError, ModelMissingError

HUB_TIMEOUT_SECONDS = 10.0
"""The hub's longest silence before a model counts as missing; without a network the answer comes at once."""
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_NEEDED_FILES = ["*.json", "*.txt", "*.model", "*.safetensors", "*.jinja"]
"""What is fetched; repositories also hold ONNX, OpenVINO and other copies of the same weights."""
_NOT_NEEDED_FILES = ["*fp32*"]
"""A second copy in twice the size (openai/whisper-large-v3)."""


@dataclass(frozen=True, slots=True)
class ModelWeights:
    """A model's files on this machine."""

    name: str
    """As the user named it; a directory by its last part, so that it may move."""
    directory: Path
    fingerprint: str
    """12 hexadecimal digits of the files' digest, or of the hub's revision."""


def from_hub(repository: str, say: Callable[[str], None], *, kind: str, way_out: str) -> ModelWeights:
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
    return ModelWeights(repository, directory, directory.name[:12])  # a snapshot's directory is named by its revision


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
