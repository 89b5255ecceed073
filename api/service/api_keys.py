"""API keys: create, list, revoke and check them. Only their hashes are stored, in one file of the library.

A key is `rsk_ID_SECRET`. The secret has 256 random bits, so a single SHA-256 is as safe as a slow hash.
"""

import hashlib
import hmac
import json
import os
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api.service.settings import KEY_FILE
from indexer.errors import LibraryError, UsageError
from indexer.store.durable_files import replace_durably

PREFIX = "rsk"
_NO_DIGEST = hashlib.sha256(b"").hexdigest()
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored."""

    key_id: str
    """8 hexadecimal digits."""
    name: str
    """Who uses it."""
    digest: str
    """SHA-256 of the whole key, in hexadecimal."""
    created_at: str
    """RFC 3339."""


class KeyStore:
    """The keys of one library. Thread-safe; sees changes made by other processes."""

    def __init__(self, library: Path) -> None:
        self._file = library / KEY_FILE
        self._mutex = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._keys: dict[str, Key] = {}

    def keys(self) -> list[Key]:
        """All keys, oldest first.

        Raises:
            LibraryError: the file cannot be read.
        """
        with self._mutex:
            self._refresh()
            return list(self._keys.values())

    def is_known(self, key: str) -> bool:
        """Whether the key is valid. Takes the same time for every wrong secret."""
        with self._mutex:
            self._refresh()
            parts = key.split("_", 2)
            kept = self._keys.get(parts[1]) if len(parts) == 3 and parts[0] == PREFIX else None
        given = _digest(key)
        return hmac.compare_digest(given, kept.digest if kept else _NO_DIGEST) and kept is not None

    def add(self, name: str) -> tuple[Key, str]:
        """Creates a key.

        Returns:
            The stored record, and the key itself, which cannot be recovered later.

        Raises:
            UsageError: the name is empty, overlong or in use.
        """
        name = name.strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise UsageError(f"a key's name has 1 to {MAX_NAME} printable characters, got {name!r}")
        with self._mutex:
            self._refresh()
            if any(key.name == name for key in self._keys.values()):
                raise UsageError(f"a key named {name!r} already exists; revoke it, or choose another name")
            key_id = secrets.token_hex(4)
            whole = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
            key = Key(key_id, name, _digest(whole), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
            self._write({**self._keys, key_id: key})
        return key, whole

    def revoke(self, name: str) -> Key:
        """Removes the key with this name or id, with immediate effect.

        Raises:
            UsageError: there is no such key.
        """
        with self._mutex:
            self._refresh()
            for key in self._keys.values():
                if name in (key.name, key.key_id):
                    self._write({one.key_id: one for one in self._keys.values() if one is not key})
                    return key
        raise UsageError(f"no API key is called {name!r}; see `reelseek keys list`")

    def _refresh(self) -> None:
        try:
            status = self._file.stat()
        except OSError:
            self._seen, self._keys = None, {}
            return
        seen = (status.st_mtime_ns, status.st_ino)
        if seen == self._seen:
            return
        try:
            content: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
            self._keys = {row["key_id"]: Key(**row) for row in content["keys"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LibraryError(
                f"the keys in {self._file} cannot be read: {error}; restore or delete that file"
            ) from error
        self._seen = seen

    def _write(self, keys: dict[str, Key]) -> None:
        draft = self._file.with_name(f".{KEY_FILE}.{secrets.token_hex(4)}")
        content = json.dumps({"keys": [asdict(key) for key in keys.values()]}, indent=2) + "\n"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
        replace_durably(draft, self._file)
        self._seen = None
        self._refresh()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
