"""Conversion of LanceDB, Arrow and system errors into errors of Reelseek."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from indexer.errors import LibraryBrokenError, LibraryError


@contextmanager
def convert_errors(path: Path, action: str) -> Generator[None]:
    """Converts any error raised inside into a `LibraryError` that names the library, the action and the reason.

    Args:
        path: of the library.
        action: as `reading frames`.

    Raises:
        LibraryError: the disk is full, a file has reached a limit of its size, or may not be read or written.
        LibraryBrokenError: any other error of the tables.
    """
    try:
        yield
    except (LibraryError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        # A panic of the Rust side arrives as pyo3_runtime.PanicException, which is not an Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise _converted(path, action, error) from error


def _converted(path: Path, action: str, error: BaseException) -> LibraryError:
    text = " ".join(str(error).split())[:500] or type(error).__name__
    lowered = text.lower()
    if "no space left" in lowered or "os error 28" in lowered or "quota exceeded" in lowered:
        return LibraryError(
            f"library {path}: the disk is full while {action}; free some space, then run the same command again"
        )
    if "file too large" in lowered or "os error 27" in lowered:
        return LibraryError(
            f"library {path}: a file reached its size limit while {action}; raise the limit of file sizes"
            " (`ulimit -f`), or choose another file system, then run the same command again"
        )
    if "permission denied" in lowered or "read-only file system" in lowered or isinstance(error, PermissionError):
        return LibraryError(f"library {path}: no permission while {action} ({text}); check the owner of its files")
    return LibraryBrokenError(
        f"library {path} is damaged, or was changed by other software: {action} failed ({text});"
        " run `reelseek verify`, or delete the folder and index again"
    )
