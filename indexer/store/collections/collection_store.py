"""The collections of a library: reading them, and every change, each under a lock of its own.

That lock is not the writer's: collections are changed also while videos are indexed.
"""

import secrets
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from indexer.errors import NotInLibraryError, UsageError
from indexer.library_place import LibraryPlace
from indexer.records import TimeSpan
from indexer.store.collections.collection_files import CollectionFiles
from indexer.store.collections.records import MAX_COLLECTIONS, CollectedMoment, Collection, Note, check_name, composed
from indexer.store.storage.opening import storage_at


class CollectionStore:
    """The collections of one library."""

    def __init__(self, place: LibraryPlace) -> None:
        self._storage = storage_at(place)
        self._files = CollectionFiles(self._storage)

    def all(self) -> tuple[Collection, ...]:
        """In the order in which they were begun. Raises LibraryBrokenError where their files are damaged."""
        return self._files.read()

    def find(self, name: str) -> Collection:
        """The collection of this id, or this name in any case. Raises NotInLibraryError."""
        return _found(self.all(), name)

    def create(self, name: str, moments: Sequence[CollectedMoment] = ()) -> Collection:
        """Begin a collection, with moments as `add` takes them. Raises UsageError, as where the name is taken."""
        with self._changed() as collections:
            if len(collections) >= MAX_COLLECTIONS:
                raise UsageError(f"a library holds at most {MAX_COLLECTIONS} collections; remove one first")
            made = Collection(secrets.token_hex(6), _free_name(collections, name), _now())
            made = _with_added(made, moments)
            collections.append(made)
        return made

    def rename(self, name: str, new_name: str) -> Collection:
        """Raises NotInLibraryError, UsageError."""
        return self.change(name, new_name=new_name)

    def change(self, name: str, *, new_name: str | None = None, order: Sequence[str] = ()) -> Collection:
        """Rename and arrange a collection, both or neither.

        Args:
            new_name: None where it stays.
            order: ids of moments; those that are not named stay behind these in their order.

        Raises:
            NotInLibraryError; UsageError where the name is taken or is none, or a moment is not in the collection.
        """
        with self._changed() as collections:
            old = _found(collections, name)
            first = [old.moment(moment_id) for moment_id in dict.fromkeys(order)]
            new = old.with_moments((*first, *(one for one in old.moments if one not in first)))
            if new_name is not None:
                new = replace(new, name=_free_name([one for one in collections if one is not old], new_name))
            return _put(collections, new)

    def remove(self, name: str) -> Collection:
        """Raises NotInLibraryError."""
        with self._changed() as collections:
            old = _found(collections, name)
            collections.remove(old)
        return old

    def add(self, name: str, moments: Sequence[CollectedMoment]) -> Collection:
        """Append moments, whose ids are made anew. One that is there already, with the same span, stays once.

        Raises:
            NotInLibraryError, UsageError.
        """
        return self._change(name, lambda old: _with_added(old, moments))

    def change_moment(
        self,
        name: str,
        moment_id: str,
        *,
        span: TimeSpan | None = None,
        handle_seconds: float | None = None,
        notes: Sequence[Note] | None = None,
    ) -> Collection:
        """Trim a moment, set its handles or its notes; what is None stays. Raises NotInLibraryError, UsageError."""

        def change(old: Collection) -> Collection:
            before = old.moment(moment_id)
            after = replace(
                before,
                span=before.span if span is None else span,
                handle_seconds=before.handle_seconds if handle_seconds is None else handle_seconds,
                notes=before.notes if notes is None else tuple(notes),
            )
            return old.with_moments(tuple(after if one is before else one for one in old.moments))

        return self._change(name, change)

    def add_note(self, name: str, moment_id: str, note: Note) -> Collection:
        """Write a note beside those that a moment has by then. Raises NotInLibraryError, UsageError."""

        def change(old: Collection) -> Collection:
            before = old.moment(moment_id)
            after = replace(before, notes=(*before.notes, note))
            return old.with_moments(tuple(after if one is before else one for one in old.moments))

        return self._change(name, change)

    def remove_moments(self, name: str, moment_ids: Sequence[str]) -> Collection:
        """Raises NotInLibraryError; UsageError where a moment is not in the collection."""

        def change(old: Collection) -> Collection:
            gone = {old.moment(moment_id).moment_id for moment_id in moment_ids}
            return old.with_moments(tuple(one for one in old.moments if one.moment_id not in gone))

        return self._change(name, change)

    def reorder(self, name: str, moment_ids: Sequence[str]) -> Collection:
        """Arrange the moments in this order, as `change` does. Raises NotInLibraryError, UsageError."""
        return self.change(name, order=moment_ids)

    def _change(self, name: str, change: Callable[[Collection], Collection]) -> Collection:
        with self._changed() as collections:
            return _put(collections, change(_found(collections, name)))

    @contextmanager
    def _changed(self) -> Generator[list[Collection]]:
        """The collections to be changed in place; they are written unless the block raises."""
        with self._storage.changing_collections():
            before = self._files.read()
            collections = list(before)
            yield collections
            if tuple(collections) != before:
                self._files.write(collections)


def _found(collections: Sequence[Collection], name: str) -> Collection:
    wanted = composed(name).casefold()
    for one in collections:
        if wanted == one.collection_id:
            return one
    for one in collections:
        if wanted == one.name.casefold():
            return one
    known = ", ".join(repr(one.name) for one in collections[:5])
    raise NotInLibraryError(
        f"no collection is called {name!r}; "
        + (f"there are {known}" if known else "there is none yet; `reelseek collection create NAME` makes one")
    )


def _with_added(old: Collection, moments: Sequence[CollectedMoment]) -> Collection:
    known = {(one.video_id, one.span) for one in old.moments}
    new: list[CollectedMoment] = []
    for moment in moments:
        if (moment.video_id, moment.span) not in known:
            known.add((moment.video_id, moment.span))
            new.append(replace(moment, moment_id=secrets.token_hex(4)))
    return old.with_moments((*old.moments, *new))


def _free_name(collections: Sequence[Collection], raw: str) -> str:
    name = check_name(raw)
    if any(one.name.casefold() == name.casefold() for one in collections):
        raise UsageError(f"a collection {name!r} already exists; choose another name")
    return name


def _put(collections: list[Collection], new: Collection) -> Collection:
    place = next(place for place, one in enumerate(collections) if one.collection_id == new.collection_id)
    collections[place] = new
    return new


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
