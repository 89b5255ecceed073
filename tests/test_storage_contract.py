"""What a library needs of the place where it is, of a folder and of an object store alike."""

from pathlib import Path

import pytest

from indexer.errors import LibraryError, LibraryLockedError
from indexer.library_place import ObjectPlace
from indexer.store.folder import COLLECTIONS_FILE, FAILURE_LOG, JOURNAL_FILE, MAKER_FILE, LibraryFolder
from indexer.store.storage import opening
from indexer.store.storage.protocol import Storage

PLACE = ObjectPlace("s3://bucket/films")
VIDEO = "thumbnails/ab/" + "ab" * 16


@pytest.fixture(params=["folder", "objects"])
def opened(request: pytest.FixtureRequest, tmp_path: Path):
    """A function that opens the storage of one library; each call is as another process's."""
    if request.param == "folder":
        return lambda: LibraryFolder(tmp_path)
    memory = pytest.importorskip("obstore.store", reason="`pip install reelseek[cloud]`").MemoryStore()
    from indexer.store.storage.object_storage import ObjectStorage

    return lambda: ObjectStorage(PLACE, memory)


@pytest.fixture
def storage(opened) -> Storage:
    return opened()


def test_a_file_is_replaced_as_a_whole(storage: Storage):
    assert not storage.exists(MAKER_FILE)
    assert storage.size(MAKER_FILE) == 0
    with pytest.raises(FileNotFoundError):
        storage.read(MAKER_FILE)
    storage.replace(MAKER_FILE, b"first, and longer")
    storage.replace(MAKER_FILE, b"second")
    assert (storage.exists(MAKER_FILE), storage.read(MAKER_FILE), storage.size(MAKER_FILE)) == (True, b"second", 6)
    storage.delete(MAKER_FILE)
    storage.delete(MAKER_FILE)
    assert not storage.exists(MAKER_FILE)


def test_a_file_grows_by_lines_also_from_another_process(opened):
    lines = [b"line %d\n" % number for number in range(230)]  # several times more than an object has parts
    first, second = opened(), opened()
    for line in lines[:120]:
        first.append(JOURNAL_FILE, line)
    for line in lines[120:]:
        second.append(JOURNAL_FILE, line)
    assert opened().read(JOURNAL_FILE) == b"".join(lines)
    assert opened().size(JOURNAL_FILE) == len(b"".join(lines))
    second.replace(JOURNAL_FILE, b"anew\n")
    second.append(JOURNAL_FILE, b"and on\n")
    assert opened().read(JOURNAL_FILE) == b"anew\nand on\n"
    second.delete(JOURNAL_FILE)
    assert not opened().exists(JOURNAL_FILE)


def test_pictures_lie_in_folders_of_videos(storage: Storage):
    other = "thumbnails/cd/" + "cd" * 16
    assert (storage.pictures_in(VIDEO), storage.pictures_written(VIDEO)) == ([], 0.0)
    for name in ("000000.jpg", "000001.jpg", "cover.jpg"):
        storage.write_picture(VIDEO, name, name.encode())
    storage.write_picture(other, "000000.jpg", b"other")
    storage.keep_pictures(VIDEO)
    storage.keep_pictures(other)
    assert sorted(storage.pictures_in(VIDEO)) == ["000000.jpg", "000001.jpg", "cover.jpg"]
    assert storage.pictures_written(VIDEO) > 1e9
    assert sorted(storage.picture_folders()) == [("ab" * 16, 3), ("cd" * 16, 1)]
    assert storage.numbers_of_pictures([other, VIDEO, "thumbnails/ef/none"]) == [1, 3, 0]
    storage.delete_pictures(VIDEO, ["000001.jpg", "none.jpg"])
    assert sorted(storage.pictures_in(VIDEO)) == ["000000.jpg", "cover.jpg"]
    storage.delete_pictures(VIDEO)
    assert sorted(storage.picture_folders()) in ([("cd" * 16, 1)], [("ab" * 16, 0), ("cd" * 16, 1)])


