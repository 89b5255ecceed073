"""The note in a library that says which service serves it, so that commands on this machine use its loaded models.

Input: a library's folder. Output: address, process and token of a service that is alive. The token admits to `/local/`
alone; only those who may read the file, and thus the library, have it. Imports nothing heavy.
"""

import json
import os
import secrets
import socket
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from indexer.config import Settings
from indexer.loopback import is_loopback

FILE_NAME = "service.json"
LOCAL = "/local"
"""Beginning of the paths for commands on this machine."""
_SETTINGS = (
    *("models", "device", "clip_model", "text_model", "reranker_model", "rerank"),
    *("vision_language_model", "adapter", "vision_language_context", "send_frames_to"),
)
"""Settings on which an answer depends, apart from `relevance_threshold`, which a request names."""


@dataclass(frozen=True, slots=True)
class RunningService:
    """A service of a library."""

    url: str
    """Without a slash at the end."""
    process_id: int
    machine: str
    """Name of the machine: a process id means nothing on another."""
    token: str
    settings: Mapping[str, Any]
    """Of the models that it has loaded."""


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)


def leave_note(library: Path, *, url: str, token: str, settings: Settings) -> None:
    """Writes the note, readable by its owner alone; does nothing where there is no library or it cannot be written."""
    note = RunningService(url.rstrip("/"), os.getpid(), socket.gethostname(), token, _relevant(settings))
    draft = library / f".{FILE_NAME}.{os.getpid()}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(asdict(note), stream)
        draft.replace(library / FILE_NAME)
    except OSError:
        draft.unlink(missing_ok=True)


def remove_note(library: Path, *, token: str) -> None:
    """Removes the note of the service with this token; another's stays."""
    found = _read(library)
    if found and found.token == token:
        (library / FILE_NAME).unlink(missing_ok=True)


def find_running_service(library: Path, settings: Settings) -> RunningService | None:
    """The service of a library, if it runs on this machine with the models that these settings name.

    A library may be a stranger's: a note counts only where this user wrote it, and only an address of this machine.
    """
    found = _read_trusted(library)
    return found if found and dict(found.settings) == _relevant(settings) else None


def service_address(library: Path) -> str | None:
    """Address of the service that serves a library on this machine, with whatever models; None without one."""
    found = _read_trusted(library)
    return found.url if found else None


def _relevant(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in _SETTINGS}


def _read_trusted(library: Path) -> RunningService | None:
    """The note, where this user wrote it and it names a process and an address of this machine."""
    found = _read(library)
    if found is None or not is_loopback(urlsplit(found.url).hostname or "") or found.machine != socket.gethostname():
        return None
    return found if _is_alive(found.process_id) else None


def _read(library: Path) -> RunningService | None:
    try:
        note = library / FILE_NAME
        return RunningService(**json.loads(note.read_text(encoding="utf-8"))) if _is_private(note.lstat()) else None
    except (OSError, ValueError, TypeError):
        return None


def _is_private(file: os.stat_result) -> bool:
    """Whether this user wrote a file that nobody else can read or write, as `leave_note` does."""
    return stat.S_ISREG(file.st_mode) and file.st_uid == os.geteuid() and stat.S_IMODE(file.st_mode) & 0o077 == 0


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError, TypeError):
        return False
    return True
