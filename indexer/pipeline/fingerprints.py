"""What identifies a file's bytes, and the software that decodes them. Stages have fingerprints of their own."""

import hashlib
import os
import stat
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from indexer.config import Settings
from indexer.errors import UnexpectedVideoError, VanishedVideoError

DECODE_VERSION = "decode-3"
"""Changes whenever the same file would give other frames or another length. 2: pixels that are not square, sound after
the last picture. 3: sound before the first picture."""
REFUSAL_VERSION = "refusals-2"
"""Changes whenever a file that was refused may be indexed: it is then tried again. 2: files with sound alone."""
_SOURCES = Path(__file__).resolve().parents[1]


def content_id(path: Path) -> str:
    """32 hexadecimal digits of the BLAKE2b digest of a file's bytes.

    Raises:
        VanishedVideoError: the file cannot be read any more, or a pipe or a device, which may never end, has its name.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise VanishedVideoError(f"{path} is no longer a file; index again when it is back")
            return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise VanishedVideoError(
            f"{path} can no longer be read ({error.strerror}); index again when it is back"
        ) from error


def _open_at_once(path: str, flags: int) -> int:
    """A descriptor, without waiting for the writer of a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def id_of_unreadable(path: Path) -> str:
    """An id for a file whose bytes cannot be read, so that its failure can be recorded."""
    return hashlib.blake2b(f"unreadable:{path}".encode(errors="surrogateescape"), digest_size=16).hexdigest()


def decoding_software(settings: Settings) -> str:
    """The fingerprint of what decodes, with its limits."""
    limits = (
        f"{settings.decode_stall_seconds:g} s, {settings.decode_cpu_seconds:g} s, {settings.decode_memory_mib} MiB,"
        f" {settings.max_pixels} px, {settings.max_duration_hours:g} h, {settings.max_streams} streams"
    )
    return " | ".join((DECODE_VERSION, REFUSAL_VERSION, f"av {_version('av')}", f"decord {_version('decord')}", limits))


def failing_software(kind: str, *, decoding: str, stage: str) -> str:
    """The fingerprint recorded with a failure: what failed is tried again only when this, or the file, changes.

    What is wrong with a file is a matter of the decoder. An unexpected failure may be a matter of anything that runs.

    Args:
        kind: `VideoError.kind`.
        decoding: of `decoding_software`.
        stage: fingerprint of the stage that failed.
    """
    return " | ".join((stage, decoding, running_software())) if kind == UnexpectedVideoError.kind else decoding


@cache
def running_software() -> str:
    """A fingerprint of all software that makes stages: Reelseek's version and sources, and every installed package."""
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted(_SOURCES.rglob("*.py")):
        digest.update(file.relative_to(_SOURCES).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    for package in sorted(f"{one.name} {one.version}" for one in distributions()):
        digest.update(package.encode() + b"\0")
    return f"reelseek {_version('reelseek')} {digest.hexdigest()}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
