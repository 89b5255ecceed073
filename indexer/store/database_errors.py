"""Conversion of errors of LanceDB, Arrow, the system and object stores into errors of Reelseek."""

import os
import re
from collections.abc import Generator
from contextlib import contextmanager

from indexer.errors import LibraryBrokenError, LibraryError
from indexer.library_place import LibraryPlace, ObjectPlace

_STATUS = re.compile(r"status(?: code)?:? (\d{3}\b[A-Z a-z]*)")
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist", re.IGNORECASE)
_FULL = re.compile(r"^507|InsufficientStorage|QuotaExceeded|StorageFull|no space left", re.IGNORECASE)
_REFUSED = re.compile(
    r"^40[13]|(Access|Permission) ?Denied|InvalidAccessKeyId|SignatureDoesNotMatch|(Expired|Invalid)Token|credential",
    re.IGNORECASE,
)
_SILENT = re.compile(r"^(5\d\d|429|408)|SlowDown|connect|timed? ?out|dns|sending request", re.IGNORECASE)
_SECRETS = re.compile(r"ACCESS_KEY|(^|_)(KEY|SECRET|TOKEN|PASSWORD|SAS)(_|$)|CREDENTIAL", re.IGNORECASE)


@contextmanager
def convert_errors(path: LibraryPlace, action: str) -> Generator[None]:
    """Converts any error raised inside into a `LibraryError` that names the library, the action and the reason.

    Args:
        path: the library's place.
        action: as `reading frames`.

    Raises:
        LibraryError: the disk is full, a file has reached a limit of its size, or may not be read or written; an object
            store is full, refuses or does not answer.
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
        if isinstance(path, ObjectPlace):
            raise object_error(path, action, error) from None  # its text may hold keys
        raise _converted(path, action, error) from error


def _converted(path: LibraryPlace, action: str, error: BaseException) -> LibraryError:
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


def object_error(place: ObjectPlace, action: str, error: BaseException) -> LibraryError:
    """An error of an object store, said without what its reply may hold of keys. Raise it `from None`."""
    reason = _public_reason(" ".join(str(error).split()))
    if _NO_BUCKET.search(reason):
        return LibraryError(
            f"library {place}: there is no bucket {place.bucket!r}; make it, or correct the address given by --library"
        )
    if _FULL.search(reason):
        return LibraryError(
            f"library {place}: the object store is full while {action} ({reason}); make room, then run the same again"
        )
    if _REFUSED.search(reason):
        return LibraryError(
            f"library {place}: the object store lets nobody in while {action} ({reason}); set valid keys in the"
            " environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then run the same again"
        )
    if _SILENT.search(reason):
        return LibraryError(
            f"library {place}: the object store does not answer while {action} ({reason}); check the network and the"
            " address, such as AWS_ENDPOINT_URL, then run the same again"
        )
    return LibraryBrokenError(
        f"library {place} is damaged, or was changed by other software: {action} failed ({reason}); run `reelseek"
        " verify`, or index again into another place"
    )


def _public_reason(raw: str) -> str:
    """Status and code of a reply; without a reply what the error says, without secrets."""
    status, code = _STATUS.search(raw), _CODE.search(raw)
    if status or code:
        return " ".join(found[1].strip() for found in (status, code) if found)
    text = raw.partition("<")[0]  # what follows is a reply, which may repeat a key
    for name, value in os.environ.items():
        if _SECRETS.search(name) and len(value) >= 4:
            text = text.replace(value, "...")
    return text.strip()[:300] or "no reason given"
