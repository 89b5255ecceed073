"""Vector search, full-text search and the background sample on real tables, small and indexed."""

import re

import numpy as np
import pytest
from lancedb.query import AsyncVectorQuery
from lancedb.table import LanceTable

from indexer.store.fuzzy_text import FuzzyWords
from indexer.store.library import Library
from indexer.store.queries import vector_search
from indexer.store.writing import maintenance
from indexer.words.folding import fold_letters
from tests.helpers.store_samples import (
    MAKER,
    PICTURE_DIM,
    TEXT_DIM,
    open_tables,
    pictures,
    texts,
    unit,
    video_id,
    write_whole,
)

SIGNS = [
    "XQuery path expressions: /bookstore/book",
    "weisseSchrift",
    "Donaudampfschifffahrtsgesellschaft",
    "人工智能和机器学习的介绍",
    "東京駅前ラーメン店",
    "Привет мир",
    "Café résumé naïve",
    "import foo.bar_baz(x) == 12",
    "the quick brown fox doesn't jump",
]


@pytest.fixture
def library(tmp_path):
    with Library.open_writer(tmp_path / "library", maker=MAKER) as opened:
        yield opened


STATES = ["not yet indexed", "indexed", "partly indexed", "partly indexed, in memory"]


@pytest.fixture(scope="module", params=STATES)
def signs(request, tmp_path_factory):
    """The same texts in each state of the full-text index; a small library is read from memory. Only read it."""
    with Library.open_writer(tmp_path_factory.mktemp("signs") / "library", maker=MAKER) as library:
        yield library_of_signs(library, request.param)


def library_of_signs(library, state):
    library.write_texts([texts(1, SIGNS[:4], "screen_text")])
    if state.startswith("partly indexed"):
        library.maintain(force=True)
    library.write_texts([texts(2, SIGNS[4:], "screen_text"), texts(3, SIGNS, "subtitle")])
    if state == "indexed":
        library.maintain(force=True)
    return Library.open(library.path) if state.endswith("in memory") else library


def found(library, query, *, fuzzy):
    return [hit.text for hit in library.match_words(query, source="screen_text", limit=5, fuzzy=fuzzy)]


@pytest.mark.parametrize(
    ("query", "sign"),
    [
        ("xquery PATH", 0), ("机器学习", 3), ("学习", 3), ("ラーメン", 4), ("мир", 5), ("cafe resume", 6), ("CAFÉ", 6),
        ("bar_baz", 7), ("foo", 7), ("doesn't", 8), ("the", 8),
    ],
)  # fmt: skip
def test_words_are_found_in_any_script(signs, query, sign):
    for fuzzy in (False, True):
        assert found(signs, query, fuzzy=fuzzy)[0] == SIGNS[sign]


@pytest.mark.parametrize(
    ("query", "sign"),
    [
        ("XQuery path expresslon", 0), ("weiße Schrift", 1), ("weisse schritt", 1), ("Dampfschifffahrt", 2),
        ("quickbrown", 8), ("bookst0re", 0), ("naive resum", 6),
    ],
)  # fmt: skip
def test_a_recognition_error_is_forgiven(signs, query, sign):
    assert found(signs, query, fuzzy=True)[0] == SIGNS[sign]


@pytest.mark.parametrize("query", ["zebra", "schwarz", "表", "ab", "quantum"])
def test_absent_words_are_not_found(signs, query):
    assert found(signs, query, fuzzy=True) == []


OPERATORS = ['"AND (', "+^2 ~ * ?", "NOT", "!!!", "", " ", "\\", "'; DROP", "[TO", "🎬", "\x00", "text:", "-fox"]


@pytest.mark.parametrize("query", OPERATORS)
def test_a_query_has_no_syntax(signs, query):
    for fuzzy in (False, True):
        found(signs, query, fuzzy=fuzzy)
        assert found(signs, f"fox {query}", fuzzy=fuzzy)[0] == SIGNS[8]


def test_only_the_given_source_and_videos_are_searched(signs):
    assert {hit.video_id for hit in signs.match_words("fox path", source="subtitle", limit=9)} == {video_id(3)}
    only = signs.match_words("fox path", source="screen_text", limit=9, video_ids=[video_id(2)])
    assert {hit.video_id for hit in only} == {video_id(2)}
    assert signs.match_words("fox", source="screen_text", limit=9, video_ids=[]) == []


