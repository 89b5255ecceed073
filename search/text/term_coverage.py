"""Term coverage: how much of a query a text holds, and whether that is enough to count. Pure.

Full text search finds every text with one word in common, and a long query shares `the` with all of them. A text counts
when it holds a good part of the query's content words, or when the query holds a good part of the text: a sign that
reads ANCHOR answers "a sign that says ANCHOR".
"""

from functools import lru_cache
from itertools import pairwise

from search.text.vocabulary import Vocabulary
from search.text.words import FUNCTION_WORDS, empty_words, is_misread_word, query_words, split_words, word_stems

QUERY_SHARE = 0.5
"""Share of the query's words, by weight, that a text must hold."""
RARE_SHARE = 0.2
"""The same where words weigh by their rarity: one rare word of a long question may be all that a slide holds of it."""
TEXT_SHARE = 0.5
"""Or: share of the text's words that the query must exceed; one word of a sign of two is not enough."""
PHRASE_SHARE = 0.75
"""The share that counts when the query has nothing but function words, as `to be or not to be`."""
EMPTY_WEIGHT = 0.1
"""Weight of a function word, and in a query also of a word about the medium; all others weigh 1."""
EMPTY_RARITY = 0.02
"""The same where the others weigh by their rarity, which is 0.1 to 1."""
MIN_INSIDE_LETTERS = 5
"""A shorter word is in too many longer ones by chance."""
CACHED_QUERIES = 64

_Bits = int
"""Some of a query's words, one bit each: a search compares with hundreds of texts."""


def content_words(query: str) -> tuple[str, ...]:
    """The content words of a query, each once; see `query_words`."""
    empty = empty_words(query)
    return tuple(word for word in dict.fromkeys(query_words(query)) if word not in empty)


def drop_empty_words(query: str) -> str:
    """The query without function words and words about the medium; all of it where nothing would be left.

    Nearly every text shares these words, and a text that shares no others does not count (`word_share`).
    """
    empty = empty_words(query)
    content = [word for word in query.split() if not empty.issuperset(split_words(word))]
    return " ".join(content) or query


def held_words(query: str, text: str, *, fuzzy: bool = False) -> frozenset[str]:
    """Those of the `content_words` that a text holds, inflected or not; see `word_share`."""
    return _wanted(query, fuzzy, None).held(split_words(text))


def word_share(query: str, text: str, *, fuzzy: bool = False, vocabulary: Vocabulary | None = None) -> float:
    """The share of the query's words that a text holds, by weight, 0 to 1; 0 when that is not enough to count.

    Args:
        fuzzy: a word of the query also matches when OCR misread a letter of it, inside a longer word, or across a lost
            or added space.
        vocabulary: of the library; a word that is rare in it weighs more. None: all weigh the same.
    """
    return _wanted(query, fuzzy, vocabulary).share(split_words(text))


def shares_word(query: str, text: str, *, fuzzy: bool = False) -> bool:
    """Whether a text holds any content word of the query; see `word_share`."""
    return _wanted(query, fuzzy, None).is_touched_by(split_words(text))


class _Wanted:
    """A query's words, compared with many texts; the comparison with each word is cached."""

    def __init__(self, query: str, *, fuzzy: bool, vocabulary: Vocabulary | None) -> None:
        self._fuzzy = fuzzy
        self._vocabulary = vocabulary
        self._empty = empty_words(query)
        in_order = query_words(query)
        self._words = tuple(dict.fromkeys(in_order))
        self._signs = frozenset(split_words(query)) - set(self._words)
        self._bits: dict[str, _Bits] = {word: 1 << place for place, word in enumerate(self._words)}
        self._content: _Bits = sum(bit for word, bit in self._bits.items() if word not in self._empty)
        self._weights = [(bit, self._weight_of(word)) for word, bit in self._bits.items()]
        self._total = self._weight(sum(self._bits.values())) or 1.0
        self._run = "".join(dict.fromkeys(split_words(query)))
        self._long = [word for word in self._words if len(word) >= MIN_INSIDE_LETTERS] if fuzzy else []
        self._stems: dict[str, _Bits] = {}
        for word, bit in self._bits.items():
            for stem in word_stems(word):
                self._stems[stem] = self._stems.get(stem, 0) | bit
        self._joined = {one + other: self._bits[one] | self._bits[other] for one, other in pairwise(in_order)}
        self._known: dict[str, _Bits] = {}

    def share(self, text: tuple[str, ...]) -> float:
        """As `word_share`, of a text's words."""
        held = self._held_by(text)
        if not held:
            return 0.0
        share = self._weight(held) / self._total
        if not self._content:
            return share if share >= PHRASE_SHARE else 0.0
        if not held & self._content:
            return 0.0
        if share >= (QUERY_SHARE if self._vocabulary is None else RARE_SHARE):
            return share
        all_of_it = found = 0.0
        for word in text:
            weight = EMPTY_WEIGHT if word in FUNCTION_WORDS else 1.0
            all_of_it += weight
            found += weight if self._wants(word) else 0.0
        return share if found > TEXT_SHARE * all_of_it else 0.0

    def held(self, text: tuple[str, ...]) -> frozenset[str]:
        """As `held_words`, of a text's words."""
        held = self._held_by(text) & self._content
        return frozenset(word for word, bit in self._bits.items() if held & bit)

    def is_touched_by(self, text: tuple[str, ...]) -> bool:
        """As `shares_word`, of a text's words."""
        held = self._held_by(text)
        return bool(held & self._content if self._content else held)

    def _held_by(self, text: tuple[str, ...]) -> _Bits:
        held: _Bits = 0
        known = self._known
        for word in text:
            held |= known[word] if word in known else self._same(word)
        for one, other in pairwise(text):  # `blackswan` is in "black swan"
            held |= self._bits.get(one + other, 0)
        if self._long:
            run = "".join(text)
            for word in self._long:
                held |= self._bits[word] if word in run else 0
        return held

    def _same(self, word: str) -> _Bits:
        """The query's words that a word of a text matches, misread or inflected."""
        bits = self._bits.get(word, 0) | self._joined.get(word, 0)
        if self._fuzzy:
            bits |= sum(bit for other, bit in self._bits.items() if other != word and is_misread_word(word, other))
        else:
            for stem in word_stems(word):
                bits |= self._stems.get(stem, 0)
        self._known[word] = bits
        return bits

    def _wants(self, word: str) -> bool:
        inside = self._fuzzy and len(word) >= MIN_INSIDE_LETTERS and word in self._run
        return inside or word in self._signs or bool(self._known[word])

    def _weight(self, bits: _Bits) -> float:
        return sum(weight for bit, weight in self._weights if bits & bit)

    def _weight_of(self, word: str) -> float:
        if self._vocabulary is None:
            return EMPTY_WEIGHT if word in self._empty else 1.0
        return EMPTY_RARITY if word in self._empty else self._vocabulary.rarity(word)


@lru_cache(maxsize=CACHED_QUERIES)
def _wanted(query: str, fuzzy: bool, vocabulary: Vocabulary | None) -> _Wanted:
    return _Wanted(query, fuzzy=fuzzy, vocabulary=vocabulary)
