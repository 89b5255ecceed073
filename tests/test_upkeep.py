"""Verify sees every damaged file, repair brings the library back, a backup is a library."""

import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bench.support.file_damage import WAYS, damage, files_worth_damaging
from indexer.errors import LibraryBrokenError, LibraryError, LibraryLockedError
from indexer.records import TextCorrection, TimeSpan
from indexer.store.collections.collection_store import CollectionStore
from indexer.store.collections.records import CollectedMoment, Note
from indexer.store.folder import COLLECTIONS_COPY, COLLECTIONS_FILE
from indexer.store.library import Library
from indexer.upkeep.backup import back_up, restore
from indexer.upkeep.repair import repair_library
from indexer.upkeep.verify import verify_library
from tests.helpers.store_samples import MAKER, content, texts, video, video_id, write_whole

pytestmark = pytest.mark.thorough

CASES = int(os.environ.get("REELSEEK_DAMAGES", "40"))
"""Files to damage; a nightly run takes more."""
NUMBERS = range(6)
CORRECTION = TextCorrection("subtitle", TimeSpan(0, 1), "hello there", "hullo there")


def write_library(path: Path) -> None:
    """Several commits, deleted rows, indexes, tags and corrections; each as `write_again` writes it."""
    with Library.open_writer(path, maker=MAKER) as library:
        for number in NUMBERS:
            write_whole(library, number, take=7)
            library.put_videos([typed(number)])
        library.maintain(force=True)
    with Library.open_writer(path, maker=MAKER) as library:
        for number in NUMBERS:
            write_again(library, number)
    collect(path)


def collect(path: Path) -> None:
    """Two collections, of which one holds moments with notes and handles."""
    store = CollectionStore(path)
    store.create("later")
    store.create("Opening titles")
    spans = [TimeSpan(0.25, 1.5), TimeSpan(2.0, 2.04)]
    notes = (Note(0.5, "too dark"),)
    moments = [CollectedMoment("", video_id(n), "a.mp4", span, 0.5, "hi", notes) for n, span in enumerate(spans)]
    store.add("opening titles", moments)


def typed(number: int):
    return replace(video(number), tags=(f"tag {number}",), corrections=(CORRECTION,))


def write_again(library: Library, number: int) -> None:
    """As indexing does it: what people typed is taken from the library."""
    write_whole(library, number)
    library.write_texts([texts(number, words=("hullo there", "good bye"))])
    library.put_videos([typed(number)])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "library"
    write_library(path)
    return path


def problems(path: Path) -> list[str]:
    """Problems in words; the samples' video files do not exist."""
    return [f"{one.kind} {one.detail}" for one in verify_library(path) if one.kind != "missing_file"]


def test_every_damage_is_seen_and_repaired(sound: Path, tmp_path: Path) -> None:
    draw = random.Random(1)
    cases = [(name, way) for name in files_worth_damaging(sound) for way in WAYS]
    with Library.open(sound) as library:
        whole = content(library)
        before = {one.video_id: one for one in library.videos()}
    collected = CollectionStore(sound).all()
    assert [len(one.moments) for one in collected] == [0, 2]
    for number, (name, way) in enumerate(draw.sample(cases, min(CASES, len(cases)))):
        path, what = tmp_path / str(number), f"{name} {way}"
        shutil.copytree(sound, path)
        damage(path / name, way, draw)
        assert problems(path), what
        report = repair_library(path)
        assert report.left == [], what
        assert problems(path) == [], what
        assert CollectionStore(path).all() == collected, what
        with Library.open_to_change(path) as library:
            after = {one.video_id: one for one in library.videos()}
            assert {one: (video.tags, video.corrections) for one, video in after.items()} == {
                one: (video.tags, video.corrections) for one, video in before.items()
            }, what
            for lost in report.to_index:
                write_again(library, next(one for one in NUMBERS if video_id(one) == lost.video_id))
            assert content(library) == whole, what
        shutil.rmtree(path)


def test_a_sound_library_is_left_alone(sound: Path) -> None:
    before = {path: path.stat() for path in sound.rglob("*")}
    report = repair_library(sound)
    assert (report.actions, report.to_index, report.left) == ([], [], [])
    assert {path: path.stat() for path in sound.rglob("*")} == before


