"""The file `library.json`: which models and settings made a library."""

import json
from dataclasses import asdict

from indexer.config import SETTINGS
from indexer.errors import LibraryBrokenError, LibraryError, LibraryMissingError, LibraryModelsError
from indexer.library_place import LibraryPlace
from indexer.store.folder import MAKER_FILE
from indexer.store.schema import SCHEMA_VERSION, Maker
from indexer.store.storage.protocol import Storage


def write_maker(storage: Storage, maker: Maker) -> None:
    """Write the file atomically; with it the place becomes a library."""
    content = {"schema_version": SCHEMA_VERSION, "maker": asdict(maker)}
    storage.replace(MAKER_FILE, (json.dumps(content, indent=2) + "\n").encode())


def read_maker(storage: Storage) -> Maker:
    """The maker of the library in a place.

    Raises:
        LibraryMissingError: there is no library.
        LibraryBrokenError: the file cannot be read, or is of another schema version.
        LibraryError: no permission to read it.
    """
    path = storage.path
    try:
        content = json.loads(storage.read(MAKER_FILE).decode("utf-8"))
        version = content["schema_version"]
        if version != SCHEMA_VERSION:
            raise LibraryBrokenError(
                f"library {path} has schema version {version}, but this Reelseek reads {SCHEMA_VERSION};"
                " use the version of Reelseek that made it, or index again into another folder"
            )
        return Maker(**content["maker"])
    except (FileNotFoundError, NotADirectoryError):
        where = "" if str(path) == SETTINGS["library"].default else f" --library {path}"
        raise LibraryMissingError(f"no library at {path}; create one with `reelseek index PATH{where}`") from None
    except PermissionError as error:
        raise LibraryError(f"library {path} cannot be read: {error}; check the owner of its files") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryBrokenError(
            f"library {path} is damaged: {MAKER_FILE} cannot be read ({error}); restore it, or delete the folder"
            " and index again"
        ) from error


def check_maker(path: LibraryPlace, found: Maker, wanted: Maker) -> None:
    """Raises LibraryModelsError, naming both sides, where the vectors of two makers cannot be compared."""
    differences = found.differences(wanted)
    if differences:
        raise LibraryModelsError(
            f"library {path} was made with other models or settings (profile {found.profile!r} here,"
            f" {wanted.profile!r} asked for): {'; '.join(differences)}. Use those it was made with, or index into"
            " another folder with --library"
        )
