"""The vocabulary of a library: which words its texts and names hold, how rare each is, and what a query's words mean
in it: inflected, run together, or mistyped.

Full-text search compares whole words, so a query is searched together with those forms of its words that the library
holds. A word that neither the library nor a language knows is taken for a typing mistake where a word of the library
is near enough (Damerau-Levenshtein distance, as optimal string alignment).
"""

import math
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

from indexer.words.folding import WORD, fold_letters
from search.text.words import ASCII_WORD, EMPTY_WORDS, empty_words, share_word_stem, split_words, word_stems

LEAST_RARITY = 0.1
"""Of a word that is everywhere: it says little, but not nothing."""
MOST_FORMS = 12
"""Of a word that a search is widened by."""
ONE_MISTAKE_LETTERS, TWO_MISTAKES_LETTERS = 4, 8
"""From so many letters on, a word may have one mistake, or two. Of three letters only the order may be wrong."""
LANGUAGES = ("en", "de", "fr", "es")
"""Those of `search.text.words.FUNCTION_WORDS`. Their words are hardly ever taken for mistakes."""
OTHER_LANGUAGES = ("it", "nl", "pl", "pt", "sv")
"""Whose words are not taken for mistakes of those either."""
FREQUENT_ZIPF, RARE_ZIPF = 6.5, 1.0
"""Zipf frequency, the logarithm of occurrences in a billion words (van Heuven and others 2014), from which on a word
says nothing, and below which it says all it can. `the` has 7.7, `anything` 5.5, `temperature` 4.6, `handouts` 3.1."""
MISREAD_FACTOR = 10
"""A word that no language knows but the library holds may be a misreading; it is, where a near word is so much more
frequent."""
ENDINGS = ("s", "es", "ed", "d", "ing", "er", "en", "n")
"""Of a rare form of a common word, as `breads`."""
_CAMEL_CASE = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{2})(?=[0-9])|(?<=[A-Za-z])(?=[0-9]{2})"
)

Named = TypeVar("Named")


class Vocabulary:
    """The words of one library. Safe from several threads."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """
        Args:
            counts: word, folded as by `split_words` -> how often it occurs.
        """
        self._counts = counts
        self._log_total = math.log(sum(counts.values()) + 2)

    def __contains__(self, word: str) -> bool:
        return word in self._counts

    def rarity(self, word: str) -> float:
        """`LEAST_RARITY` to 1: how much a word says, by how rare it is in the library and in its language.

        A rare word says more (Spaerck Jones 1972, "A statistical interpretation of term specificity"). In a small
        library nothing is frequent, so that its own counts do not tell `anything` from `anatomy`.
        """
        count = max((self._counts.get(form, 0) for form in (word, *self.forms(word))), default=0)
        return max(LEAST_RARITY, min(language_rarity(word), 1 - math.log(count + 1) / self._log_total))

    def forms(self, word: str) -> list[str]:
        """Other words of the library that are the same word inflected, the most frequent first."""
        stems = word_stems(word)
        found = {other for stem in stems for other in self._by_stem.get(stem, ()) if other != word}
        return sorted(found, key=lambda other: (-self._counts[other], other))[:MOST_FORMS]

    def beginning_with(self, letters: str, *, limit: int) -> list[str]:
        """Words of the library that begin with these letters, the most frequent first; none that say nothing."""
        found = [word for word in self._counts if word.startswith(letters) and word not in EMPTY_WORDS]
        return sorted(found, key=lambda word: (-self._counts[word], word))[:limit]

    def widened(self, query: str) -> str:
        """The query with the library's forms of its words after it, and its neighbouring words run together."""
        words = split_words(query)
        telling = [word for word in dict.fromkeys(words) if word not in empty_words(query)] or words
        added = [form for word in telling for form in self.forms(word)]
        added += [one + other for one, other in pairwise(words) if one + other in self]
        return " ".join((query, *dict.fromkeys(added)))

    def corrected(self, query: str) -> str:
        """The query with its mistyped words replaced by the library's nearest; the same query where there is none."""
        return WORD.sub(lambda found: self._correct(found[0]), query)

    def _correct(self, token: str) -> str:
        word = fold_letters(token)
        if len(word) < 3 or not word.isalpha() or word in EMPTY_WORDS:
            return token
        if is_spelled_right(token):
            return self._commoner(word) or token
        least = MISREAD_FACTOR * sum(self._counts.get(form, 0) for form in (word, *self.forms(word)))
        allowed = 2 if len(word) >= TWO_MISTAKES_LETTERS else 1
        near = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=allowed, limit=None)
        if len(word) < ONE_MISTAKE_LETTERS:
            near = [one for one in near if sorted(one[0]) == sorted(word)]
        near = [one for one in near if len(one[0]) >= 3 and one[0].isalpha() and self._counts[one[0]] >= least]
        best = min(near, key=lambda one: (one[1], one[0][0] != word[0], -self._counts[one[0]], one[0]), default=None)
        meant = "" if least else meant_word(word)
        if best is None:
            return meant or token
        # Wrong order is likelier than a wrong letter.
        return meant if sorted(meant) == sorted(word) != sorted(best[0]) else str(best[0])

    def _commoner(self, word: str) -> str:
        """A far commoner word of the library that this one is but for two letters in the wrong order; empty where there
        is none, or the library holds this one too."""
        if any(form in self for form in (word, *self.forms(word))):
            return ""
        least = _zipf(word) + math.log10(MISREAD_FACTOR)
        return max((one for one in _swapped(word) if one in self and _zipf(one) >= least), key=_zipf, default="")

    @cached_property
    def _words(self) -> list[str]:
        return list(self._counts)

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in self._counts:
            for stem in word_stems(word):
                found.setdefault(stem, []).append(word)
        return found


