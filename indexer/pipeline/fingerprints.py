"""What made a stage, as short strings that are compared: the bytes, the models, the software."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from indexer.config import Settings
from indexer.errors import VanishedVideoError
from indexer.provenance import sampling_of
from indexer.segmentation.segmenter import VERSION as SEGMENTER_VERSION

DECODE_VERSION = "decode-1"
"""Changes whenever the same file would give other frames or another verdict."""


def content_id(path: Path) -> str:
    """32 hexadecimal digits of the BLAKE2b digest of a file's bytes.

    Raises:
        VanishedVideoError: the file cannot be read any more.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise VanishedVideoError(
            f"{path} cannot be read any more ({error.strerror}); index again when it is back"
        ) from error


def id_of_unreadable(path: Path) -> str:
    """An identity for a file whose bytes cannot be had, so that its failure can be kept."""
    return hashlib.blake2b(f"unreadable:{path}".encode(errors="surrogateescape"), digest_size=16).hexdigest()


def picture_fingerprint(picture_model: str, settings: Settings) -> str:
    """Of the picture stage: decoding, sampling, cutting, embedding."""
    return " | ".join((DECODE_VERSION, SEGMENTER_VERSION, sampling_of(settings), picture_model or "no picture model"))


def subtitles_fingerprint(text_model: str, sidecars: Sequence[Path]) -> str:
    """Of the subtitles stage: the text model, and the bytes of the files beside the video."""
    digest = hashlib.blake2b(digest_size=8)
    for file in sidecars:
        digest.update(file.name.encode(errors="surrogateescape"))
        try:
            digest.update(file.read_bytes())
        except OSError:
            digest.update(b"unreadable")
    return " | ".join(("subtitles-1", text_model or "no text model", digest.hexdigest() if sidecars else "no sidecar"))


def screen_text_fingerprint(text_model: str, reader: str, settings: Settings) -> str:
    """Of the on-screen text stage: the reader, its picture size, the text model."""
    return " | ".join(("screen-text-4", reader, f"side {settings.picture_max_side}", text_model or "no text model"))


def speech_fingerprint(speech_model: str, rules: str, subtitles: str) -> str:
    """Of the speech stage: the model, what is kept of what it hears, and the subtitles that it was compared with.

    Args:
        speech_model: empty where the subtitles were enough.
        subtitles: fingerprint of the video's subtitles stage.
    """
    told = hashlib.blake2b(f"{rules} {subtitles}".encode(), digest_size=6).hexdigest()
    return " | ".join(("speech-1", speech_model or "left to the subtitles", f"rules {told}"))


def captions_fingerprint(text_model: str, vision_language_model: str, prompt: str) -> str:
    """Of the captions stage: the model that writes them, what it is told, the text model."""
    told = hashlib.blake2b(prompt.encode(), digest_size=4).hexdigest()
    return " | ".join(("captions-1", vision_language_model, f"prompt {told}", text_model or "no text model"))


def decoding_software(settings: Settings) -> str:
    """What a failure is kept with: a failed file is tried again only when this, or its bytes, change."""
    limits = (
        f"{settings.decode_stall_seconds:g} s, {settings.decode_cpu_seconds:g} s, {settings.decode_memory_mib} MiB,"
        f" {settings.max_pixels} px, {settings.max_duration_hours:g} h, {settings.max_streams} streams"
    )
    return " | ".join((DECODE_VERSION, f"av {_version('av')}", f"decord {_version('decord')}", limits))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