def test_pictures_are_files_of_this_machine(storage: Storage, monkeypatch: pytest.MonkeyPatch):
    names = [f"{VIDEO}/{name}" for name in ("000000.jpg", "000001.jpg", "000002.jpg")]
    for name in names[:2]:
        storage.write_picture(VIDEO, name.rpartition("/")[2], name.encode())
    storage.keep_pictures(VIDEO)
    first, second, absent = storage.local_files(names)
    assert (first.read_bytes(), second.read_bytes()) == (names[0].encode(), names[1].encode())
    assert (first.name, absent.exists()) == ("000000.jpg", False)
    if not isinstance(storage, LibraryFolder):
        from indexer.store.storage import picture_cache

        monkeypatch.setattr(picture_cache, "TRUSTED_SECONDS", -1.0)
    storage.write_picture(VIDEO, "000000.jpg", b"made anew")
    storage.delete_pictures(VIDEO, ["000001.jpg"])
    storage.keep_pictures(VIDEO)
    first, second = storage.local_files(names[:2])
    assert (first.read_bytes(), second.exists()) == (b"made anew", False)
    assert storage.local_files([names[0]]) == [first]


def test_one_writer_at_a_time(opened):
    opened().check_writable()
    first, second = opened().writer_lock(), opened().writer_lock()
    first.acquire()
    first.check()
    with pytest.raises(LibraryLockedError, match=r"process \d+ on .+ since \d{4}-.*stop it"):
        second.acquire()
    first.release()
    second.acquire()
    second.check()
    second.release()
    second.release()


def test_collections_are_changed_by_one_at_a_time_beside_a_writer(opened, monkeypatch: pytest.MonkeyPatch):
    storage, other = opened(), opened()
    writer = storage.writer_lock()
    writer.acquire()
    for module in ("lock", "storage.object_storage"):
        monkeypatch.setattr(f"indexer.store.{module}._COLLECTIONS_WAIT_SECONDS", 0.0)
    with storage.changing_collections():
        storage.replace(COLLECTIONS_FILE, b"{}")
        with pytest.raises(LibraryLockedError, match=r"collections .* are being changed by another process"):
            other.changing_collections().__enter__()
    with other.changing_collections():
        pass
    writer.release()


def test_a_place_with_other_things_is_no_library(opened):
    storage = opened()
    storage.prepare()
    storage.replace(FAILURE_LOG, b"")
    storage.append(JOURNAL_FILE, b"line\n")
    lock = storage.writer_lock()
    lock.acquire()
    lock.release()
    storage.prepare()
    storage.replace("holiday.mp4", b"")
    with pytest.raises(LibraryError, match=r"holds 'holiday.mp4' .* choose an empty or new"):
        opened().prepare()


def test_temporary_files_are_on_this_machine(storage: Storage):
    (storage.staging() / "half").mkdir()
    (storage.staging() / "half" / "made").write_bytes(b"x")
    (storage.staging() / "file").write_bytes(b"x")
    storage.empty_staging()
    assert list(storage.staging().iterdir()) == []


def test_an_object_store_needs_its_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "obstore.store", None)
    with pytest.raises(LibraryError, match=r"pip install 'reelseek\[cloud\]'"):
        opening.storage_at(PLACE)


def test_folders_are_backed_up_and_repaired_and_object_stores_are_not():
    from indexer.upkeep.backup import back_up, restore
    from indexer.upkeep.repair import repair_library

    for refused in (
        lambda: back_up(PLACE, Path("backup")),
        lambda: restore(Path("backup"), PLACE),
        lambda: repair_library(PLACE),
    ):
        with pytest.raises(LibraryError, match=r"s3://bucket/films lies in an object store and is not .*; "):
            refused()


def test_a_picture_cache_is_bounded(tmp_path: Path):
    pytest.importorskip("obstore.store", reason="`pip install reelseek[cloud]`")
    from obstore.store import MemoryStore

    from indexer.store.storage.objects import Objects
    from indexer.store.storage.picture_cache import PictureCache

    objects = Objects(PLACE, MemoryStore())
    cache = PictureCache(tmp_path, limit_bytes=2500)
    for number in range(5):
        objects.put(f"{number}.jpg", bytes([number]) * 1000)
        assert cache.file(objects, f"{number}.jpg").read_bytes() == bytes([number]) * 1000
    kept = sorted(path.name for path in tmp_path.rglob("*.jpg"))
    assert kept == ["3.jpg", "4.jpg"]
    assert cache.file(objects, "0.jpg").read_bytes() == bytes(1000)
