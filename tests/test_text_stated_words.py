"""Words that a query says stand somewhere, whatever it says about where."""

import pytest

from search.text.stated_words import holds_stated_words


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a red sign that says NO ENTRY on a brick wall", "NO ENTRY"),
        ("a van with the word bakery all over its side", "Miller's Bakery"),
        ("the last chapter, titled Farewell", "Farewell"),
        ("which poster reads grand opening?", "Saturday\nGRAND OPENING"),
        ("a sign that says dogs welcome in the yard", "dogs welcome in the yard"),
        ("ein Schild mit der Aufschrift Notausgang über der Tür", "NOTAUSGANG"),
        ("a page that says this is a title", "This is a title"),
        ("a door marked DANGER", "DANOER"),
        ("a red label reading bargain", "SUPERBARGAIN 50%"),
    ],
)
def test_a_text_that_holds_them_is_asked_for(query: str, text: str) -> None:
    assert holds_stated_words(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("a red sign that says NO ENTRY on a brick wall", "a brick wall"),
        ("a red sign that says NO ENTRY", "ENTRY"),
        ("a sign that says fresh bread", "fresh fish"),
        ("what does she say about the weather?", "about"),
        ("word games", "games"),
        ("a red sign", "sign"),
        ("who says it?", "it"),
        ("", "EXIT"),
    ],
)
def test_other_texts_are_not(query: str, text: str) -> None:
    assert not holds_stated_words(query, text)
