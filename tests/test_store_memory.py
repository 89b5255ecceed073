"""Tables in memory and row locators answer as the database does, and follow its commits."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from indexer.records import TimeSpan
from indexer.store.folder import LibraryFolder
from indexer.store.library import Library
from indexer.store.memory.in_memory_tables import InMemoryTables, MemoryLimits
from indexer.store.memory.table_cache import TableCache
from indexer.store.schema import TABLES
from indexer.store.tables import Tables
from tests.helpers.store_samples import (
    MAKER,
    PICTURE_DIM,
    TEXT_DIM,
    pictures,
    texts,
    unit,
    video,
    video_id,
    write_whole,
)

WORDS = "a red fox over the lazy dog jumps again and again under one old moon".split()
VIDEOS = [video_id(number) for number in range(12)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("memory") / "library"
    rng = np.random.default_rng(3)
    with Library.open_writer(path, maker=MAKER) as library:
        for number in range(12):
            library.write_pictures([pictures(number, segments=5)])
            lines = [" ".join(rng.choice(WORDS, 5)) for _ in range(9)]
            library.write_texts([texts(number, lines, "screen_text"), texts(number, lines[:4], "subtitle")])
            library.put_videos([video(number, 5, ["picture", "subtitles", "screen_text"])])
    return path


LOCATORS_ONLY = MemoryLimits(table_rows=0)
DATABASE_ONLY = MemoryLimits(table_rows=0, locator_rows=0)


def open_with(path, limits):
    tables = Tables(LibraryFolder(path), MAKER)
    return Library(tables, TableCache(tables), memory_limits=limits)


@pytest.fixture(scope="module", params=[LOCATORS_ONLY, DATABASE_ONLY], ids=["row locators", "no row locators"])
def both(path, request):
    """The same library: answering from memory, and from the database."""
    return Library.open(path), open_with(path, request.param)


@pytest.mark.parametrize("limits", [MemoryLimits(), LOCATORS_ONLY, DATABASE_ONLY, None])
def test_limits_say_what_is_held_in_memory(path, limits):
    tables = Tables(LibraryFolder(path), MAKER)
    memory = InMemoryTables(tables, TableCache(tables), limits)
    whole = (memory.frames(), memory.texts(), memory.segments())
    assert [table is not None for table in whole] == [limits == MemoryLimits()] * 3
    locators = (memory.text_locator(), memory.segment_locator(), memory.row_locator("frames"))
    assert [locator is not None for locator in locators] == [limits in (MemoryLimits(), LOCATORS_ONLY)] * 3


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
    memory, database = both
    keys = [(VIDEOS[4], 2), (VIDEOS[4], 3), (VIDEOS[0], 1), (video_id(99), 0), (VIDEOS[0], 99)]
    picture, meaning = unit(PICTURE_DIM, 5), unit(TEXT_DIM, 6)
    spans = [(VIDEOS[1], TimeSpan(2.5, 7.0)), (VIDEOS[3], TimeSpan(0.0, 1.0))]
    assert memory.segments_by_key(keys) == database.segments_by_key(keys)
    assert list(memory.segments_by_key(keys)) == keys[:3]
    assert memory.segments_touching(spans) == database.segments_touching(spans)
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
        assert [row.index for row in memory.segments(name)] == [row.index for row in database.segments(name)]
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
def test_a_search_goes_on_when_the_library_changes_meanwhile(tmp_path, optimize, in_memory):
    """Memory holds row ids, and a commit or a compaction gives the rows new ones."""
    path, keys = tmp_path / "library", [(video_id(number), 1) for number in range(3)]
    with Library.open_writer(path, maker=MAKER) as writer:
        for number in range(3):
            write_whole(writer, number)
        view = open_with(path, MemoryLimits() if in_memory else LOCATORS_ONLY).snapshot()
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


def test_rows_are_found_by_their_ids_alone(path, monkeypatch):
    """No filter names segments where a row locator knows their rows."""
    database = open_with(path, LOCATORS_ONLY)
    monkeypatch.setattr(Tables, "rows", lambda *_: pytest.fail("a filter was used"))
    keys = [(VIDEOS[4], 2), (VIDEOS[0], 1), (video_id(99), 0)]
    assert [len(own) for own in database.frame_similarities(unit(PICTURE_DIM, 5), keys).values()] == [3, 3, 0]
    assert list(database.segments_by_key(keys)) == list(database.segment_vectors(keys)) == keys[:2]


class CountingTables:
    """A fake of `Tables`: the versions, and how often they are checked."""

    def __init__(self):
        self.versions = dict.fromkeys(TABLES, 1)
        self.checks = 0

    def version(self, name):
        self.checks += 1
        return self.versions[name]


def test_without_a_row_locator_only_the_vectors_of_the_wanted_segments_are_read(path, monkeypatch):
    read: list[int] = []
    fetch = Tables.fetch

    def spy(tables, action, query):
        rows = fetch(tables, action, query)
        read.append(len(rows) if "vector" in rows.column_names else 0)
        return rows

    keys = [(VIDEOS[number], number % 5) for number in range(10)]
    library = open_with(path, DATABASE_ONLY)
    monkeypatch.setattr(Tables, "fetch", spy)
    found = library.frame_similarities(unit(PICTURE_DIM, 9), [*keys, keys[0], ("unknown", 0)])
    assert [len(found[key]) for key in keys] == [3] * 10
    assert sum(read) == 30


@pytest.mark.parametrize("limits", [LOCATORS_ONLY, DATABASE_ONLY], ids=["row locators", "no row locators"])
def test_after_a_commit_a_search_reads_only_the_rows_that_were_added(tmp_path, monkeypatch, limits):
    """What is kept of a large library is added to, and equals what is read anew."""
    path = tmp_path / "library"
    read: list[int] = []
    fetch = Tables.fetch

    def spy(tables, action, query):
        rows = fetch(tables, action, query)
        read.append(len(rows))
        return rows

    def use(library):
        vector, meaning = unit(PICTURE_DIM, 5), unit(TEXT_DIM, 5)
        keys = [(video_id(number), 1) for number in range(20)]
        return (
            library.background(vector, what="frames", size=10).tolist(),
            library.background(meaning, what="subtitle", size=10).tolist(),
            library.sampled_texts("subtitle", size=10),
            library.segments_by_key(keys),
            library.frame_similarities(vector, keys[:1]),
            [hit.text for hit in library.match_words("said", source="subtitle", limit=50)],
            sorted(library.distinct_texts() or ()),
            library.texts_between([(video_id(3), TimeSpan(0, 2))], "subtitle"),
        )

    with Library.open_writer(path, maker=MAKER) as library:
        reader = open_with(path, limits)
        for number in range(20):
            library.write_pictures([pictures(number)])
            library.write_texts([texts(number, [f"said {number}", f"again {number}"])])
            library.put_videos([video(number)])
            if number in (10, 14, 16):
                use(reader)
            if number == 12:
                library.remove_videos([video_id(11)])
        assert use(reader) == use(open_with(path, limits))
        library.write_pictures([pictures(20)])
        library.write_texts([texts(20, ["said 20", "again 20"])])
        library.put_videos([video(20)])
        with monkeypatch.context() as patch:
            patch.setattr(Tables, "fetch", spy)
            reader.background(unit(PICTURE_DIM, 5), what="frames", size=10)
            reader.background(unit(TEXT_DIM, 5), what="subtitle", size=10)
            reader.segments_by_key([(video_id(20), 1)])
            reader.distinct_texts()
        assert sum(read) < 40  # of the new video 3 segments, 9 frames and 2 texts, of 198 frames in all
        assert use(reader) == use(open_with(path, limits))


def test_a_cached_value_lasts_until_its_table_changes():
    tables = CountingTables()
    cache, loaded = TableCache(tables), iter(range(100))
    assert [cache.get("frames", "frames", lambda: next(loaded)) for _ in range(3)] == [0, 0, 0]
    tables.versions["texts"] = 2
    assert cache.get("frames", "frames", lambda: next(loaded)) == 0
    tables.versions["frames"] = 2
    assert cache.get("frames", "frames", lambda: next(loaded)) == 1


def test_a_snapshot_checks_each_table_once_and_returns_what_it_saw():
    tables = CountingTables()
    cache = TableCache(tables)
    snapshot = cache.snapshot()
    assert [snapshot.get("frames", "frames", lambda: "old") for _ in range(3)] == ["old"] * 3
    assert snapshot.get("none of frames", "frames", lambda: None) is None
    assert tables.checks == 1
    tables.versions["frames"] = 2
    assert snapshot.get("frames", "frames", lambda: "new") == "old"
    assert cache.get("frames", "frames", lambda: "new") == "new"
    assert snapshot.get("frames", "frames", lambda: pytest.fail("loaded again")) == "old"
    assert snapshot.snapshot().get("frames", "frames", lambda: "newest") == "new"


def test_the_threads_of_a_snapshot_see_one_value():
    """Each thread that loads first makes a new version; all return the value of one of them."""
    tables, barrier = CountingTables(), threading.Barrier(8, timeout=30)
    snapshot = TableCache(tables).snapshot()

    def read(number):
        def load():
            tables.versions["frames"] += 1
            return number

        barrier.wait()
        return snapshot.get("frames", "frames", load)

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(read, range(8)))
    assert len(set(seen)) == 1
