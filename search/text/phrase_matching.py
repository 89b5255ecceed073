"""Phrase matching: whether a text holds given words side by side, exactly or nearly. Pure; any script."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from indexer.words.attached_forms import attached_forms
from search.text.words import FUNCTION_WORDS, is_misread_word, share_word_stem, split_words

MOST_BETWEEN = 1
"""Other content words allowed between two neighbouring words of a thing: `striped background` is in "a striped
green background", `red circle` not in "a red ring, left of a green circle"."""

NONE: Mapping[str, str] = MappingProxyType({})


def holds_phrase(phrase: str, text: str, *, fuzzy: bool = False) -> bool:
    """Whether the words of a phrase stand in a text side by side, in order; case, accents and punctuation are ignored,
    and in Korean and Arabic what is written on to a word.

    Args:
        fuzzy: letters that OCR misread are forgiven, and spaces that it lost or added.
    """
    wanted, held = split_words(phrase), split_words(text)
    if not wanted:
        return False
    same: Callable[[str, str], bool] = is_misread_word if fuzzy else _is_spelled
    starts = range(len(held) - len(wanted) + 1)
    if any(all(map(same, wanted, held[start : start + len(wanted)])) for start in starts):
        return True
    # Words that OCR ran together or split: the same letters, beginning and ending with a word.
    return fuzzy and any(_run_is(held, start, "".join(wanted)) for start in range(len(held)))


def _is_spelled(word: str, held: str) -> bool:
    """Whether a text's word is a word, if need be with a particle or an article attached to it."""
    return word == held or word in attached_forms(held)


def longest_run(query: str, text: str) -> tuple[str, ...]:
    """The most words of a query that stand in a text side by side and in the query's order, inflected or not."""
    wanted, held = split_words(query), split_words(text)
    best: tuple[str, ...] = ()
    above = [0] * (len(held) + 1)  # length of the run that ends at the last word of the query and each of the text
    for end, word in enumerate(wanted, start=1):
        row = [0] * (len(held) + 1)
        for place, other in enumerate(held, start=1):
            if word == other or share_word_stem(word, other):
                row[place] = above[place - 1] + 1
                if row[place] > len(best):
                    best = wanted[end - row[place] : end]
        above = row
    return best


def holds_verbatim(query: str, text: str) -> bool:
    """Whether a text holds the query's words, two or more, side by side and in their order."""
    return len(split_words(query)) > 1 and holds_phrase(query, text)


def holds_thing(thing: str, text: str, *, same: Mapping[str, str] = NONE) -> bool:
    """Whether a text names a thing: its content words, in order, inflected or not, with little between.

    Args:
        same: word of the thing -> another word that counts as it.
    """
    wanted = [word for word in split_words(thing) if word not in FUNCTION_WORDS]
    if not wanted:
        return holds_phrase(thing, text)
    held = [word for word in split_words(text) if word not in FUNCTION_WORDS]
    ways = [(word, same.get(word, word)) for word in wanted]
    return any(_follow(ways, held, start) for start in range(len(held)))


def _follow(wanted: Sequence[Sequence[str]], held: Sequence[str], start: int) -> bool:
    place = start
    for number, ways in enumerate(wanted):
        furthest = place if number == 0 else place + MOST_BETWEEN
        found = next((at for at in range(place, min(furthest + 1, len(held))) if _is(ways, held[at])), -1)
        if found < 0:
            return False
        place = found + 1
    return True


def _is(ways: Sequence[str], other: str) -> bool:
    return any(word == other or share_word_stem(word, other) for word in ways)


def _run_is(held: Sequence[str], start: int, letters: str) -> bool:
    run = ""
    for word in held[start:]:
        run += word
        if len(run) >= len(letters):
            return run == letters
    return False
