"""Landlock: limits a Linux process to named files. Linux 5.13 or later, without privileges.

Written against the kernel's interface (`linux/landlock.h`) in place of a dependency: the one binding in the registry is
a development version. The rules bind the calling thread and the threads and processes that it starts later, so call
`restrict` before there are others.
"""

import ctypes
import os
import struct
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls, the same number on every architecture."""
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_FILE_RIGHTS_OF_FIRST_VERSION = (1 << 13) - 1
_TCP_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


def version() -> int:
    """Version of the running kernel's Landlock; 0 without one, as where a container forbids the call."""
    if sys.platform != "linux":
        return 0
    return max(0, _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG))


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow this thread, and what it starts later, to open only these files. Cannot be undone.

    Descriptors that are open already stay usable.

    Args:
        readable: files, and folders with everything beneath, that may be read. Those that do not exist are ignored.
        writable: existing files that may be read, written and truncated; none can be created, renamed or removed.

    Raises:
        OSError: the kernel refused.
    """
    known = version()
    handled = _FILE_RIGHTS_OF_FIRST_VERSION
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEVICE)):
        handled |= right if known >= since else 0
    network = _TCP_BIND_AND_CONNECT if known >= 4 else 0
    scoped = _ABSTRACT_SOCKETS_AND_SIGNALS if known >= 6 else 0
    attributes = struct.pack("=QQQ", handled, network, scoped)
    length = 24 if known >= 6 else 16 if known >= 4 else 8
    libc = _libc()
    ruleset = _checked(libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(length), 0))
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE | _READ_DIR)
        for path in writable:
            _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & handled)
        forbid_new_privileges()
        _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def forbid_new_privileges() -> None:
    """Set `no_new_privs`: no program that this process starts gains rights. Landlock and seccomp ask for it.

    Raises:
        OSError: the kernel refused.
    """
    _checked(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112 - before pathlib is imported
            rights &= ~_READ_DIR
        rule = struct.pack("=Qi", rights, descriptor)
        _checked(_libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(descriptor)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
