"""Weight files on this machine: in a checkpoint directory or in the hub's cache. Loads nothing."""

import hashlib
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache

from indexer.errors import ModelBrokenError

WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")
_SMALL_SUFFIXES = {".json", ".txt", ".jinja", ".model"}
_END_BYTES = 1 << 20
Announce = Callable[[str], None]
"""Shows a message to the user, as that something large is about to be downloaded."""


def announce_on_stderr(message: str) -> None:
    """Prints a message on stderr, where it does not mix with results."""
    print(message, file=sys.stderr, flush=True)


def digest_of(directory: Path) -> str:
    """12 hexadecimal digits over the names and bytes of a checkpoint's files, independent of where they lie."""
    digest = hashlib.blake2b(digest_size=6)
    for file in sorted(directory.rglob("*")):
        if file.is_file() and file.suffix in {*WEIGHT_SUFFIXES, ".json", ".txt", ".model"}:
            digest.update(file.relative_to(directory).as_posix().encode())
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "blake2b").digest())
    return digest.hexdigest()


def fingerprint_of(directory: Path, *, kind: str) -> str:
    """12 hexadecimal digits over the bytes of small files, and over size and both ends of the large weight files.

    Args:
        kind: as `speech model`, for messages.

    Raises:
        ModelBrokenError: a file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=6)
    try:
        for file in sorted(file for file in directory.iterdir() if file.is_file()):
            digest.update(f"{file.name}\0{file.stat().st_size}\n".encode())
            if file.suffix in _SMALL_SUFFIXES:
                digest.update(file.read_bytes())
            elif file.suffix in WEIGHT_SUFFIXES:
                digest.update(_both_ends(file))
    except OSError as error:
        raise ModelBrokenError(
            f"{kind} directory {directory} cannot be read: {error}; check its permissions"
        ) from error
    return digest.hexdigest()


def file_sha256(file: Path) -> str:
    """SHA-256 of a file, hexadecimal; the same file is read once.

    Raises:
        ModelBrokenError: it cannot be read.
    """
    try:
        stat = file.stat()
        return _sha256(file, stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise ModelBrokenError(f"model file {file} cannot be read: {error}; check its permissions") from error


@lru_cache(maxsize=64)
def _sha256(file: Path, size_bytes: int, modified_ns: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _both_ends(file: Path) -> bytes:
    with file.open("rb") as stream:
        start = stream.read(_END_BYTES)
        stream.seek(max(0, file.stat().st_size - _END_BYTES))
        return start + stream.read()


def weights_in(directory: Path) -> list[Path]:
    """Weight files of a checkpoint directory, largest first."""
    files = [file for file in directory.rglob("*") if file.suffix in WEIGHT_SUFFIXES and file.is_file()]
    return sorted(files, key=lambda file: -file.stat().st_size)


def is_in_hub_cache(repository: str, *file_names: str) -> bool:
    """Whether one of the files of a hub repository is in the local cache."""
    return any(isinstance(try_to_load_from_cache(repository, name), str) for name in file_names)


def hub_cache() -> Path:
    """Where hub downloads go."""
    return Path(constants.HF_HUB_CACHE)
