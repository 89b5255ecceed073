"""Confinement of the calling process by what the system offers, and what that is.

Chosen: Landlock and seccomp by themselves, since both need neither privileges nor another program. `bwrap` would add
namespaces, but is absent from most machines and forbidden in most containers.
"""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from indexer.isolation import landlock, seatbelt, seccomp

_SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/etc/ld.so.cache")


@dataclass(frozen=True, slots=True)
class Protection:
    """What a confined process of this system cannot do."""

    files: bool
    """It opens no file but those it was given and the program's own code."""
    network: bool
    """It makes no connection."""
    processes: bool
    """It starts no process and reaches into none."""
    means: str
    """What enforces it, such as `Landlock 7, seccomp`; empty where nothing does."""

    @property
    def is_complete(self) -> bool:
        return self.files and self.network and self.processes

    def __str__(self) -> str:
        """One line for people."""
        denied = {"other files": self.files, "network": self.network, "other processes": self.processes}
        kept_out = ", ".join(name for name, is_denied in denied.items() if is_denied)
        left = ", ".join(name for name, is_denied in denied.items() if not is_denied)
        if not kept_out:
            return "decoders are not confined on this system"
        return f"decoders are denied {kept_out} ({self.means})" + (f"; not denied: {left}" if left else "")


def available_protection() -> Protection:
    """What `confine` can do on this system, asked of the system without confining anything."""
    if seatbelt.is_available():
        return Protection(files=True, network=True, processes=True, means="macOS sandbox")
    version, filters = landlock.version(), seccomp.is_available()
    means = [f"Landlock {version}"] * (version > 0) + ["seccomp"] * filters
    return Protection(files=version > 0, network=filters, processes=filters, means=", ".join(means))


def confine(readable: Iterable[str], writable: Iterable[str] = (), *, is_required: bool = False) -> None:
    """Confine this process to some files, without network and without other processes. Cannot be undone.

    Call it before there are other threads. The program's own code and the system's libraries stay readable, since
    Python imports modules when they are first needed.

    Args:
        readable: files that may be read.
        writable: existing files that may be read and written.
        is_required: whether partial protection is an error.

    Raises:
        OSError: `is_required`, and the system does not protect completely.
    """
    protection = available_protection()
    if is_required and not protection.is_complete:
        raise OSError(str(protection))
    allowed, written = (*readable, *_code()), tuple(writable)
    try:
        if sys.platform == "darwin":
            if protection.files:
                seatbelt.restrict(allowed, written)
            return
        if protection.files:
            landlock.restrict(allowed, written)
        if protection.network:
            seccomp.restrict()
    except OSError:
        if is_required:
            raise


def _code() -> list[str]:
    """Files and folders of the interpreter, of this program and of native libraries."""
    program = Path(__file__).resolve().parents[2]
    found = [folder for folder in sys.path if folder and Path(folder).resolve() != program]
    # Not the folder around them: of a checkout it may hold videos and libraries.
    found += [str(program / name) for name in ("indexer", "search", "api")]
    found += [os.path.join(base, "lib") for base in {sys.prefix, sys.base_prefix}]  # noqa: PTH118
    return [*found, *_SYSTEM_LIBRARIES]
