"""A library that gets a model which it had none of: its rows stay, vectors are added, and a kill on the way heals."""

from dataclasses import replace
from pathlib import Path

import pytest
from lancedb.table import LanceTable

from indexer.errors import LibraryModelsError
from indexer.store.library import Library
from indexer.store.schema import Maker
from indexer.store.writing import growth
from tests.helpers.interruptions import InterruptedAfter
from tests.helpers.store_samples import MAKER, pictures, texts, thumbnails, unit, video, video_id, write_whole

WORDS = replace(MAKER, picture_model="", picture_dim=0, text_model="", text_dim=0, profile="words")
TEXT = replace(MAKER, picture_model="", picture_dim=0, profile="text")


def write_without_vectors(library: Library, number: int) -> None:
    name, segments, frames = pictures(number)
    bare = [replace(row, vector=None) for row in segments], [replace(row, vector=None) for row in frames]
    library.write_pictures([(name, *bare)])
    _, source, rows = texts(number)
    library.write_texts([(name, source, [replace(row, vector=None) for row in rows])])
    for row in segments:
        library.write_thumbnail(name, row.index, b"jpeg")
    library.put_videos([video(number)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A library without models, of two videos."""
    with Library.open_writer(tmp_path / "library", maker=WORDS) as library:
        write_without_vectors(library, 1)
        write_without_vectors(library, 2)
    return tmp_path / "library"


def assert_halfway(library: Library) -> None:
    """Of two videos, the second alone has vectors."""
    vector = unit(16, 2, 0, 1000)
    hits = library.nearest_frames(vector, limit=100)
    assert {hit.video_id for hit in hits} == {video_id(2)} and len(hits) == 9
    assert hits[0].similarity == pytest.approx(1.0, abs=0.01)
    assert library.nearest_frames(vector, limit=100, video_ids=[video_id(1)]) == []
    found = library.frame_similarities(vector, [(video_id(1), 0), (video_id(2), 0)])
    assert (len(found[video_id(1), 0]), len(found[video_id(2), 0])) == (0, 3)
    assert list(library.segment_vectors([(video_id(1), 0), (video_id(2), 0)])) == [(video_id(2), 0)]
    assert len(library.background(vector, what="frames")) == 9
    meaning = unit(8, 2, 0, 0)
    assert {hit.video_id for hit in library.nearest_texts(meaning, source="subtitle", limit=9)} == {video_id(2)}
    assert len(library.background(meaning, what="subtitle")) == len(library.sampled_texts("subtitle")) == 2
    assert {hit.video_id for hit in library.match_words("hello", source="subtitle", limit=9)} == {
        video_id(1),
        video_id(2),
    }


def test_models_are_added_video_by_video(path: Path) -> None:
    with Library.open_writer(path, maker=MAKER) as writer:
        assert writer.maker == MAKER
        assert writer.counts()["frames"] == 18, "rows stay"
        write_whole(writer, 2)
        assert_halfway(writer)  # by queries of the database
    with Library.open(path, maker=MAKER) as reader:
        assert_halfway(reader)  # in memory
        assert [one for one in reader.audit() if one.kind != "missing_file"] == []
        assert reader.frames(video_id(1))[0].vector is None
        assert len(thumbnails(path)) == 6


def test_a_text_is_corrected_before_its_vector_is_made(path: Path) -> None:
    with Library.open_writer(path, maker=MAKER) as writer:
        rows = writer.texts(video_id(1), "subtitle")
        writer.write_texts([(video_id(1), "subtitle", [replace(rows[0], text="mended"), *rows[1:]])])
        assert [row.text for row in writer.texts(video_id(1), "subtitle")] == ["mended", "good bye"]


def test_a_reader_from_before_goes_on(path: Path) -> None:
    with Library.open(path) as reader, Library.open_writer(path, maker=MAKER) as writer:
        write_whole(writer, 2)
        assert [one.video_id for one in reader.videos()] == [video_id(1), video_id(2)]
        assert reader.nearest_frames(unit(16, 1), limit=3) == []
        assert len(reader.frames(video_id(2))) == 9
        assert len(reader.match_words("hello", source="subtitle", limit=9)) == 2


def test_a_text_library_keeps_its_text_model(tmp_path: Path) -> None:
    with Library.open_writer(tmp_path / "library", maker=TEXT):
        pass
    other = replace(MAKER, text_model="e5", text_dim=12)
    with pytest.raises(LibraryModelsError, match=r"text model: 'minilm' here, 'e5' asked for"):
        Library.open_writer(tmp_path / "library", maker=other)
    with Library.open(tmp_path / "library") as library:
        assert library.maker == TEXT, "nothing was changed"


def test_a_second_model_and_none_are_refused(path: Path) -> None:
    Library.open_writer(path, maker=MAKER).close()
    for wanted in (replace(MAKER, picture_model="ViT-L", picture_dim=768), TEXT):
        with pytest.raises(LibraryModelsError, match="another folder"):
            Library.open_writer(path, maker=wanted)


@pytest.mark.thorough
@pytest.mark.parametrize("step", range(4))
@pytest.mark.parametrize("then", [MAKER, WORDS, replace(MAKER, picture_dim=24)], ids=["same", "none", "another"])
def test_a_kill_while_a_model_is_added_heals(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: int, then: Maker
) -> None:
    """Killed after `step` of three tables, or before the maker file; then opened for the same models or others."""
    stopping = InterruptedAfter(step)
    with monkeypatch.context() as patch:
        patch.setattr(LanceTable, "add_columns", stopping(LanceTable.add_columns))
        patch.setattr(growth, "write_maker", stopping(growth.write_maker))
        with pytest.raises(KeyboardInterrupt):
            Library.open_writer(path, maker=MAKER)
    with Library.open(path) as reader:
        assert reader.maker == WORDS
        assert len(reader.frames(video_id(1))) == 9
    with Library.open_writer(path, maker=then) as writer:
        assert writer.maker == then
        assert writer.counts()["frames"] == 18
        assert [one for one in writer.audit() if one.kind != "missing_file"] == []
        if then.picture_dim == MAKER.picture_dim:
            write_whole(writer, 2)
            assert_halfway(writer)
        elif not then.picture_dim:
            write_without_vectors(writer, 2)