def test_a_filter_never_costs_results(library):
    """One rare video among many near ones: all its rows are found though none is among the nearest overall."""
    for number in range(20):
        library.write_pictures([pictures(number)])
        library.write_texts([texts(number, ["common word"] * 10)])
    query = library.frames(video_id(3))[0].vector
    hits = library.nearest_frames(query, limit=9, video_ids=[video_id(17)])
    assert len(hits) == 9
    assert {hit.video_id for hit in hits} == {video_id(17)}
    words = library.match_words("common", source="subtitle", limit=10, video_ids=[video_id(17)])
    meanings = library.nearest_texts(unit(TEXT_DIM, 5), source="subtitle", limit=10, video_ids=[video_id(17)])
    assert len(words) == len(meanings) == 10


def test_nearest_frames_equal_an_exact_search(library):
    for number in range(5):
        write_whole(library, number)
    query = unit(PICTURE_DIM, 99)
    hits = library.nearest_frames(query, limit=12)
    expected = sorted(
        (
            (float(query.astype(np.float32) @ row.vector.astype(np.float32)), video_id(number), row.time_seconds)
            for number in range(5)
            for row in library.frames(video_id(number))
        ),
        reverse=True,
    )[:12]
    assert [(hit.video_id, hit.time_seconds) for hit in hits] == [(name, time) for _, name, time in expected]
    assert [hit.similarity for hit in hits] == pytest.approx([row[0] for row in expected], abs=1e-3)
    with pytest.raises(ValueError, match=r"shape \(16,\), got \(3,\)"):
        library.nearest_frames(query[:3], limit=1)


def test_frame_similarities_come_with_times(library):
    write_whole(library, 1)
    query = library.frames(video_id(1))[4].vector
    similarities = library.frame_similarities(query, [(video_id(1), 1), (video_id(2), 0)])
    assert [time for time, _ in similarities[video_id(1), 1]] == [3.0, 4.0, 5.0]
    assert similarities[video_id(1), 1][1][1] == pytest.approx(1, abs=1e-3)
    assert similarities[video_id(2), 0] == []


def test_the_background_is_the_same_in_equal_libraries(tmp_path):
    """The sample depends on keys alone, not on the order of writing or on compaction."""
    query = unit(PICTURE_DIM, 7)
    samples = []
    for name, order in (("one", range(40)), ("two", reversed(range(40)))):
        with Library.open_writer(tmp_path / name, maker=MAKER) as library:
            for number in order:
                library.write_pictures([pictures(number)])
            library.maintain(force=name == "two")
            samples.append(library.background(query, what="frames", size=50))
            assert len(library.background(query, what="frames", size=1000)) == 40 * 9
            library.write_pictures([pictures(99)])
            assert len(library.background(query, what="frames", size=1000)) == 41 * 9
    assert len(samples[0]) == 50
    assert np.array_equal(samples[0], samples[1])


def test_the_background_of_texts_is_of_one_source(library):
    library.write_texts([texts(1, ["a"] * 30), texts(1, ["b"] * 20, "screen_text")])
    query = unit(TEXT_DIM, 3)
    assert len(library.background(query, what="subtitle")) == 30
    assert len(library.background(query, what="screen_text", size=7)) == 7


def test_an_index_is_built_when_it_pays_and_refreshed(library, monkeypatch):
    for name, rows in (("VECTOR_INDEX_ROWS", 2000), ("SCALAR_INDEX_ROWS", 1000), ("STALE_ROWS", 100)):
        monkeypatch.setattr(maintenance, name, rows)
    monkeypatch.setenv("TMPDIR", "/nowhere")  # nothing may be written outside the library
    library.write_pictures([pictures(number, 34) for number in range(25)])  # 102 frames each
    library.maintain()
    assert set(_indexes(library)) == {"video", "vector_2550"}
    library.write_pictures([pictures(number, 34) for number in range(25, 30)])
    assert _indexes(library)["vector_2550"] == 510
    newest = library.frames(video_id(29))[5]
    best = library.nearest_frames(newest.vector, limit=1)[0]
    assert (best.video_id, best.time_seconds) == (video_id(29), 5.0), "rows not yet in the index are searched too"
    library.maintain()
    assert _indexes(library) == {"video": 0, "vector_2550": 0}
    library.write_pictures([pictures(number, 34) for number in range(30, 110)])
    library.maintain()
    assert _indexes(library) == {"video": 0, "vector_11220": 0}, "retrained after the table doubled"
    assert library.nearest_frames(newest.vector, limit=1)[0].video_id == video_id(29)


