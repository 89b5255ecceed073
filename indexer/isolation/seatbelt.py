"""Seatbelt: a macOS sandbox profile that leaves a process its named files, no network and no other processes.

`sandbox_init` is deprecated since macOS 10.8 and still what browsers use. Not tried on a Mac by this project's tests:
where it fails, `confine` says that nothing is on.
"""

import ctypes
import json
import os
import sys
from collections.abc import Iterable

_LIBRARY = "/usr/lib/libsandbox.1.dylib"
_PRIVATE_FOLDERS = ("/Users", "/Volumes", "/private/var/root")


def is_available() -> bool:
    """Whether this system has `sandbox_init`."""
    if sys.platform != "darwin":
        return False
    try:
        return hasattr(ctypes.CDLL(_LIBRARY), "sandbox_init")
    except OSError:
        return False


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Apply `profile_text` to this process. Cannot be undone.

    Raises:
        OSError: the system refused.
    """
    message = ctypes.c_char_p()
    profile = profile_text(readable, writable).encode()
    if ctypes.CDLL(_LIBRARY).sandbox_init(profile, ctypes.c_uint64(0), ctypes.byref(message)) != 0:
        raise OSError((message.value or b"sandbox_init failed").decode("utf-8", "replace"))


def profile_text(readable: Iterable[str], writable: Iterable[str]) -> str:
    """The profile in the sandbox's own language; a later rule wins over an earlier one."""
    read, write = [_resolved(path) for path in readable], [_resolved(path) for path in writable]
    private = " ".join(f"(subpath {json.dumps(folder)})" for folder in _PRIVATE_FOLDERS)
    rules = [
        "(version 1)",
        "(allow default)",
        "(deny network*)",
        "(deny process-exec*)",
        "(deny process-fork)",
        "(deny file-write*)",
        f"(deny file-read-data {private})",
    ]
    rules += [f"(allow file-read-data (subpath {json.dumps(path, ensure_ascii=False)}))" for path in (*read, *write)]
    rules += [f"(allow file-write* (literal {json.dumps(path, ensure_ascii=False)}))" for path in write]
    return "\n".join(rules)


def _resolved(path: str) -> str:
    return os.path.realpath(path)
