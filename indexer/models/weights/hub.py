"""A model repository of the Hugging Face hub, from the local cache or the network."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError
from huggingface_hub.utils import filter_repo_objects

from indexer.errors import ModelBrokenError, ModelMissingError
from indexer.models.weights.files import Announce, weights_in

HUB_TIMEOUT_SECONDS = 10.0
"""Timeout after which a model counts as missing; without a network the error comes at once."""
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_NEEDED_FILES = ["*.json", "*.txt", "*.model", "*.safetensors", "*.jinja"]
"""What is downloaded; repositories also hold ONNX, OpenVINO and other copies of the same weights."""
_NOT_NEEDED_FILES = ["*fp32*"]
"""A second copy in twice the size (openai/whisper-large-v3)."""


@dataclass(frozen=True, slots=True)
class ModelWeights:
    """A model's files on this machine."""

    name: str
    """As the user named it; the last part of a directory's path, so that the directory may move."""
    directory: Path
    fingerprint: str
    """12 hexadecimal digits of the files' digest, or of the hub's revision."""


def hub_snapshot(repository: str) -> ModelWeights:
    """The files of a hub repository in the local cache; raises OSError or ValueError where they are not, or not all.

    A download that was interrupted leaves the small files, or some of the parts of large weights.
    """
    directory = Path(snapshot_download(repository, local_files_only=True))
    if not _has_all_weights(directory):
        raise LocalEntryNotFoundError(f"the download of {repository} is not complete")
    return ModelWeights(repository, directory, directory.name[:12])  # a snapshot's directory is named by its revision


def is_in_cache(repository: str) -> bool:
    """Whether a hub repository is completely in the local cache."""
    try:
        hub_snapshot(repository)
    except (OSError, ValueError):
        return False
    return True


def from_hub(
    repository: str,
    announce: Announce,
    *,
    kind: str,
    way_out: str,
    files: Sequence[str] = _NEEDED_FILES,
    check: Callable[[set[str]], None] = lambda names: None,
) -> ModelWeights:
    """The files of a hub repository, from the cache or the network.

    Args:
        repository: ORGANISATION/MODEL.
        announce: called with what is about to be downloaded, its size and its destination.
        kind: as `text model`, for messages.
        way_out: an alternative for the user, for messages.
        files: patterns of the files that are downloaded.
        check: called with the names of the repository's files before anything is downloaded; raises ModelBrokenError
            where they are not of such a model.

    Raises:
        ModelMissingError: the files are absent and cannot be downloaded.
        ModelBrokenError: the cache cannot be read, or as `check` raises.
    """
    try:
        return hub_snapshot(repository)
    except LocalEntryNotFoundError:
        return _download(repository, announce, kind=kind, way_out=way_out, files=files, check=check)
    except (OSError, ValueError) as error:
        raise ModelBrokenError(
            f"{kind} {repository!r}: the cache {constants.HF_HUB_CACHE} cannot be read: {error};"
            " check its permissions, or give a local directory"
        ) from error


def _download(
    repository: str,
    announce: Announce,
    *,
    kind: str,
    way_out: str,
    files: Sequence[str],
    check: Callable[[set[str]], None],
) -> ModelWeights:
    cache = constants.HF_HUB_CACHE
    if constants.HF_HUB_OFFLINE:
        raise ModelMissingError(
            f"{kind} {repository!r} is not in the cache {cache}, and HF_HUB_OFFLINE prevents downloading it; {way_out}"
        )
    try:
        sizes = _file_sizes(repository)
        check(set(sizes))
        wanted = filter_repo_objects(sizes, allow_patterns=list(files), ignore_patterns=_NOT_NEEDED_FILES)
        size_bytes = sum(sizes[name] for name in wanted)
        announce(f"downloading {kind} {repository} ({size_bytes / 1e6:.0f} MB) to {cache}")
        directory = Path(
            snapshot_download(
                repository,
                allow_patterns=list(files),
                ignore_patterns=_NOT_NEEDED_FILES,
                etag_timeout=HUB_TIMEOUT_SECONDS,
            )
        )
    except ModelBrokenError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelMissingError(
            f"{kind} {repository!r} is not in the cache {cache} and cannot be downloaded: {reason}; {way_out}"
        ) from error
    return ModelWeights(repository, directory, directory.name[:12])


def _has_all_weights(directory: Path) -> bool:
    parts = {
        part
        for index in directory.glob("*.safetensors.index.json")
        for part in json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values()
    }
    return all((directory / part).is_file() for part in parts) if parts else bool(weights_in(directory))


def _file_sizes(repository: str) -> dict[str, int]:
    """Name -> bytes of each file of a hub repository."""
    info = HfApi().model_info(repository, files_metadata=True, timeout=HUB_TIMEOUT_SECONDS)
    return {item.rfilename: item.size or 0 for item in info.siblings or []}
