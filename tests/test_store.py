"""The library's contract at its public surface: writing, replacing, reading, creating, refusing."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import lancedb
import numpy as np
import pytest

from indexer.errors import (
    LibraryBrokenError,
    LibraryError,
    LibraryLockedError,
    LibraryMissingError,
    LibraryModelsError,
    NotInLibraryError,
)
from indexer.records import Chapter, Place, StageFailure, TimeSpan, VideoMetadata, VideoProbe
from indexer.store.library import Library
from indexer.store.schema import TABLES
from indexer.store.tables import Tables
from tests.helpers.store_samples import (
    MAKER,
    content,
    open_tables,
    pictures,
    texts,
    thumbnails,
    unit,
    video,
    video_id,
    write_whole,
)


@pytest.fixture
def library(tmp_path: Path):
    with Library.open_writer(tmp_path / "library", maker=MAKER) as opened:
        yield opened


@pytest.mark.skipif(os.name == "nt", reason="there is no limit of file sizes")
def test_a_file_that_may_not_grow_is_no_damage(library: Library):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(LibraryError, match="a file reached its size limit while writing texts") as caught:
            library.write_texts([texts(1)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not isinstance(caught.value, LibraryBrokenError)
    library.write_texts([texts(1)])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_spool_on_a_full_disk_names_the_library_and_leaves_nothing(library: Library):
    place = library.path / "staging" / "a.jpgs"
    place.symlink_to("/dev/full")
    spool = library.open_spool("a.jpgs")
    with pytest.raises(LibraryError, match=rf"{library.path}: the disk is full"):
        spool.append(bytes(1 << 20))
    spool.close()
    spool.close()
    assert not place.is_symlink()


def test_a_spool_gives_back_its_pieces(library: Library):
    spool = library.open_spool("a.jpgs")
    for piece in (b"one", b"", b"three"):
        spool.append(piece)
    assert [spool.read(index) for index in (2, 0, 1)] == [b"three", b"one", b""]
    spool.close()
    assert not list((library.path / "staging").iterdir())


def versions(library: Library) -> dict[str, int]:
    tables = open_tables(library)
    return {name: tables.version(name) for name in TABLES}


def test_rows_come_back_as_they_were_written(library: Library):
    name, segments, frames = pictures(1)
    _, _, rows = texts(1)
    probe = VideoProbe("mov", "h264", "decord", 640, 360, 90, 9.5, 25.0, 0.5, 1, True, (2, 3), 1)
    metadata = VideoMetadata("A title", place=Place(1.5, -2.5), chapters=(Chapter(TimeSpan(0.5, 2.25), "One"),))
    written = replace(
        video(1), probe=probe, warnings=("damaged after 3 s",), metadata=metadata, tags=("beach", "work trip")
    ).with_failure("speech", StageFailure("unexpected", "no such shape", "version 1"))
    library.write_pictures([(name, segments, frames)])
    library.write_texts([(name, "subtitle", rows)])
    library.put_videos([written])
    assert library.videos() == [written]
    assert library.video(name) == written
    assert [replace(row, vector=None) for row in library.segments(name)] == [
        replace(row, vector=None) for row in segments
    ]
    for found, given in ((library.frames(name), frames), (library.texts(name), rows)):
        assert [replace(row, vector=None) for row in found] == [replace(row, vector=None) for row in given]
        assert all(np.array_equal(row.vector, other.vector) for row, other in zip(found, given, strict=True))
    assert library.counts() == {
        "videos": 1, "failed": 0, "segments": 3, "frames": 9, "subtitle": 2, "speech": 0, "screen_text": 0, "caption": 0
    }  # fmt: skip


@pytest.mark.parametrize("segments", [1, 3, 5, 0], ids=["fewer", "as many", "more", "none"])
def test_replacing_leaves_the_new_rows_alone(library: Library, segments: int):
    write_whole(library, 1)
    write_whole(library, 2)
    library.write_pictures([pictures(1, segments, take=1)])
    library.write_texts([texts(1, ["other"] * segments, take=1)])
    assert len(library.segments(video_id(1))) == segments
    assert [row.text for row in library.texts(video_id(1))] == ["other"] * segments
    assert len(library.frames(video_id(2))) == 9


def test_several_videos_are_one_commit(library: Library):
    before = versions(library)
    library.write_pictures([pictures(number) for number in range(1, 5)])
    assert versions(library)["frames"] == before["frames"] + 1
    library.write_pictures([pictures(number, take=1) for number in range(2, 6)])
    assert versions(library)["frames"] == before["frames"] + 3  # the new rows are added, then the old ones are deleted
    assert library.counts()["frames"] == 5 * 9


def test_nothing_to_write_makes_no_commit(library: Library):
    before = versions(library)
    library.write_pictures([])
    library.write_pictures([pictures(1, 0)])
    library.write_texts([texts(1, [])])
    library.remove_videos([video_id(9)])
    assert versions(library) == before


def test_texts_of_another_source_are_left_alone(library: Library):
    library.write_texts([texts(1, ["said"]), texts(1, ["SIGN"], "screen_text")])
    library.write_texts([texts(1, ["said again"])])
    assert {row.text for row in library.texts(video_id(1))} == {"said again", "SIGN"}
    assert [row.text for row in library.texts(video_id(1), "screen_text")] == ["SIGN"]


def test_a_shorter_take_drops_the_thumbnails_of_lost_segments(library: Library):
    write_whole(library, 1)
    library.write_pictures([pictures(1, 1)])
    assert thumbnails(library.path) == [f"thumbnails/00/{video_id(1)}/000000.jpg"]


def test_removing_leaves_nothing_of_a_video(library: Library):
    write_whole(library, 1)
    kept = content(library)
    write_whole(library, 2)
    library.remove_videos([video_id(2)])
    assert content(library) == kept


def test_a_reader_sees_the_commits_of_another_process(library: Library):
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.helpers.store_samples import video_id\n"
        "from indexer.store.library import Library; from pathlib import Path\n"
        "library = Library.open(Path(sys.argv[1]))\n"
        "for line in sys.stdin: print(library.counts()['frames'], len(library.videos()), flush=True)\n"
    )
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", code, str(library.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
    ) as reader:  # fmt: skip
        assert reader.stdin
        assert reader.stdout
        seen: list[str] = []
        for number in range(3):
            reader.stdin.write("look\n")
            reader.stdin.flush()
            seen.append(reader.stdout.readline().strip())
            write_whole(library, number)
        reader.stdin.close()
    assert seen == ["0 0", "9 1", "18 2"]


def test_a_reader_may_not_write(library: Library):
    with Library.open(library.path) as reader, pytest.raises(LibraryError, match="open_writer"):
        reader.write_pictures([pictures(1)])


def test_a_snapshot_is_read_only_and_does_not_own_the_lock(library: Library):
    write_whole(library, 1)
    with library.snapshot() as snapshot:
        assert snapshot.videos() == library.videos()
        for write in (lambda: snapshot.put_videos([video(2)]), snapshot.maintain):
            with pytest.raises(LibraryError, match="open_writer"):
                write()
    with pytest.raises(LibraryLockedError):
        Library.open_writer(library.path, maker=MAKER)
    library.put_videos([video(2)])


def test_videos_are_found_by_id_prefix_path_and_name(library: Library):
    ids = ["ab12" + "0" * 28, "ab13" + "0" * 28]
    for number, one in enumerate(ids):
        library.put_videos([replace(video(number), video_id=one, paths=(f"/v/{number}/clip.mp4", f"/w/{number}.mp4"))])
    for name in (ids[1], "ab13", "/w/1.mp4", "1.mp4", "/v/1/clip.mp4"):
        assert library.find_video(name).video_id == ids[1]
    with pytest.raises(NotInLibraryError, match=r"matches 2 videos.*ab120000.*ab130000"):
        library.find_video("clip.mp4")
    with pytest.raises(NotInLibraryError, match=r"no video 'x\.mp4'"):
        library.find_video("x.mp4")


def test_finding_a_video_by_name_reads_no_other(library: Library, monkeypatch: pytest.MonkeyPatch):
    library.put_videos([video(number) for number in range(1, 9)])
    whole: list[int] = []
    fetch = Tables.fetch

    def spy(tables: Tables, action: str, query: object) -> object:
        rows = fetch(tables, action, query)
        whole.append(len(rows) if "metadata" in rows.column_names else 0)
        return rows

    monkeypatch.setattr(Tables, "fetch", spy)
    assert library.find_video("4.mp4") == video(4)
    assert sum(whole) == 1


def test_videos_are_found_by_a_path_from_the_working_or_home_folder(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "films" / "inner").mkdir(parents=True)
    paths = (tmp_path / "films" / "a.mp4", tmp_path / "films" / "inner" / "a.mp4")
    for number, path in enumerate(paths):
        library.put_videos([replace(video(number), paths=(str(path),))])
    monkeypatch.setenv("HOME", str(tmp_path))
    for folder, name, number in (
        (tmp_path, "films/a.mp4", 0),
        (tmp_path, "./films/inner/a.mp4", 1),
        (tmp_path / "films", "a.mp4", 0),
        (tmp_path / "films" / "inner", "a.mp4", 1),
        (tmp_path / "films" / "inner", "../a.mp4", 0),
        (tmp_path / "films", "~/films/inner/a.mp4", 1),
    ):
        monkeypatch.chdir(folder)
        assert library.find_video(name).video_id == video_id(number)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotInLibraryError, match="matches 2 videos"):
        library.find_video("a.mp4")


def test_segments_are_looked_up_in_batches(library: Library):
    write_whole(library, 1)
    write_whole(library, 2)
    found = library.segments_by_key([(video_id(2), 1), (video_id(1), 0), (video_id(1), 77)])
    assert {key: row.index for key, row in found.items()} == {(video_id(2), 1): 1, (video_id(1), 0): 0}
    assert library.segments_by_key([]) == {}


def test_a_library_without_models_keeps_rows_without_vectors(tmp_path: Path):
    bare = replace(MAKER, picture_model="", picture_dim=0, text_model="", text_dim=0)
    with Library.open_writer(tmp_path / "bare", maker=bare) as library:
        name, segments, frames = pictures(1)
        library.write_pictures(
            [(name, [replace(row, vector=None) for row in segments], [replace(row, vector=None) for row in frames])]
        )
        library.write_texts([(name, "subtitle", [replace(row, vector=None) for row in texts(1)[2]])])
        assert library.frames(name)[0].vector is None
        assert library.nearest_frames(unit(16, 1), limit=3) == []
        assert library.frame_similarities(unit(16, 1), [(name, 0)]) == {(name, 0): []}
        assert len(library.background(unit(16, 1), what="frames")) == 0
        assert [hit.text for hit in library.match_words("hello", source="subtitle", limit=3)] == ["hello there"]


@pytest.mark.parametrize("vector", [None, unit(5, 1)], ids=["none", "other dimension"])
def test_vectors_of_another_shape_are_refused(library: Library, vector: object):
    name, segments, frames = pictures(1)
    bad = [replace(frames[0], vector=vector)]
    with pytest.raises(ValueError, match=r"must have the shape \(16,\)"):
        library.check_rows(video(1), pictures=(segments, bad))
    with pytest.raises(ValueError, match=r"must have the shape \(16,\)"):
        library.write_pictures([(name, segments, bad)])
    assert library.counts()["segments"] == 0


def test_segments_of_sound_have_no_vectors_however_often_they_are_written(library: Library):
    name, segments, _ = pictures(1)
    sound = [replace(row, vector=None) for row in segments]
    for _ in range(2):
        library.write_pictures([(name, sound, []), pictures(2)])
        library.put_videos([video(1), video(2)])
    assert library.segment_vectors([(name, 0)]) == {}
    assert len(library.segments(name)) == 3


def test_a_video_twice_in_one_call_is_refused(library: Library):
    with pytest.raises(ValueError, match="once a call"):
        library.write_pictures([pictures(1), pictures(1)])


def test_other_models_are_named_on_both_sides(library: Library):
    library.close()
    other = replace(MAKER, picture_model="ViT-L", picture_dim=768, profile="large")
    for opening in (Library.open, Library.open_writer):
        with pytest.raises(LibraryModelsError, match=r"'clip' here, 'ViT-L' asked for.*16 here, 768 asked for"):
            opening(library.path, maker=other)
    Library.open(library.path, maker=replace(MAKER, profile="other name")).close()


def test_a_missing_library_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(LibraryMissingError, match="reelseek index"):
        Library.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path: Path):
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(LibraryError, match="is not a library"):
        Library.open_writer(tmp_path, maker=MAKER)
    assert [entry.name for entry in tmp_path.iterdir()] == ["holiday.jpg"]
    with pytest.raises(LibraryError, match="is a file"):
        Library.open_writer(tmp_path / "holiday.jpg", maker=MAKER)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"schema_version": 999, "maker": {}}', "\0"])
def test_a_damaged_maker_file_is_named(library: Library, text: str):
    library.close()
    (library.path / "library.json").write_text(text)
    for opening in (Library.open, Library.open_writer):
        with pytest.raises(LibraryBrokenError, match=r"library\.json|schema version"):
            opening(library.path, maker=MAKER)


def test_a_lost_maker_file_does_not_lose_the_rows(library: Library):
    write_whole(library, 1)
    library.close()
    kept = (library.path / "library.json").read_text()
    (library.path / "library.json").unlink()
    with pytest.raises(LibraryBrokenError, match="lost its file"):
        Library.open_writer(library.path, maker=MAKER)
    (library.path / "library.json").write_text(kept)
    with Library.open_writer(library.path, maker=MAKER) as again:
        assert again.counts()["frames"] == 9


def test_damaged_tables_are_named(library: Library):
    write_whole(library, 1)
    library.close()
    for file in (library.path / "lance" / "frames.lance" / "data").iterdir():
        file.write_bytes(b"not a lance file")
    with Library.open(library.path) as reader, pytest.raises(LibraryBrokenError, match="damaged"):
        reader.frames(video_id(1))
    for file in (library.path / "lance" / "frames.lance" / "_versions").iterdir():
        file.unlink()
    with pytest.raises(LibraryBrokenError, match="damaged"):
        Library.open(library.path)


def test_other_columns_are_another_version(library: Library):
    library.close()
    told = json.loads((library.path / "library.json").read_text())
    told["maker"]["text_dim"] = 9
    (library.path / "library.json").write_text(json.dumps(told))
    with pytest.raises(LibraryBrokenError, match="other columns"):
        Library.open(library.path)


def test_a_library_made_before_stage_failures_is_read_and_extended(library: Library):
    write_whole(library, 1)
    library.close()
    lancedb.connect(str(library.path / "lance")).open_table("videos").drop_columns(["stage_failures"])
    with Library.open(library.path) as reader:
        assert reader.videos() == [video(1)]
        failed = video(1).with_failure("speech", StageFailure("unexpected", "no such shape", "version 1"))
        with Library.open_writer(library.path, maker=MAKER) as writer:
            writer.put_videos([failed])
            assert writer.videos() == [failed]
        assert reader.videos() == [failed]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root and Windows may write anywhere")
def test_a_read_only_folder_is_named(library: Library):
    library.close()
    library.path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(LibraryError, match=r"writable|permission"):
        Library.open_writer(library.path, maker=MAKER)
    library.path.chmod(stat.S_IRWXU)


def test_everything_written_lies_inside_the_library(library: Library, tmp_path: Path):
    write_whole(library, 1)
    library.maintain(force=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["library"]
    assert {entry.name for entry in library.path.iterdir()} <= {
        "lance", "library.json", "recovery", "staging", "thumbnails", "videos.journal", "writer.json", "writer.lock"
    }  # fmt: skip


def test_maintenance_changes_no_row_and_compacts_the_fragments(library: Library):
    for number in range(30):
        write_whole(library, number)
    kept = content(library)
    library.maintain()
    assert content(library) == kept
    assert open_tables(library).table("frames").stats()["fragment_stats"]["num_fragments"] < 3
    before = versions(library)
    library.maintain()
    assert versions(library) == before, "nothing is due, so nothing is written"