def test_several_damages_at_once_are_repaired(sound: Path, tmp_path: Path) -> None:
    """A disk that goes bad does not stop at one file."""
    draw, path = random.Random(2), tmp_path / "library"
    shutil.copytree(sound, path)
    names = [name for name in files_worth_damaging(sound) if name.parts[0] in ("lance", "thumbnails")]
    for name in draw.sample(names, len(names) // 3):
        damage(path / name, draw.choice(WAYS), draw)
    assert repair_library(path).left == []
    with Library.open(path) as library:
        assert {one.video_id: one.tags for one in library.videos()} == {
            video_id(number): (f"tag {number}",) for number in NUMBERS
        }


def test_without_the_tables_the_journal_brings_all_videos_back(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "library"
    shutil.copytree(sound, path)
    shutil.rmtree(path / "lance")
    report = repair_library(path)
    assert report.left == []
    assert [one.video_id for one in report.to_index] == [video_id(number) for number in NUMBERS]
    assert CollectionStore(path).all() == CollectionStore(sound).all()


@pytest.mark.parametrize("name", [COLLECTIONS_FILE, COLLECTIONS_COPY])
@pytest.mark.parametrize("way", WAYS)
def test_damaged_collections_come_back(sound: Path, tmp_path: Path, name: str, way: str) -> None:
    path = tmp_path / "library"
    shutil.copytree(sound, path)
    damage(path / name, way, random.Random(3))
    assert any(name in one for one in problems(path))
    assert CollectionStore(path).all() == CollectionStore(sound).all()  # also before the repair
    report = repair_library(path)
    assert (len(report.actions), report.to_index, report.left) == (1, [], [])
    assert problems(path) == []
    assert CollectionStore(path).all() == CollectionStore(sound).all()


def test_collections_whose_files_are_both_lost_are_named(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "library"
    shutil.copytree(sound, path)
    for name in (COLLECTIONS_FILE, COLLECTIONS_COPY):
        damage(path / name, "noise", random.Random(4))
    with pytest.raises(LibraryBrokenError, match="reelseek repair"):
        CollectionStore(path).all()
    assert "empty now" in repair_library(path).actions[0]
    assert CollectionStore(path).all() == () and problems(path) == []


def test_a_killed_writer_is_no_damage(tmp_path: Path) -> None:
    path, left = tmp_path / "library", tmp_path / "left"
    with Library.open_writer(path, maker=MAKER) as library:
        write_whole(library, 1)
        library.write_pictures([])
        shutil.copytree(path, left, ignore=shutil.ignore_patterns("writer.*"))
    assert problems(left) == []


def test_a_backup_is_a_library_and_becomes_one(sound: Path, tmp_path: Path) -> None:
    path, copy, back = tmp_path / "library", tmp_path / "backup", tmp_path / "restored"
    shutil.copytree(sound, path)
    first = back_up(path, copy)
    assert first.new_files == first.files > 10
    assert back_up(path, copy).new_files == 0
    with Library.open_to_change(path) as library:
        library.put_videos([replace(typed(1), tags=("new",))])
    assert 0 < back_up(path, copy).new_files < first.files
    restore(copy, back)
    assert problems(copy) == problems(back) == []
    with Library.open(path) as original, Library.open(back) as restored:
        assert content(restored) == content(original)
        assert restored.video(video_id(1)).tags == ("new",)
    assert len(CollectionStore(back).find("later").moments) == 0
    assert CollectionStore(back).all() == CollectionStore(path).all()


def test_a_backup_is_made_while_others_search(sound: Path, tmp_path: Path) -> None:
    with Library.open(sound) as reader:
        back_up(sound, tmp_path / "backup")
        assert len(reader.videos()) == len(NUMBERS)


def test_what_a_backup_refuses(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "library"
    shutil.copytree(sound, path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.odt").write_text("years of work")
    with pytest.raises(LibraryError, match="neither empty nor an earlier backup"):
        back_up(path, tmp_path / "other")
    with pytest.raises(LibraryError, match="would be inside the library"):
        back_up(path, path / "backup")
    with Library.open_writer(path, maker=MAKER), pytest.raises(LibraryLockedError):
        back_up(path, tmp_path / "backup")
    with pytest.raises(LibraryError, match="is not empty"):
        restore(path, tmp_path / "other")
    next(path.glob("lance/texts.lance/data/*")).write_bytes(b"")
    with pytest.raises(LibraryBrokenError, match="reelseek repair"):
        back_up(path, tmp_path / "backup")
    with pytest.raises(LibraryBrokenError, match="use another backup"):
        restore(path, tmp_path / "restored")
    assert (tmp_path / "other" / "thesis.odt").read_text() == "years of work"
    assert not (tmp_path / "restored").exists()
