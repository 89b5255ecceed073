"""The rights of a user who is not root, for tests that run as root: Linux capabilities of the calling thread."""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path

import pytest

_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3 of capget(2)."""
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1 << 1, 1 << 2


@contextmanager
def without_root_rights() -> Iterator[None]:
    """In here, file permissions bind this thread and the threads and processes that it starts.

    Skips the test where root cannot give up these rights.
    """
    if os.name == "nt":
        pytest.skip("Windows has other permissions")
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(find_library("c"), use_errno=True)
    header, before = struct.pack("Ii", _VERSION, 0), ctypes.create_string_buffer(24)
    if not hasattr(libc, "capset") or libc.capget(header, before) != 0:
        pytest.skip("the rights of root cannot be given up here")
    words = list(struct.unpack("6I", before.raw))
    words[0] &= ~(_DAC_OVERRIDE | _DAC_READ_SEARCH)
    assert libc.capset(header, struct.pack("6I", *words)) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


@contextmanager
def closed(folder: Path, mode: int = 0) -> Iterator[Path]:
    """A folder with these permissions, for a user who is not root."""
    usual = folder.stat().st_mode
    folder.chmod(mode)
    try:
        with without_root_rights():
            yield folder
    finally:
        folder.chmod(usual)
