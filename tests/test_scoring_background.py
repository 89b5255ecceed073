"""Which hits count: their z-score above the background, and the share of the query's words that they hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.models.profiles import PROFILES
from search.scoring.background import MIN_SAMPLE, Background, MatchThreshold, background_thresholds
from search.text.phrase_matching import holds_verbatim
from search.text.term_coverage import drop_empty_words, word_share
from search.text.words import share_word_stem, split_words

THRESHOLD = MatchThreshold(best_z_score=4.0, z_score=4.0, floor=0.2)


def normal(size: int, mean: float = 0.1, deviation: float = 0.05) -> np.ndarray:
    return np.random.default_rng(5).normal(mean, deviation, size).astype(np.float32)


def test_the_background_is_a_normal_distribution_with_mean_and_deviation() -> None:
    background = Background.of(normal(5000))
    assert background.mean == pytest.approx(0.1, abs=0.005)
    assert background.deviation == pytest.approx(0.05, rel=0.1)
    assert background.z_score(0.35) == pytest.approx(5, rel=0.15)


def test_matches_in_the_sample_do_not_raise_the_background() -> None:
    with_matches = np.concatenate([normal(900), np.full(100, 0.6, np.float32)])
    assert Background.of(with_matches).count_matches([0.6], THRESHOLD)


def test_hits_within_the_background_do_not_count() -> None:
    sample = normal(1000)
    background = Background.of(sample)
    assert not any(background.count_matches([float(similarity)], THRESHOLD) for similarity in sample)


def test_the_floor_applies_regardless_of_the_background() -> None:
    assert not Background.of(np.full(1000, -0.5, np.float32)).count_matches([0.19], THRESHOLD)


def test_a_broad_query_finds_half_of_a_library() -> None:
    """Every slide of a lecture answers to the lecture's subject."""
    background = Background.of(np.concatenate([normal(100), normal(100, mean=0.6)]))
    assert background.count_matches([0.5], THRESHOLD)
    assert not background.count_matches([0.2], THRESHOLD)


def test_a_sure_hit_counts_regardless_of_the_background() -> None:
    alike = Background.of(normal(1000, mean=0.7))
    threshold = MatchThreshold(best_z_score=4.0, z_score=4.0, floor=0.2, sure=0.75)
    assert (alike.count_matches([0.76], threshold), alike.count_matches([0.74], threshold)) == (1, 0)
    assert alike.weight(0.76, threshold) == 1.0


def test_the_weight_of_a_list_grows_with_the_z_score_of_its_best_hit() -> None:
    background = Background.of(normal(5000))
    assert background.weight(0.25, THRESHOLD) == pytest.approx(0.5, abs=0.1)
    assert background.weight(0.9, THRESHOLD) == 1.0
    assert background.weight(-1.0, THRESHOLD) > 0


def test_other_hits_count_only_when_the_best_does() -> None:
    background = Background.of(normal(5000))
    threshold = MatchThreshold(best_z_score=4.0, z_score=2.0)
    assert background.count_matches([0.35, 0.25, 0.15], threshold) == 2
    assert background.count_matches([0.25, 0.22], threshold) == 0
    assert background.count_matches([], threshold) == 0


@pytest.mark.parametrize("size", [0, 1, MIN_SAMPLE - 1])
def test_in_a_small_library_only_the_floor_decides(size: int) -> None:
    background = Background.of(np.full(size, 0.5, np.float32))
    assert background.count_matches([0.5], THRESHOLD)
    assert not background.count_matches([0.1], THRESHOLD)


def test_equal_pictures_do_not_stand_out_from_each_other() -> None:
    assert not Background.of(np.full(1000, 0.5, np.float32)).count_matches([0.51], THRESHOLD)


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1, width=32), max_size=100), st.floats(-1, 1), st.floats(-1, 1))
def test_a_greater_similarity_never_counts_less(sample: list[float], one: float, other: float) -> None:
    background = Background.of(np.array(sample, np.float32))
    low, high = sorted((one, other))
    assert background.count_matches([high], THRESHOLD) or not background.count_matches([low], THRESHOLD)


