"""The lease of a writer in an object store: one holder, whatever clocks and replies do."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from indexer.errors import LibraryError, LibraryLeaseLostError, LibraryLockedError
from indexer.library_place import ObjectPlace
from indexer.store.library import Library
from indexer.store.lock import WriterLock
from tests.helpers.store_samples import MAKER, content, pictures, texts, video, video_id, write_whole

MemoryStore = pytest.importorskip("obstore.store", reason="`pip install reelseek[cloud]`").MemoryStore

from indexer.store.storage.lease import LEASE_SECONDS, Lease  # noqa: E402 - its package is optional
from indexer.store.storage.objects import Found, Objects, Version  # noqa: E402

PLACE = ObjectPlace("s3://bucket/films")


class Clock:
    """A clock that is set by hand, seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class AgedStore(Objects):
    """Objects of a store, some of which were written some time ago by its clock."""

    def __init__(self, store) -> None:
        super().__init__(PLACE, store)
        self.aged: dict[bytes, timedelta] = {}

    def age(self, name: str, **time: float) -> None:
        """An object as it is now was written so long ago."""
        found = super().get(name)
        assert found
        self.aged[found.content] = timedelta(**time)

    def get(self, name: str, *, unless: Version | None = None) -> Found | None:
        found = super().get(name, unless=unless)
        return found and found._replace(modified=found.modified - self.aged.get(found.content, timedelta(0)))


class LossyStore(Objects):
    """Objects of a store that does what it is asked, and whose reply is lost once."""

    lost = False

    def update(self, name: str, content: bytes, version: Version) -> Version | None:
        made = super().update(name, content, version)
        if self.lost and made:
            self.lost = False
            return super().update(name, content, version)  # asked again by the client: it is another version by now
        return made


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lease is renewed by itself: its holder does not run."""
    monkeypatch.setattr(Lease, "_keep_renewed", lambda self, released: None)


def leases(store, **named) -> tuple[Lease, Lease, AgedStore, Clock]:
    aged, clock = AgedStore(store), Clock()
    return (
        Lease(Objects(PLACE, store), "writer.lease", clock=clock, **named),
        Lease(aged, "writer.lease"),
        aged,
        clock,
    )


def test_a_lease_that_has_not_ended_is_told_with_its_holder_and_its_end(store):
    first, second, aged, _ = leases(store)
    first.acquire()
    aged.age("writer.lease", seconds=LEASE_SECONDS - 20)
    with pytest.raises(
        LibraryLockedError, match=r"process \d+ on .* since .*; if it was killed, its lease ends within 2\d"
    ):
        second.acquire()


def test_a_lease_that_has_ended_is_taken_over_and_its_holder_stops(store):
    first, second, aged, clock = leases(store)
    first.acquire()
    aged.age("writer.lease", seconds=LEASE_SECONDS + 3)
    second.acquire()
    assert not second.follows_whole_work
    clock.now += 1
    first.check()  # its time is not over by its own clock, so the store's ran ahead: the assumption that is stated
    clock.now += LEASE_SECONDS
    with pytest.raises(LibraryLeaseLostError, match=r"may not write any more.*another writer has taken.*run the same"):
        first.check()
    second.check()
    first.release(whole=True)  # takes nothing from the new holder
    with pytest.raises(LibraryLockedError):
        Lease(Objects(PLACE, store), "writer.lease").acquire()


def test_a_holder_that_slept_goes_on_where_nobody_took_its_place(store):
    first, second, _, clock = leases(store)
    first.acquire()
    clock.now += 10 * LEASE_SECONDS
    first.check()
    with pytest.raises(LibraryLockedError):
        second.acquire()


def test_a_lease_given_back_is_free_at_once(store):
    first, second, *_ = leases(store)
    for whole in (True, False):
        first.acquire()
        first.release(whole=whole)
        second.acquire()
        assert second.follows_whole_work is whole
        second.release(whole=True)


def test_a_reply_that_was_lost_costs_nothing(store):
    lossy = LossyStore(PLACE, store)
    lease = Lease(lossy, "writer.lease")
    lease.acquire()
    lossy.lost = True
    assert lease.renew()
    assert lease.renew()
    lease.release(whole=True)
    Lease(Objects(PLACE, store), "writer.lease").acquire()


def test_of_many_writers_one_wins(store):
    won: list[int] = []
    aged = AgedStore(store)
    begin = threading.Barrier(8)

    def take(number: int) -> None:
        lease = Lease(aged, "writer.lease")
        begin.wait()
        try:
            lease.acquire()
        except LibraryLockedError:
            return
        won.append(number)

    for _ in range(5):
        threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(won) == 1
        won.clear()
        aged.age("writer.lease", seconds=LEASE_SECONDS + 3)  # it was killed


def test_a_damaged_lease_ends_too(store):
    objects = AgedStore(store)
    objects.put("writer.lease", b"{")
    lease = Lease(objects, "writer.lease")
    with pytest.raises(LibraryLockedError, match="by another process"):
        lease.acquire()
    objects.age("writer.lease", seconds=LEASE_SECONDS + 3)
    lease.acquire()


def test_a_store_that_ignores_conditions_is_refused(store, monkeypatch: pytest.MonkeyPatch):
    from indexer.store.storage.object_storage import ObjectStorage

    storage = ObjectStorage(PLACE, store)
    storage.check_writable()
    for method in ("create", "update"):
        with monkeypatch.context() as patch:
            patch.setattr(Objects, method, lambda self, name, content, version=None: self.put(name, content))
            with pytest.raises(LibraryError, match=r"ignores conditional writes .*use a store that honours them"):
                storage.check_writable()
    assert [one["path"] for one in Objects(PLACE, store).below()] == []


@pytest.mark.parametrize("call", ["write_pictures", "write_texts", "put_videos", "remove_videos", "maintain"])
def test_a_writer_without_its_right_commits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str):
    arguments = {
        "write_pictures": [pictures(1, take=1)],
        "write_texts": [texts(1, ["other"])],
        "put_videos": [video(2)],
        "remove_videos": [video_id(1)],
    }

    def lost(lock: WriterLock) -> None:
        raise LibraryLeaseLostError("library: this process may not write any more")

    with Library.open_writer(tmp_path / "library", maker=MAKER) as library:
        write_whole(library, 1)
        before = content(library)
        with monkeypatch.context() as patch:
            patch.setattr(WriterLock, "check", lost)
            with pytest.raises(LibraryLeaseLostError):
                getattr(library, call)(*([arguments[call]] if call in arguments else []))
        assert content(library) == before