def vocabulary_of(texts: Iterable[str], names: Iterable[str] = ()) -> Vocabulary:
    """The vocabulary of texts and of names, whose run-together words (`solidWhiteRight`) count apart too."""
    return Vocabulary(_count_words((*texts, *map(split_name, names))))


def _count_words(texts: Iterable[str]) -> Counter[str]:
    ascii_texts: list[str] = []
    others: list[str] = []
    for text in texts:
        (ascii_texts if text.isascii() else others).append(text)
    counts = Counter(ASCII_WORD.findall("\n".join(ascii_texts).lower()))
    for token, count in Counter(WORD.findall("\n".join(others))).items():
        for word in split_words(token):
            counts[word] += count
    return counts


def split_name(name: str) -> str:
    """A name followed by its parts, where capitals or numbers begin new words: `solidWhiteRight` -> `... solid White
    Right`."""
    apart = _CAMEL_CASE.sub(" ", name)
    return name if apart == name else f"{name} {apart}"


def is_spelled_right(word: str) -> bool:
    """Whether one of the `LANGUAGES` has this word, or it without an ending, often enough to be no mistake itself."""
    word = word.lower()
    shorter = [word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending)]
    return _zipf(word) > 0 or any(_zipf(one) > 0 and share_word_stem(one, word) for one in shorter)


def meant_word(word: str) -> str:
    """The commonest word that an unknown one is but for two neighbouring letters in the wrong order, or one letter
    single for double; empty where there is none, or where one of `OTHER_LANGUAGES` has the word as it stands."""
    from wordfreq import get_frequency_dict

    known = [one for one in (*_swapped(word), *_doubled(word)) if _zipf(one) > 0]
    if not known or any(word in get_frequency_dict(language, "small") for language in OTHER_LANGUAGES):
        return ""
    return max(known, key=_zipf)


def _swapped(word: str) -> list[str]:
    """The word with each two neighbouring letters exchanged; none of a word too short to be sure."""
    places = range(len(word) - 1) if len(word) >= ONE_MISTAKE_LETTERS else ()
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places]


def _doubled(word: str) -> list[str]:
    """The word with each letter doubled, and each doubled letter single."""
    return [
        *(word[:at] + word[at] + word[at:] for at in range(len(word))),
        *(word[:at] + word[at + 1 :] for at in range(len(word) - 1) if word[at] == word[at + 1]),
    ]


def language_rarity(word: str) -> float:
    """0 for a word that its language is full of, 1 for a rare or unknown one; the language in which it is commonest.

    1 for a number: `slide 2` is another slide than `slide 1`.
    """
    if not word.isalpha():
        return 1.0
    return min(1.0, max(0.0, (FREQUENT_ZIPF - _zipf(word)) / (FREQUENT_ZIPF - RARE_ZIPF)))


@lru_cache(maxsize=1 << 16)
def _zipf(word: str) -> float:
    from wordfreq import zipf_frequency  # half a second of processor time, for queries with rare words alone

    return max(zipf_frequency(word, language, wordlist="small") for language in LANGUAGES)


class VocabularyCache:
    """The vocabulary of the texts and names that were asked for last. What they have in common with those of the time
    before is not counted again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: Sequence[str] | None = None
        self._distinct: frozenset[str] = frozenset()
        self._names: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()
        self._named: Sequence[Any] = ()
        self._vocabulary = Vocabulary({})

    def of(
        self, texts: Sequence[str], named: Sequence[Named], names_of: Callable[[Named], Iterable[str]]
    ) -> Vocabulary:
        """The vocabulary of these texts, each different, and of the names of things; the same sequence object means the
        same texts. Names are made only when the things are others."""
        with self._lock:
            if self._texts is not texts or self._named != named:
                names = Counter(name for one in named for name in names_of(one))
                self._count(frozenset(texts) if self._texts is not texts else self._distinct, names)
                self._texts, self._named = texts, named
                self._vocabulary = Vocabulary(dict(self._counts))
            return self._vocabulary

    def _count(self, texts: frozenset[str], names: Counter[str]) -> None:
        added, gone = (names - self._names).elements(), (self._names - names).elements()
        self._counts.update(_count_words((*(texts - self._distinct), *map(split_name, added))))
        self._counts -= _count_words((*(self._distinct - texts), *map(split_name, gone)))
        self._distinct, self._names = texts, names