def test_new_rows_go_into_the_partitions_that_are_there(library, monkeypatch):
    """Counted are the rows that each upkeep puts into the vector index, and the partitions that hold them."""
    monkeypatch.setattr(maintenance, "VECTOR_INDEX_ROWS", 20_000)
    merged = _rows_merged(monkeypatch)
    library.write_pictures([pictures(number, 700) for number in range(10)])  # 2,100 frames each
    library.maintain()
    assert _searched(library) == {"vector_21000": (5, 21_000)}
    library.write_pictures([pictures(number, 700) for number in range(10, 19)])
    library.maintain()
    assert _searched(library) == {"vector_21000": (2 * 5, 39_900)}, "the old rows' and the new ones', none was split"
    assert merged == [18_900]
    library.write_pictures([pictures(number, 700) for number in range(19, 21)])
    library.maintain()
    assert _searched(library) == {"vector_44100": (10, 44_100)}
    assert merged == [18_900, 0], "what is trained anew does not go into the old index first"


def test_a_larger_table_has_more_partitions_probed(library, monkeypatch):
    for name, rows in (("MIN_PROBES", 2), ("ROWS_A_PROBE", 50)):
        monkeypatch.setattr(vector_search, name, rows)
    asked = []
    nprobes = AsyncVectorQuery.nprobes

    def noting(query, count):
        asked.append(count)
        return nprobes(query, count)

    monkeypatch.setattr(AsyncVectorQuery, "nprobes", noting)
    for number in range(3):
        library.write_pictures([pictures(number, 30)])  # 90 frames
        library.write_texts([texts(number, ["a"] * 10)])
        library.nearest_frames(unit(PICTURE_DIM, 1), limit=1)
        library.nearest_texts(unit(TEXT_DIM, 1), source="subtitle", limit=1)
    assert asked == [2, 2, 4, 2, 6, 2], "of frames and texts, in turn"


def _rows_merged(monkeypatch):
    """Rows of `frames` that each `optimize` puts into its vector index, filled as it is called."""
    merged = []
    optimize = LanceTable.optimize

    def counting(table, **options):
        if table.name == "frames":
            indexes = [one for one in table.list_indices() if one.name.startswith("vector")]
            merged.append(sum(one.num_unindexed_rows for one in indexes))
        return optimize(table, **options)

    monkeypatch.setattr(LanceTable, "optimize", counting)
    return merged


def _searched(library):
    """Vector index of `frames` -> (partitions, rows) that a search of all partitions reads."""
    query = open_tables(library).table("frames").search(unit(PICTURE_DIM, 1), vector_column_name="vector")
    plan = query.distance_type("cosine").nprobes(1000).limit(1).analyze_plan()
    found = re.findall(r"name=(vector_\d+),.*?index_comparisons=([\d.]+) (K?),.*?partitions_searched=(\d+)", plan)
    return {name: (int(n), round(float(rows) * (1000 if unit == "K" else 1))) for name, rows, unit, n in found}


def _indexes(library):
    return {index.name: index.num_unindexed_rows for index in open_tables(library).table("frames").list_indices()}


@pytest.mark.parametrize(
    ("text", "letters"),
    [("Weiße Schrift!", "weisseschrift"), ("ＡＢＣ ﬁne", "abcfine"), ("Äö-é", "aoe"), ("学习 2", "学习2"), ("?!", "")],
)
def test_letters_are_folded(text, letters):
    assert fold_letters(text) == letters


@pytest.mark.parametrize(
    ("word", "text", "contained"),
    [
        ("schrift", "weisseschritt", True), ("schrift", "schrank", False), ("path", "pact", False),
        ("fox", "fix", False), ("fox", "foxy", True), ("expressions", "expresslons", True), ("a", "b", False),
    ],
)  # fmt: skip
def test_a_word_is_found_despite_a_recognition_error(word, text, contained):
    assert FuzzyWords([word]).any_in(text) is contained
