"""Writing what was exported: whole or not at all, and never over what is there unless told so."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from indexer.errors import ExportError


def check_free(path: Path, *, force: bool) -> None:
    """Before work that takes long.

    Raises:
        ExportError: the place is taken, or its folder is not there.
    """
    if path.is_dir():
        raise ExportError(f"{path} is a folder; name a file")
    if path.exists() and not force:
        raise _taken(path)
    if not path.absolute().parent.is_dir():
        raise ExportError(f"the folder {path.absolute().parent} does not exist; make it first")


def write_whole(path: Path, make: Callable[[Path], None], *, force: bool = False) -> None:
    """Let `make` write a draft beside the place, then put it there in one step; a failure leaves nothing.

    Raises:
        ExportError: the place is taken; also when that happened meanwhile.
        OSError: as `make`; no room, no permission.
    """
    check_free(path, force=force)
    descriptor, name = tempfile.mkstemp(prefix=".reelseek-", suffix=path.suffix, dir=path.absolute().parent)
    draft = Path(name)
    try:
        # A temporary file is for its owner alone; what is exported is as public as any other file of the user's.
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
    """As `write_whole`."""
    write_whole(path, lambda draft: _ignore(draft.write_bytes(data)), force=force)


def _place(draft: Path, path: Path, *, force: bool) -> None:
    if force:
        draft.replace(path)
        return
    try:
        # Unlike a rename, a link fails where something is.
        os.link(draft, path)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # File systems without links (FAT).
        check_free(path, force=False)
        draft.replace(path)


def _taken(path: Path) -> ExportError:
    return ExportError(f"{path} is there already; name another file, or replace it with --force")


def _ignore(_: object) -> None:
    """For a callback that returns what nobody needs."""


def make_folder(path: Path) -> None:
    """With its parents.

    Raises:
        ExportError: something else is there.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(parents=True)
    if not path.is_dir():
        raise ExportError(f"{path} is a file; name a folder")
