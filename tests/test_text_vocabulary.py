"""The vocabulary of a library: inflected, run-together and mistyped words of a query, and how much a word says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.text.vocabulary import Vocabulary, VocabularyCache, language_rarity, split_name, vocabulary_of
from search.text.words import share_word_stem

LIBRARY = vocabulary_of(
    ["Shuffle every epoch", "he breaks it", "optimiser", "a blackboard with handouts", "Folie Nummer 1", "the end"],
    ["05_default_juggle", "solidWhiteRight", "blackswan"],
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("shufle every epoch", "shuffle every epoch"),
        ("handuots on the board", "handouts on the board"),
        ("epcoh", "epoch"),
        ("edn", "end"),
        ("blackbaord handouts", "blackboard handouts"),
        ("Foile Nummer 1", "folie Nummer 1"),
    ],
)
def test_a_mistyped_word_is_taken_for_the_library_s_nearest(typed: str, meant: str) -> None:
    assert LIBRARY.corrected(typed) == meant


@pytest.mark.parametrize(
    "query",
    ["marker", "breads", "handout", "epochs", "juggling", "Nummer 2", "xy", "zzzzzzzz", "", "house and garden", "2048"],
)
def test_words_of_a_language_numbers_and_known_words_are_left_alone(query: str) -> None:
    assert LIBRARY.corrected(query) == query


def test_a_rare_word_with_letters_exchanged_is_taken_for_a_far_commoner_one_that_the_library_holds() -> None:
    shore = vocabulary_of(["a calm sea", "a forest trail"])
    assert shore.corrected("clam") == "calm"
    assert shore.corrected("trial") == "trial"
    assert vocabulary_of(["a calm sea", "clams in sand"]).corrected("clam") == "clam"


def test_a_misspelling_of_what_the_library_lacks_becomes_the_word_that_was_meant() -> None:
    assert LIBRARY.corrected("umbrlela") == "umbrella"
    assert vocabulary_of(["kings"]).corrected("kingg") == "kings"
    assert vocabulary_of(["science"]).corrected("slience") == "silence"
    assert LIBRARY.corrected("comming baloon") == "coming balloon"
    assert LIBRARY.corrected("gatto") == "gatto"


def test_what_ocr_misread_once_is_no_word() -> None:
    read = vocabulary_of(["conditional expressions"] * 12 + ["conditional expresslons", "takimata"])
    assert read.corrected("expresslons") == "expressions"
    assert read.corrected("takimata") == "takimata"
    assert vocabulary_of(["expressions", "expresslons"]).corrected("expresslons") == "expresslons"


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("shuffling", "shuffle"), ("optimizer", "optimiser"), ("juggling", "juggle"), ("Folien", "folie"),
        ("black swan", "blackswan"), ("whites", "white"),
    ],
)  # fmt: skip
def test_a_query_is_widened_by_the_forms_that_the_library_holds(asked: str, held: str) -> None:
    assert held in LIBRARY.widened(asked).split()


def test_names_are_taken_apart() -> None:
    assert split_name("solidWhiteRight").endswith("solid White Right")
    assert split_name("05_default_juggle") == "05_default_juggle"
    assert all(word in LIBRARY for word in ("solidwhiteright", "solid", "white", "right", "juggle"))


def test_a_word_says_more_the_rarer_it_is() -> None:
    assert language_rarity("the") == 0
    assert language_rarity("anything") < language_rarity("temperature") < language_rarity("handouts") < 1
    assert language_rarity("takimata") == language_rarity("2") == 1
    often = vocabulary_of(["handouts"] * 500 + ["epoch"])
    assert often.rarity("handouts") < often.rarity("epoch")


@given(st.text(max_size=40))
def test_any_query_is_corrected_to_words(query: str) -> None:
    corrected = LIBRARY.corrected(query)
    assert LIBRARY.corrected(corrected) == corrected
    assert LIBRARY.widened(query).startswith(query)


@pytest.mark.parametrize(("one", "other"), [("angrier", "angry"), ("busiest", "busy"), ("b12s", "b12")])
def test_compared_adjectives_and_counted_numbers_are_the_same_word(one: str, other: str) -> None:
    assert share_word_stem(one, other)


@pytest.mark.parametrize(("one", "other"), [("b12", "b13"), ("12", "1"), ("tier", "ty"), ("pier", "py"), ("a1", "1")])
def test_other_words_are_not(one: str, other: str) -> None:
    assert not share_word_stem(one, other)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12))
def test_a_word_is_a_form_of_itself(word: str) -> None:
    assert share_word_stem(word, word)


def by_itself(name: str) -> tuple[str]:
    return (name,)


def test_a_vocabulary_is_made_once_for_the_same_texts() -> None:
    cache, texts = VocabularyCache(), ["one", "two"]
    first = cache.of(texts, ("name",), by_itself)
    assert cache.of(texts, ("name",), by_itself) is first
    assert cache.of(texts, ("other",), by_itself) is not first
    assert "two" in cache.of(["two"], (), by_itself)


TEXTS = st.lists(
    st.sampled_from(["a red fox", "Füchse 2", "two foxes", "snake_case", "красная лиса", "狐の子"]), unique=True
)
NAMES = st.lists(st.sampled_from(["solidWhiteRight", "fox", "fox", "IMG_2023"]), max_size=4)


@given(st.lists(st.tuples(TEXTS, NAMES), min_size=1, max_size=4))
def test_a_vocabulary_that_follows_its_library_is_that_of_the_library_alone(
    states: list[tuple[list[str], list[str]]],
) -> None:
    cache = VocabularyCache()
    words = "a red fox füchse fuchse two foxes snake case solid white img 2023 красная лиса 狐 子".split()
    for texts, names in states:
        found, wanted = cache.of(texts, names, by_itself), vocabulary_of(texts, names)
        assert [word in found for word in words] == [word in wanted for word in words]
        assert [found.rarity(word) for word in words] == [wanted.rarity(word) for word in words]
        assert found.beginning_with("f", limit=9) == wanted.beginning_with("f", limit=9)


def test_an_empty_library_has_no_words() -> None:
    empty = Vocabulary({})
    assert empty.corrected("xqzzt") == "xqzzt"
    assert 0 < empty.rarity("epoch") <= 1
