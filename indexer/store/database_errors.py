"""Conversion of errors of LanceDB, Arrow, the system and object stores into errors of Reelseek."""

import os
import re
from collections.abc import Generator
from contextlib import contextmanager

from indexer.errors import LibraryBrokenError, LibraryError
from indexer.library_place import LibraryPlace, ObjectPlace

_REFUSED = re.compile(
    r"\b40[13]\b|permission ?denied|unauthenticated|accessdenied|access denied|invalidaccesskeyid|signaturedoesnotmatch"
    r"|expiredtoken|invalidtoken|no credential|credentials"
)
_NO_BUCKET = re.compile(r"nosuchbucket|containernotfound|bucket does not exist|bucket not found")
_FULL = re.compile(r"\b507\b|insufficient storage|quotaexceeded|quota exceeded|no space left|storage ?full|disk ?full")
_SILENT = re.compile(r"\b(500|502|503|504|429)\b|slowdown|connect|timed out|timeout|dns error|sending request|\bretr")
_SECRETS = re.compile(r"(^|_)(KEY|KEY_ID|SECRET|TOKEN|PASSWORD|SAS)(_|$)|ACCESS_KEY|CREDENTIAL", re.IGNORECASE)
_CODE = re.compile(r"<Code>(\w{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3}[ \w]*)")


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
            f"library {path}: the disk is full while {action}; free some space, then run the same again"
        )
    if "file too large" in lowered or "os error 27" in lowered:
        return LibraryError(
            f"library {path}: a file may not grow any more while {action}; raise the limit of file sizes (`ulimit -f`),"
            " or choose another file system, then run the same again"
        )
    if "permission denied" in lowered or "read-only file system" in lowered or isinstance(error, PermissionError):
        return LibraryError(f"library {path}: no permission while {action} ({text}); check the owner of its files")
    return LibraryBrokenError(
        f"library {path} is damaged, or was changed by other software: {action} failed ({text});"
        " run `reelseek verify`, or delete the folder and index again"
    )


def object_error(place: ObjectPlace, action: str, error: BaseException) -> LibraryError:
    """An error of an object store, said without what its reply may hold of keys. Raise it `from None`."""
    raw = " ".join(str(error).split())
    lowered, reason = raw.lower(), _public_reason(raw)
    if _NO_BUCKET.search(lowered):
        return LibraryError(
            f"library {place}: there is no bucket {place.bucket!r}; make it, or correct the address given by --library"
        )
    if _FULL.search(lowered):
        return LibraryError(
            f"library {place}: the object store is full while {action} ({reason}); make room, then run the same again"
        )
    if _REFUSED.search(lowered):
        return LibraryError(
            f"library {place}: the object store lets nobody in while {action} ({reason}); set valid keys in the"
            " environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then run the same again"
        )
    if _SILENT.search(lowered):
        return LibraryError(
            f"library {place}: the object store does not answer while {action} ({reason}); check the network and the"
            " address, such as AWS_ENDPOINT_URL, then run the same again"
        )
    return LibraryBrokenError(
        f"library {place} is damaged, or was changed by other software: {action} failed ({reason}); run `reelseek"
        " verify`, or index again into another place"
    )


def _public_reason(raw: str) -> str:
    """Status and code of a reply where it has them; else what the error says before any reply, without secrets."""
    status, code = _STATUS.search(raw), _CODE.search(raw)
    if status or code:
        return " ".join(found[1].strip() for found in (status, code) if found)
    text = raw.partition("<?xml")[0]
    for name, value in os.environ.items():
        if _SECRETS.search(name) and len(value) >= 4:
            text = text.replace(value, "...")
    return text[:300] or "no reason given"
