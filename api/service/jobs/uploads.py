"""Uploaded files on the disk: written piece by piece under another name, named only when whole, swept after a crash.

LIBRARY/uploads/.part/ID        a file that is still coming in
LIBRARY/uploads/ID/NAME         a whole one
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


def check_name(name: str) -> str:
    """The name for an uploaded file: one plain name, no path.

    Raises:
        BadRequestError: it could be taken for a path, is hidden, overlong or holds characters that are no text.
    """
    reason = _refusal(name)
    if reason:
        raise BadRequestError(f"the name {reason}; give a plain file name as clip.mp4", fields=[("name", reason)])
    return name


def _refusal(name: str) -> str:
    if not name.strip():
        return "is empty"
    if any(sign in name for sign in "/\\:\u2215\u2044\uff0f\uff3c\u29f5\u29f8\u2216\u2024\u2025\uff0e"):
        return "holds a separator, or a character that looks like one"
    if name.startswith(".") or ".." in name or name != name.strip() or name.endswith("."):
        return "begins or ends with a dot or a blank, or holds two dots in a row"
    if re.search(r"%(2e|2f|5c|00|25|c0|c1)", name.casefold()):
        return "holds an encoded separator"
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Cn", "Zl", "Zp"} for sign in name) or "\ufffd" in name:
        return "holds characters that are no text"
    if name.startswith("~") or _DEVICES.fullmatch(name):
        return "means something else to a system"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"has more than {MAX_NAME_BYTES} bytes"
    return ""


class PartFile:
    """A file that comes in. A context manager: unless it was kept, it is gone afterwards. Its methods block."""

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
        """Makes the file. Raises StorageFullError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if len(os.listdir(self._folder)) - 1 >= self._service.max_uploads:  # noqa: PTH208 - names only
            raise StorageFullError(
                f"{self._service.max_uploads} uploaded videos are kept already; forget some first (DELETE)"
            )
        self._check_space(declared_bytes)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        self._stream = os.fdopen(descriptor, "wb")

    def write(self, piece: bytes) -> None:
        """Raises TooLargeError, StorageFullError."""
        assert self._stream
        self.size_bytes += len(piece)
        check_size(self.size_bytes, self._service)
        if self.size_bytes - self._checked > _SPACE_EVERY_BYTES:
            self._checked = self.size_bytes
            self._check_space(0)
        try:
            self._stream.write(piece)
        except OSError as error:
            raise StorageFullError(f"the upload cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """All bytes are on the disk."""
        if self._stream:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._stream = None

    @property
    def target(self) -> Path:
        """Where `keep` will put it."""
        return self._folder / self._id / self._name

    def keep(self) -> Path:
        """Gives the whole file its name."""
        self.target.parent.mkdir()
        os.replace(self.path, self.target)  # noqa: PTH105 - the atomic one
        for folder in (self.target.parent, self._folder):
            descriptor = os.open(folder, os.O_RDONLY)
            with suppress(OSError):
                os.fsync(descriptor)
            os.close(descriptor)
        return self.target

    def discard(self) -> None:
        """Removes what came in, unless it was kept; safe to repeat."""
        if self._stream:
            self._stream.close()
            self._stream = None
        self.path.unlink(missing_ok=True)

    def _check_space(self, wanted_bytes: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free - wanted_bytes < self._service.least_free_bytes:
            raise StorageFullError(f"the disk has {free:,} bytes left, too few for this upload; free some space")


def check_size(size_bytes: int, service: ServiceSettings) -> None:
    """Raises TooLargeError."""
    if size_bytes > service.max_upload_bytes:
        raise TooLargeError(f"an upload has at most {service.max_upload_bytes:,} bytes; send a smaller file")


def drop_upload(folder: Path, path: str | Path) -> None:
    """Deletes an uploaded file and its folder; leaves alone whatever is not exactly such a file."""
    file = Path(path)
    if file.parent.parent == folder and _ID.fullmatch(file.parent.name):
        file.unlink(missing_ok=True)
        with suppress(OSError):
            file.parent.rmdir()


def sweep_uploads(folder: Path, *, keep: Collection[str], parts: bool) -> list[Path]:
    """Deletes uploaded files that neither a video nor a waiting job names, which a crash left behind.

    Args:
        keep: full paths.
        parts: also what is still coming in; only before the service takes requests.

    Returns:
        What was deleted.
    """
    if not folder.is_dir():
        return []
    if parts:
        shutil.rmtree(folder / PART_FOLDER, ignore_errors=True)
    gone: list[Path] = []
    for own in folder.iterdir():
        if not _ID.fullmatch(own.name):
            continue
        for file in own.iterdir():
            if str(file) not in keep:
                gone.append(file)
                drop_upload(folder, file)
        with suppress(OSError):
            own.rmdir()
    return gone