SLIDE = "XQuery and XPath\nPath expressions\nselect nodes in a document"


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        pytest.param("XQuery path expressions", SLIDE, True, id="all words"),
        pytest.param("a lecture slide on XQuery path expressions", SLIDE, True, id="words about the medium are light"),
        pytest.param("a sign that says ANCHOR", "ANCHOR", True, id="the whole sign was asked for"),
        pytest.param("the word anchor on a board", "GRAND\nANCHOR", True, id="half of the sign"),
        pytest.param("what is the capital of France", SLIDE, False, id="only function words"),
        pytest.param("what is the capital of France", "Is it the end of it?", False, id="a text of function words"),
        pytest.param("somebody says that a seaman from Lima tallied ships", "The sailor from Lima counts boats.", False,
                     id="one name in common"),
        pytest.param("ships", "The ship sails", True, id="inflected"),
        pytest.param("art", "A party", False, id="inside another word"),
        pytest.param("to be or not to be", "To be, or not to be, that is it", True, id="function words asked"),
        pytest.param("Stra\u00dfe", "STRASSE", True, id="folded"),
        pytest.param("caf\u00e9", "Cafe", True, id="accents"),
        pytest.param("\u4f60\u597d", "\u4f60\u597d\u4e16\u754c", True, id="Chinese"),
        pytest.param("\u518d\u89c1", "\u4f60\u597d\u4e16\u754c", False, id="other Chinese"),
        pytest.param("This is another one", "This film is supported", False, id="half of a phrase of function words"),
        pytest.param("?!", "?!", False, id="no word at all"),
        pytest.param("anything", "", False, id="empty text"),
        pytest.param("headline", "A headline and its article", True, id="a word about the medium is all"),
    ],
)  # fmt: skip
def test_words_in_common(query: str, text: str, expected: bool) -> None:
    assert (word_share(query, text) > 0) is expected


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        pytest.param("XQuery path expressions", "XOuery\nPath expresslons", True, id="wrong letters"),
        pytest.param("weisse Schrift", "weisseSchrift", True, id="a lost space"),
        pytest.param("a sign that says ANCHOR", "ANCH0R", True, id="a sign with a slip"),
        pytest.param("what is the capital of France", "weisseSchrift", False, id="nothing in common"),
        pytest.param("a sign that says HARBOUR", "HATCH", False, id="only letters of light words"),
        pytest.param("a sign that says ROSE", "R0SE", True, id="a digit for a letter"),
        pytest.param("a sign that says ROSE", "NOSE", False, id="a short word must be right"),
        pytest.param("Schifffahrt", "Donaudampfschifffahrt", True, id="part of a compound"),
        pytest.param("buying cattle for money", "HONEY CASTLE", False, id="other words that differ by a letter"),
        pytest.param("stock market prices", SLIDE * 20, False, id="letters of a long text"),
    ],
)
def test_fuzzy_matching_forgives_ocr_errors(query: str, text: str, expected: bool) -> None:
    assert (word_share(query, text, fuzzy=True) > 0) is expected


@pytest.mark.parametrize(
    ("query", "telling"),
    [
        ("a sign that says ANCHOR", "ANCHOR"),
        ("the girl doesn't sing", "girl sing"),
        ("what is on slide 2 of this talk", "slide 2"),
        ("show me the sentences", "sentences"),
        ("who signs tree in sign language?", "tree"),
        ("the language of birds", "language birds"),
        ("a film in sign language", "film sign language"),
        ("to be or not to be", "to be or not to be"),
        ("\u4f60\u597d", "\u4f60\u597d"),
        ("red, of the red?", "red, red?"),
    ],
)
def test_words_that_nearly_every_text_holds_are_not_looked_up(query: str, telling: str) -> None:
    assert drop_empty_words(query) == telling


def test_split_cuts_and_folds() -> None:
    words = ("weisse", "schrift", "foo", "bar", "baz", "\u4f60", "\u597d")
    assert split_words("Wei\u00dfe Schrift, foo.bar_baz \u4f60\u597d") == words


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_can_be_compared(query: str, text: str) -> None:
    for fuzzy in (False, True):
        assert 0 <= word_share(query, text, fuzzy=fuzzy) <= 1
    if any(word for word in split_words(query)):
        assert word_share(query, query) == pytest.approx(1)


def test_profiles_without_measured_cosines_are_judged_by_z_score_alone() -> None:
    for threshold in background_thresholds("small"):
        assert (threshold.floor, threshold.sure) == (-1.0, 2.0)
    assert all(-1 <= one.floor <= one.sure for name in PROFILES for one in background_thresholds(name))
    assert [one.sure for one in background_thresholds("text")] == [2.0, 0.38]


@given(st.sampled_from(["river", "talk", "camera", "shadow", "planet"]), st.sampled_from(["", "s"]))
def test_words_that_differ_in_an_ending_match_both_ways(word: str, ending: str) -> None:
    assert word_share(word, word + ending) == word_share(word + ending, word) == pytest.approx(1)


@given(st.text("qz", min_size=1, max_size=10), st.text("qz", min_size=1, max_size=10))
def test_a_word_matches_another_where_the_other_matches_it(asked: str, held: str) -> None:
    assert (word_share(asked, held) > 0) is (word_share(held, asked) > 0)
    assert (word_share(asked, held) > 0) is (asked == held or share_word_stem(asked, held))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Border Blossom Crystal", True),
        ("the blossom, CRYSTAL clear", True),
        ("crystal blossom", False),
        ("blossom of crystal", False),
        ("blossom", False),
    ],
)
def test_consecutive_words_are_recognized(text: str, expected: bool) -> None:
    assert holds_verbatim("blossom crystal", text) is expected
    assert not holds_verbatim("blossom", text)
