"""Atomic writing of exported files, without overwriting existing ones unless forced."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from indexer.errors import ExportError


def check_free(path: Path, *, force: bool) -> None:
    """Check an output path before long work.

    Raises:
        ExportError: the path exists, or its folder does not.
    """
    if path.is_dir():
        raise ExportError(f"{path} is a folder; give a file")
    if path.exists() and not force:
        raise _taken(path)
    if not path.absolute().parent.is_dir():
        raise ExportError(f"the folder {path.absolute().parent} does not exist; create it first")


def write_whole(path: Path, make: Callable[[Path], None], *, force: bool = False) -> None:
    """Let `make` write a temporary file in the same folder, then rename it. A failure leaves no file.

    Raises:
        ExportError: the path exists, possibly only since the start.
        OSError: from `make`; no space, no permission.
    """
    check_free(path, force=force)
    descriptor, name = tempfile.mkstemp(prefix=".reelseek-", suffix=path.suffix, dir=path.absolute().parent)
    draft = Path(name)
    try:
        # Temporary files are private; exported files get the user's usual permissions.
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
        os.close(descriptor)
        make(draft)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        _place(draft, path, force=force)
    finally:
        draft.unlink(missing_ok=True)


def write_data(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write bytes with `write_whole`."""
    write_whole(path, lambda draft: _ignore(draft.write_bytes(data)), force=force)


def _place(draft: Path, path: Path, *, force: bool) -> None:
    if force:
        draft.replace(path)
        return
    try:
        # Unlike a rename, a link fails when the target exists.
        os.link(draft, path)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # A file system without hard links (FAT).
        check_free(path, force=False)
        draft.replace(path)


def _taken(path: Path) -> ExportError:
    return ExportError(f"{path} exists already; name another file, or replace it with --force")


def _ignore(_: object) -> None:
    """Discard a return value inside a lambda."""


def make_folder(path: Path) -> None:
    """Create a folder and its parents.

    Raises:
        ExportError: the path is a file.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(parents=True)
    if not path.is_dir():
        raise ExportError(f"{path} is a file; give a folder")
