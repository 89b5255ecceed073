"""English operators of the query language: when `then`, `not` and `without` are operators, and when words. Pure.

They are operators only in lower case and only where the words around them describe what is to be seen: `a red car then
a bus`, `beach not at night`. A whole sentence, as somebody says it, is left alone: `we can't go on without you`, `if it
rains then we stay`, `what happens then`. The marks `-` and `>>` always work, and in every other language too.
"""

import re
from collections.abc import Sequence

from search.text.words import FUNCTION_WORDS, split_words

MARK = "\x00"
"""Placeholder in a list of words for what is no word: a quote, a term, an exclusion."""
_SUBJECTS = frozenset("i you he she we they".split())
_AUXILIARIES = frozenset(
    "am is are was were has have had do does did can could will would shall should may might must cannot".split()
)
_BEFORE_DESCRIBING = frozenset("there that who which a an the".split())
"""`there is a car`, `a man who is old`, `a can of beans`: what follows these makes no sentence."""
_ASKING = frozenset("what who whom whose when where why how which do does did is are can could will would".split())
_CONDITIONS = frozenset("if when whenever unless because since although though".split())
_CONTRACTION = re.compile(r"(?:\w+n['\u2019]t|\w+['\u2019](?:re|ve|ll|m|d)|(?:it|that|he|she|what|who)['\u2019]s)$")
_PLACES = frozenset(
    "at in on with by near under over during inside outside behind beside before after below above against among "
    "between through within of from a an the any".split()
)
"""Words after which `not` excludes: `not at night`, `not a cat`; but `not moving`, `not yet` are words."""
_WHERE = re.compile(r"(?:in|on|at|by|to|from)(?: the)? \w+ of\s+(?=\S)", re.IGNORECASE)
"""`in front of`, `on top of`, `at the side of`."""
_ARTICLES = frozenset(("a", "an", "the", "any"))
_NO_NEW_STEP = frozenset(
    "since by until till back even only just now well so but or every okay ok than more rather if when what who "
    "why how and".split()
)
"""Before `then`: `since then`, `now and then`, `but then`."""
_NOT_AFTER_THEN = frozenset("again some too".split())
"""`then again`."""


def without_punctuation(word: str) -> str:
    """A word without punctuation at its ends; capitals stay."""
    return word.strip(".,;:!?\u2026()[]")


def is_query_sentence(words: Sequence[str]) -> bool:
    """Whether these words are a sentence that somebody says or asks, rather than a description."""
    plain = [without_punctuation(word).casefold() for word in words]
    if not plain:
        return False
    if words[-1][-1] in "?!" or plain[0] in _ASKING or _SUBJECTS & set(plain):
        return True
    if any(_CONTRACTION.match(word) for word in plain):
        return True
    for place, word in enumerate(plain):
        before = plain[place - 1] if place else ""
        after = plain[place + 1] if place + 1 < len(plain) else ""
        if word in _AUXILIARIES and before not in _BEFORE_DESCRIBING and not after.endswith("ing"):
            return True
    return False


def is_then_operator(words: Sequence[str], place: int) -> bool:
    """Whether the word at a place is a `then` between two steps, whatever follows."""
    if words[place] != "then" or place == 0:
        return False
    before = [without_punctuation(word).casefold() for word in words[:place]]
    if before[-1] == MARK:
        return True
    if before[-1] == "and":
        # "A and then B" is an order, "now and then" is not.
        before = before[:-1]
    if not before or before[-1] in _NO_NEW_STEP or _CONDITIONS & set(before) or not has_content_word(before):
        return False
    after = without_punctuation(words[place + 1]).casefold() if place + 1 < len(words) else ""
    return after not in _NOT_AFTER_THEN


def is_exclusion_operator(words: Sequence[str], place: int) -> bool:
    """Whether the word at a place begins an exclusion: `without X`, `not at X`, `but not X`, `but no X`."""
    word = words[place]
    if word not in ("without", "not", "no") or place == 0:
        return False
    before = without_punctuation(words[place - 1]).casefold()
    after = without_punctuation(words[place + 1]).casefold() if place + 1 < len(words) else ""
    if word == "without":
        return True
    if not after:
        return False
    if before == "but":
        return True
    if word == "no":
        return words[place - 1].endswith(",")
    return after in _PLACES and before not in ("or", "if", "why", "whether", "and") and before not in _AUXILIARIES


def is_place_qualifier(words: str) -> bool:
    """Whether words say where or when something is, as `at night`: they follow what they belong to without an `and`."""
    first = without_punctuation(words.split(" ", 1)[0]).casefold()
    return first in _PLACES and first not in _ARTICLES


def without_place_qualifier(words: str) -> str:
    """A thing without the words for its position: `a wall` for `in front of a wall`."""
    return _WHERE.sub("", words, count=1) if is_place_qualifier(words) and _WHERE.match(words) else words


def has_content_word(words: Sequence[str]) -> bool:
    """Whether one of the words is not a function word."""
    return MARK in words or any(word not in FUNCTION_WORDS for word in split_words(" ".join(words)))
