"""The storage of a library, chosen by the kind of its place."""

from pathlib import Path

from indexer.errors import LibraryError
from indexer.library_place import LibraryPlace, ObjectPlace
from indexer.store.folder import LibraryFolder
from indexer.store.storage.connection import connect
from indexer.store.storage.protocol import Storage


def storage_at(place: LibraryPlace) -> Storage:
    """The storage at a place; reads and writes nothing.

    Raises:
        LibraryError: the package for object stores is not installed, or their settings cannot be used.
    """
    if isinstance(place, ObjectPlace):
        store = connect(place)
        from indexer.store.storage.object_storage import ObjectStorage  # its package is optional

        return ObjectStorage(place, store)
    return LibraryFolder(place.absolute())


def folder_at(place: LibraryPlace, action: str, way_out: str) -> LibraryFolder:
    """The library's folder, for what is done in folders alone.

    Args:
        action: what is to be done, as `backed up`.
        way_out: what to do instead.

    Raises:
        LibraryError: the library lies in an object store.
    """
    if not isinstance(place, Path):
        raise LibraryError(f"library {place} lies in an object store and is not {action} by Reelseek; {way_out}")
    return LibraryFolder(place.absolute())
