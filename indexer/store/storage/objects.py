"""The objects of one library: each call is one request, and its errors are those of Reelseek."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotModifiedError, PreconditionError

from indexer.library_place import ObjectPlace
from indexer.store.database_errors import object_error

if TYPE_CHECKING:
    from obstore import GetOptions, ObjectMeta, PutResult, UpdateVersion
    from obstore.store import ObjectStore


class Version(NamedTuple):
    """Which content of an object: the store gives each another."""

    e_tag: str | None
    generation: str | None
    """Google's stores compare this in place of the e-tag."""


class Found(NamedTuple):
    """An object that was read."""

    content: bytes
    version: Version
    modified: datetime
    """By the store's clock."""


class Objects:
    """Safe from any thread. Every method raises LibraryError where the store refuses, is full or does not answer."""

    def __init__(self, place: ObjectPlace, store: "ObjectStore") -> None:
        self.place = place
        self._store = store

    def get(self, name: str, *, unless: Version | None = None) -> Found | None:
        """An object; None where it is still of the version `unless`. Raises FileNotFoundError."""
        with self._faults(f"reading {name}"):
            try:
                options: GetOptions | None = {"if_none_match": unless.e_tag} if unless and unless.e_tag else None
                result = obstore.get(self._store, name, options=options)
                return Found(bytes(result.bytes()), _version(result.meta), result.meta["last_modified"])
            except NotModifiedError:
                return None

    def put(self, name: str, content: bytes) -> Version:
        """Write an object, whatever is there."""
        with self._faults(f"writing {name}"):
            return _version(obstore.put(self._store, name, content))

    def create(self, name: str, content: bytes) -> Version | None:
        """Write an object that is not there yet; None where one is."""
        with self._faults(f"writing {name}"):
            try:
                return _version(obstore.put(self._store, name, content, mode="create"))
            except (AlreadyExistsError, PreconditionError):
                return None

    def update(self, name: str, content: bytes, version: Version) -> Version | None:
        """Write an object in place of one of this version; None where it is of another by now."""
        wanted: UpdateVersion = {}
        if version.e_tag is not None:
            wanted["e_tag"] = version.e_tag
        if version.generation is not None:
            wanted["version"] = version.generation
        with self._faults(f"writing {name}"):
            try:
                return _version(obstore.put(self._store, name, content, mode=wanted))
            except (AlreadyExistsError, PreconditionError, FileNotFoundError):
                return None

    def size(self, name: str) -> int | None:
        """Length in bytes; None where there is no object."""
        with self._faults(f"reading {name}"):
            try:
                return obstore.head(self._store, name)["size"]
            except FileNotFoundError as error:
                self._raise_without_bucket(error, f"reading {name}")
                return None

    def modified(self, name: str) -> datetime:
        """When an object was written, by the store's clock. Raises FileNotFoundError."""
        with self._faults(f"reading {name}"):
            return obstore.head(self._store, name)["last_modified"]

    def below(self, folder: str = "") -> Iterator["ObjectMeta"]:
        """The objects below a folder, in no order; their paths are relative to the library."""
        with self._faults("listing objects"):
            for chunk in obstore.list(self._store, prefix=f"{folder}/" if folder else None):
                yield from chunk

    def names_here(self) -> list[str]:
        """Names of the objects and folders of the library itself, sorted."""
        with self._faults("listing objects"):
            found = obstore.list_with_delimiter(self._store)
        return sorted([*found["common_prefixes"], *(one["path"] for one in found["objects"])])

    def delete(self, names: list[str]) -> None:
        """Delete objects, also some that are not there."""
        with self._faults("deleting objects"):
            try:
                obstore.delete(self._store, names)
            except FileNotFoundError:  # some stores mind it, and stop at the first
                for name in names:
                    with suppress(FileNotFoundError):
                        obstore.delete(self._store, name)

    @contextmanager
    def _faults(self, action: str) -> Generator[None]:
        try:
            yield
        except FileNotFoundError as error:
            self._raise_without_bucket(error, action)
            raise FileNotFoundError(f"{self.place} holds no such object") from None
        except (BaseError, OSError, ValueError) as error:
            raise object_error(self.place, action, error) from None

    def _raise_without_bucket(self, error: FileNotFoundError, action: str) -> None:
        if "NoSuchBucket" in str(error) or "ContainerNotFound" in str(error):
            raise object_error(self.place, action, error) from None


def _version(found: "ObjectMeta | PutResult") -> Version:
    return Version(found["e_tag"], found["version"])
