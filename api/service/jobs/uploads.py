"""Uploaded files on disk: written in chunks to a temporary name, renamed when complete, swept after a crash.

LIBRARY/uploads/.part/ID        an incomplete upload
LIBRARY/uploads/ID/NAME         a complete one
"""

import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from api.errors import BadRequestError, StorageFullError, TooLargeError
from api.service.settings import ServiceSettings

PART_FOLDER = ".part"
MAX_NAME_BYTES = 200
_ID = re.compile(r"[0-9a-f]{16}")
_SPACE_EVERY_BYTES = 16 << 20
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


def check_upload_name(name: str) -> str:
    """Check the name of an upload: a plain file name without a path.

    Raises:
        BadRequestError: the name could be read as a path, is hidden, too long, or contains non-text characters.
    """
    reason = _name_problem(name)
    if reason:
        raise BadRequestError(f"the name {reason}; give a plain file name such as clip.mp4", fields=[("name", reason)])
    return name


def _name_problem(name: str) -> str:
    if not name.strip():
        return "is empty"
    if any(sign in name for sign in "/\\:\u2215\u2044\uff0f\uff3c\u29f5\u29f8\u2216\u2024\u2025\uff0e"):
        return "contains a separator, or a character that looks like one"
    if name.startswith(".") or ".." in name or name != name.strip() or name.endswith("."):
        return "starts or ends with a dot or a space, or contains two dots in a row"
    if re.search(r"%(2e|2f|5c|00|25|c0|c1)", name.casefold()):
        return "contains an encoded separator"
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Cn", "Zl", "Zp"} for sign in name) or "\ufffd" in name:
        return "contains characters that are not text"
    if name.startswith("~") or _DEVICES.fullmatch(name):
        return "has a special meaning on some systems"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"has more than {MAX_NAME_BYTES} bytes"
    return ""


class PartFile:
    """An incomplete upload. Its methods block. Call `keep` or `discard` at the end."""

    def __init__(self, folder: Path, name: str, service: ServiceSettings) -> None:
        self._folder = folder
        self._name = name
        self._service = service
        self._id = secrets.token_hex(8)
        self.path = folder / PART_FOLDER / self._id
        self.size_bytes = 0
        self._checked = 0
        self._stream = None

    def open(self, declared_bytes: int) -> None:
        """Create the file. Raises StorageFullError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if len(os.listdir(self._folder)) - 1 >= self._service.max_uploads:  # noqa: PTH208 - names only
            raise StorageFullError(f"{self._service.max_uploads} uploaded videos are already stored; remove some first")
        self._check_space(declared_bytes)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        self._stream = os.fdopen(descriptor, "wb")

    def write(self, piece: bytes) -> None:
        """Append a chunk. Raises TooLargeError, StorageFullError."""
        assert self._stream
        self.size_bytes += len(piece)
        check_upload_size(self.size_bytes, self._service)
        if self.size_bytes - self._checked > _SPACE_EVERY_BYTES:
            self._checked = self.size_bytes
            self._check_space(0)
        try:
            self._stream.write(piece)
        except OSError as error:
            raise StorageFullError(f"the upload cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Flush the file to disk and close it."""
        if self._stream:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._stream = None

    @property
    def target(self) -> Path:
        """Path of the complete file after `keep`."""
        return self._folder / self._id / self._name

    def keep(self) -> Path:
        """Rename the complete file to `target`."""
        self.target.parent.mkdir()
        os.replace(self.path, self.target)  # noqa: PTH105 - atomic
        for folder in (self.target.parent, self._folder):
            descriptor = os.open(folder, os.O_RDONLY)
            with suppress(OSError):
                os.fsync(descriptor)
            os.close(descriptor)
        return self.target

    def discard(self) -> None:
        """Delete the file unless it was kept. Safe to call twice."""
        if self._stream:
            self._stream.close()
            self._stream = None
        self.path.unlink(missing_ok=True)

    def _check_space(self, wanted_bytes: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free - wanted_bytes < self._service.least_free_bytes:
            raise StorageFullError(f"the disk has {free:,} bytes left, too few for this upload; free some space")


def check_upload_size(size_bytes: int, service: ServiceSettings) -> None:
    """Raises TooLargeError for an upload above the limit."""
    if size_bytes > service.max_upload_bytes:
        raise TooLargeError(f"an upload has at most {service.max_upload_bytes:,} bytes; send a smaller file")


def delete_upload(folder: Path, path: str | Path) -> None:
    """Delete an uploaded file and its folder. Other paths are ignored."""
    file = Path(path)
    if file.parent.parent == folder and _ID.fullmatch(file.parent.name):
        file.unlink(missing_ok=True)
        with suppress(OSError):
            file.parent.rmdir()


def sweep_uploads(folder: Path, *, keep: Collection[str], parts: bool) -> list[Path]:
    """Delete uploads that a crash left behind, which neither a video nor an unfinished job refers to.

    Args:
        keep: absolute paths of files to keep.
        parts: also delete incomplete uploads; only before the service accepts requests.

    Returns:
        The deleted files.
    """
    if not folder.is_dir():
        return []
    if parts:
        shutil.rmtree(folder / PART_FOLDER, ignore_errors=True)
    deleted: list[Path] = []
    for own in folder.iterdir():
        if not _ID.fullmatch(own.name):
            continue
        for file in own.iterdir():
            if str(file) not in keep:
                deleted.append(file)
                delete_upload(folder, file)
        with suppress(OSError):
            own.rmdir()
    return deleted
