"""Weight files on this machine: in a checkpoint directory or in the hub's cache. Loads nothing."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache

WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")
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
