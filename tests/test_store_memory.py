"""Small tables in memory answer as the database does, rows by their places as all rows; as the library is now."""

import numpy as np
import pytest

import indexer.store.memory.in_memory_tables as store_keeping
from indexer.records import TimeSpan
from indexer.store.library import Library
from tests.helpers.store_samples import MAKER, PICTURE_DIM, TEXT_DIM, pictures, texts, unit, video_id, write_whole

WORDS = "a red fox over the lazy dog jumps again and again under one old moon".split()
VIDEOS = [video_id(number) for number in range(12)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "library"
    rng = np.random.default_rng(3)
    with Library.open_writer(path, maker=MAKER) as library:
        for number in range(12):
            library.write_pictures([pictures(number, segments=5)])
            lines = [" ".join(rng.choice(WORDS, 5)) for _ in range(9)]
            library.write_texts([texts(number, lines, "screen_text"), texts(number, lines[:4], "subtitle")])
    return path


@pytest.fixture(scope="module", params=["places are kept", "places are not kept"])
def both(path, request):
    """The same library: asked in memory, and in the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_keeping, "KEPT_ROWS", 0)
        if request.param == "places are not kept":
            patch.setattr(store_keeping, "PLACED_ROWS", 0)
        database = Library.open(path)
        assert database._kept_texts() is None
        # What was looked at stays looked at for `now`.
        database = database.now()
        assert (database._kept_frames(), database._kept_texts(), database._kept_segments()) == (None, None, None)
        assert (database._text_places() is None) == (request.param == "places are not kept")
    return Library.open(path), database


def as_numbers(hits):
    return [(*hit[:-2], hit.is_scenery) if hasattr(hit, "is_scenery") else hit[:-1] for hit in hits]


@pytest.mark.parametrize("video_ids", [None, VIDEOS[2:5], []])
@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_the_nearest_are_the_same(both, video_ids, limit):
    for seed in range(4):
        picture, meaning = unit(PICTURE_DIM, 77, seed), unit(TEXT_DIM, 78, seed)
        one, other = (library.nearest_frames(picture, limit=limit, video_ids=video_ids) for library in both)
        assert as_numbers(one) == as_numbers(other)
        assert np.allclose([hit.similarity for hit in one], [hit.similarity for hit in other], atol=1e-4)
        for source in ("screen_text", "subtitle", "caption"):
            one, other = (
                library.nearest_texts(meaning, source=source, limit=limit, video_ids=video_ids) for library in both
            )
            assert as_numbers(one) == as_numbers(other)
            assert np.allclose([hit.similarity for hit in one], [hit.similarity for hit in other], atol=1e-4)


@pytest.mark.parametrize("query", ["fox", "the red moon", "lazydog", "nothing here", "jumqs", "!"])
@pytest.mark.parametrize("fuzzy", [False, True])
def test_the_same_words_are_found(both, query, fuzzy):
    for source in ("screen_text", "subtitle"):
        for video_ids in (None, VIDEOS[:3]):
            one, other = (
                library.match_words(query, source=source, limit=500, video_ids=video_ids, fuzzy=fuzzy)
                for library in both
            )
            assert {hit[:4] for hit in one} == {hit[:4] for hit in other}
            assert [hit.similarity for hit in one] == sorted((hit.similarity for hit in one), reverse=True)


def test_rows_are_the_same(both):
    kept, database = both
    keys = [(VIDEOS[4], 2), (VIDEOS[4], 3), (VIDEOS[0], 1), (video_id(99), 0), (VIDEOS[0], 99)]
    picture, meaning = unit(PICTURE_DIM, 5), unit(TEXT_DIM, 6)
    spans = [(VIDEOS[1], TimeSpan(2.5, 7.0)), (VIDEOS[3], TimeSpan(0.0, 1.0))]
    assert kept.segments_by_key(keys) == database.segments_by_key(keys)
    assert list(kept.segments_by_key(keys)) == keys[:3]
    assert kept.segments_touching(spans) == database.segments_touching(spans)
    one, other = (library.segment_vectors(keys) for library in both)
    assert {key: vector.tobytes() for key, vector in one.items()} == {key: vec.tobytes() for key, vec in other.items()}
    one, other = (library.frame_similarities(picture, keys) for library in both)
    assert one.keys() == other.keys()
    for key in keys:
        assert np.allclose(np.array(one[key]), np.array(other[key]))
    for vector, sources in ((meaning, ["screen_text"]), (None, ["screen_text"]), (None, ["subtitle", "caption"])):
        one, other = (library.segment_texts(vector, keys, sources=sources) for library in both)
        assert one.keys() == other.keys()
        for key, own in one.items():
            assert as_numbers(own) == as_numbers(other[key])
            assert np.allclose([hit.similarity for hit in own], [hit.similarity for hit in other[key]])
    for name in (VIDEOS[3], video_id(99)):
        for source in (None, "screen_text", "caption"):
            one, other = (library.texts(name, source) for library in both)
            assert [(row.source, row.span, row.text) for row in one] == [
                (row.source, row.span, row.text) for row in other
            ]
        assert [row.index for row in kept.segments(name)] == [row.index for row in database.segments(name)]
    for what, vector in (("frames", picture), ("screen_text", meaning), ("caption", meaning)):
        for size in (1000, 20):
            one, other = (library.background(vector, what=what, size=size) for library in both)
            assert np.allclose(one, other)
            if what != "frames":
                texts, others = (library.sampled_texts(what, size=size) for library in both)
                assert texts == others
                assert len(texts) == len(one)


def test_a_reader_sees_each_commit(tmp_path):
    path, query = tmp_path / "library", unit(PICTURE_DIM, 9)
    with Library.open_writer(path, maker=MAKER) as writer, Library.open(path) as reader:
        assert reader.nearest_frames(query, limit=3) == []
        assert reader.match_words("hello", source="subtitle", limit=3) == []
        for number in range(3):
            write_whole(writer, number)
            assert len(reader.nearest_frames(query, limit=1000)) == 9 * (number + 1)
            assert len(reader.match_words("hello", source="subtitle", limit=9)) == number + 1
            assert len(reader.segments(video_id(number))) == 3
            assert len(reader.background(query, what="frames")) == 9 * (number + 1)
        writer.remove_videos([video_id(1)])
        assert len(reader.nearest_frames(query, limit=1000)) == 18


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("optimize", [False, True])
def test_a_search_goes_on_when_the_library_changes_meanwhile(tmp_path, monkeypatch, optimize, in_memory):
    """What is kept knows the rows' numbers, and a commit or a compaction gives them new ones."""
    if not in_memory:
        monkeypatch.setattr(store_keeping, "KEPT_ROWS", 0)
    path, keys = tmp_path / "library", [(video_id(number), 1) for number in range(3)]
    with Library.open_writer(path, maker=MAKER) as writer, Library.open(path) as reader:
        for number in range(3):
            write_whole(writer, number)
        view = reader.now()
        assert len(view.match_words("hello", source="subtitle", limit=9)) == 3
        before = view.frame_similarities(unit(PICTURE_DIM, 1), keys)
        if optimize:
            writer.maintain(force=True)
        else:
            writer.write_texts([texts(1, ["good evening"])])
            writer.write_pictures([pictures(1)])
        assert len(view.match_words("good", source="subtitle", limit=9)) == 3
        assert len(view.segments(video_id(1))) == 3
        assert view.frame_similarities(unit(PICTURE_DIM, 1), keys) == before
        assert len(view.segment_vectors(keys)) == len(view.segments_by_key(keys)) == 3


def test_rows_are_found_by_their_places_alone(both, monkeypatch):
    """No filter names segments where their places are known."""
    _, database = both
    monkeypatch.setattr(Library, "_rows", lambda *_: pytest.fail("a filter was asked for"))
    keys = [(VIDEOS[4], 2), (VIDEOS[0], 1), (video_id(99), 0)]
    assert [len(own) for own in database.frame_similarities(unit(PICTURE_DIM, 5), keys).values()] == [3, 3, 0]
    assert list(database.segments_by_key(keys)) == list(database.segment_vectors(keys)) == keys[:2]
