"""The file `library.json`: which models and settings made a library."""

import json
from dataclasses import asdict
from pathlib import Path

from indexer.errors import LibraryBrokenError, LibraryError, LibraryMissingError, LibraryModelsError
from indexer.store.durable_files import replace_durably
from indexer.store.folder import MAKER_FILE, LibraryFolder
from indexer.store.schema import SCHEMA_VERSION, Maker


def write_maker(folder: LibraryFolder, maker: Maker) -> None:
    """Write the file atomically; with it the folder becomes a library."""
    content = {"schema_version": SCHEMA_VERSION, "maker": asdict(maker)}
    draft = folder.staging() / MAKER_FILE
    draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    replace_durably(draft, folder.maker_file)


def read_maker(folder: LibraryFolder) -> Maker:
    """The maker of the library in a folder.

    Raises:
        LibraryMissingError: there is no library.
        LibraryBrokenError: the file cannot be read, or is of another schema version.
        LibraryError: no permission to read it.
    """
    path = folder.path
    try:
        content = json.loads(folder.maker_file.read_text(encoding="utf-8"))
        version = content["schema_version"]
        if version != SCHEMA_VERSION:
            raise LibraryBrokenError(
                f"library {path} has schema version {version}, but this Reelseek reads {SCHEMA_VERSION};"
                " use the version of Reelseek that made it, or index again into another folder"
            )
        return Maker(**content["maker"])
    except (FileNotFoundError, NotADirectoryError):
        raise LibraryMissingError(
            f"no library at {path}; create one with `reelseek index PATH --library {path}`"
        ) from None
    except PermissionError as error:
        raise LibraryError(f"library {path} cannot be read: {error}; check the owner of its files") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryBrokenError(
            f"library {path} is damaged: {MAKER_FILE} cannot be read ({error}); restore it, or delete the folder"
            " and index again"
        ) from error


def check_maker(path: Path, found: Maker, wanted: Maker) -> None:
    """Raises LibraryModelsError, naming both sides, where the vectors of two makers cannot be compared."""
    differences = found.differences(wanted)
    if differences:
        raise LibraryModelsError(
            f"library {path} was made with other models or settings (profile {found.profile!r} here,"
            f" {wanted.profile!r} asked for): {'; '.join(differences)}. Use those it was made with, or index into"
            " another folder with --library"
        )
