"""Collections: what people choose, in their order, kept whatever happens to the tables or beside a running writer."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.errors import LibraryBrokenError, LibraryError, NotInLibraryError, UsageError
from indexer.records import TimeSpan
from indexer.store import folder
from indexer.store.collections.collection_store import CollectionStore
from indexer.store.collections.records import MAX_MOMENTS, CollectedMoment, Note
from indexer.store.durable_files import replace_durably
from indexer.store.folder import COLLECTIONS_FILE
from indexer.store.library import Library
from indexer.upkeep.verify import verify_library
from tests.helpers.store_samples import MAKER, video_id, write_whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Library.open_writer(tmp_path / "library", maker=MAKER) as library:
        write_whole(library, 1)
    return tmp_path / "library"


def moment(start: float, stop: float, number: int = 1) -> CollectedMoment:
    return CollectedMoment("", video_id(number), "a.mp4", TimeSpan(start, stop))


def spans(store: CollectionStore, name: str) -> list[tuple[float, float]]:
    return [(one.span.start_seconds, one.span.stop_seconds) for one in store.find(name).moments]


def test_moments_are_added_trimmed_arranged_and_removed(path: Path) -> None:
    store = CollectionStore(path)
    made = store.create("  Best   shots ")
    assert made.name == "Best shots" and store.find("best SHOTS") == store.find(made.collection_id) == made
    store.add("Best shots", [moment(1, 2), moment(3, 4), moment(5, 6)])
    store.add("Best shots", [moment(3, 4), moment(7, 8)])
    assert spans(store, "Best shots") == [(1, 2), (3, 4), (5, 6), (7, 8)]
    one, two, three, four = (one.moment_id for one in store.find("Best shots").moments)
    store.reorder("Best shots", [three, one])
    assert spans(store, "Best shots") == [(5, 6), (1, 2), (3, 4), (7, 8)]
    notes = [Note(5.5, "later"), Note(5.25, "first")]
    store.change_moment("Best shots", three, span=TimeSpan(5.04, 5.96), handle_seconds=1.5, notes=notes)
    changed = store.find("Best shots").moment(three)
    assert (changed.span, changed.handle_seconds) == (TimeSpan(5.04, 5.96), 1.5)
    assert [note.text for note in changed.notes] == ["first", "later"]
    store.remove_moments("Best shots", [two, four])
    assert spans(store, "Best shots") == [(5.04, 5.96), (1, 2)]
    store.rename("Best shots", "best shots!")
    assert CollectionStore(path).all()[0].name == "best shots!"
    store.remove("best shots!")
    assert store.all() == () and verify_library(path)[0].kind == "missing_file"


def test_a_name_is_the_same_however_it_is_typed(path: Path) -> None:
    store = CollectionStore(path)
    made = store.create("Caf\u00e9 \U0001f3ac")
    assert store.find("cafe\u0301 \U0001f3ac") == made
    named_so = store.create(made.collection_id)
    assert store.find(made.collection_id) == made and store.find(named_so.collection_id) == named_so


def test_texts_are_kept_so_that_they_can_be_sent(path: Path) -> None:
    store = CollectionStore(path)
    store.create("one")
    store.add("one", [replace(moment(1, 2), text="a\ud800b \U0001f3ac")])
    (kept,) = store.find("one").moments
    store.add_note("one", kept.moment_id, Note(1, "c\udcffd"))
    (kept,) = store.find("one").moments
    assert (kept.text, kept.notes[0].text) == ("a?b \U0001f3ac", "c?d")


def test_what_is_refused_says_why_and_changes_nothing(path: Path) -> None:
    store = CollectionStore(path)
    store.create("one")
    store.add("one", [moment(1, 2)])
    before = store.all()
    (known,) = before[0].moments
    for bad in ("", " \n", "x" * 101, "a\x00b", "ONE"):
        with pytest.raises(UsageError):
            store.create(bad)
    with pytest.raises(NotInLibraryError, match="'one'"):
        store.find("two")
    with pytest.raises(UsageError, match="may have been removed"):
        store.change_moment("one", "00000000", handle_seconds=1)
    with pytest.raises(UsageError, match="handles"):
        store.change_moment("one", known.moment_id, handle_seconds=61)
    with pytest.raises(UsageError, match="stop after its start"):
        store.change_moment("one", known.moment_id, span=TimeSpan(2, 2))
    with pytest.raises(UsageError, match="must not be empty"):
        store.change_moment("one", known.moment_id, notes=[Note(1, " ")])
    with pytest.raises(UsageError, match="at most 10,000,000 s"):
        store.add_note("one", known.moment_id, Note(1e300, "far"))
    with pytest.raises(UsageError, match=f"at most {MAX_MOMENTS:,}"):
        store.add("one", [moment(n, n + 1) for n in range(MAX_MOMENTS + 5)])
    assert store.all() == before


def test_collections_are_changed_while_videos_are_indexed(path: Path) -> None:
    store = CollectionStore(path)
    with Library.open_writer(path, maker=MAKER) as library:
        store.create("meanwhile")
        write_whole(library, 2)
        store.add("meanwhile", [moment(1, 2, 2)])
    assert spans(CollectionStore(path), "meanwhile") == [(1, 2)]
    assert {one.kind for one in verify_library(path)} == {"missing_file"}


def test_changes_at_once_are_all_kept(path: Path) -> None:
    CollectionStore(path).create("many")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: CollectionStore(path).add("many", [moment(n, n + 1)]), range(40)))
        assert sorted(spans(CollectionStore(path), "many")) == [(n, n + 1) for n in range(40)]
        one = CollectionStore(path).find("many").moments[0].moment_id
        list(pool.map(lambda n: CollectionStore(path).add_note("many", one, Note(n, f"note {n}")), range(40)))
    assert [note.time_seconds for note in CollectionStore(path).find("many").moments[0].notes] == list(range(40))


def test_collections_outlive_the_tables(path: Path) -> None:
    store = CollectionStore(path)
    store.create("kept")
    store.add("kept", [moment(1, 2)])
    shutil.rmtree(path / "lance")
    assert spans(store, "kept") == [(1, 2)]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_crash_between_the_files_is_no_damage(path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    store, done = CollectionStore(path), list[str]()

    def fail_later(draft: Path, target: Path) -> None:
        if len(done) == steps:
            raise OSError(5, "the power is gone")
        done.append(target.name)
        replace_durably(draft, target)

    with monkeypatch.context() as patch:
        patch.setattr(folder, "replace_durably", fail_later)
        with pytest.raises(LibraryError, match="writing collections"):
            store.create("first")
    assert {one.kind for one in verify_library(path)} == {"missing_file"}
    assert len(store.all()) == (steps == 2)
    store.create("second")
    assert store.all()[-1].name == "second"


def test_a_file_of_other_software_is_no_collection(path: Path) -> None:
    (path / COLLECTIONS_FILE).write_text("[]")
    with pytest.raises(LibraryBrokenError):
        CollectionStore(path).all()
    with pytest.raises(LibraryBrokenError):
        CollectionStore(path).create("one")
