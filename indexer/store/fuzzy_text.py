"""Words matched in runs of letters despite recognition errors. Pure.

Full-text search has two views of a text. *Terms*: its words, folded (`indexer.words.index_terms`). *Letters*: the
same text as one run of folded letters without spaces, indexed by its trigrams; it finds `weisse Schrift` in
`weisseSchrift`, `expression` in `expresslons`, `Schifffahrt` in `Donaudampfschifffahrt`. Only on-screen text has
letters: with those of all speech too, a search of the trigrams took ten times as long.

Left out: the index itself (LanceDB's), and meaning (the text model's).
"""

from collections.abc import Sequence


def allowed_fuzzy_misses(length: int) -> int:
    """How many of its letter pairs a word of this length may lack in a text that still counts as containing it.

    A wrong letter breaks two pairs, one at an end of the word breaks one. Short words get few or none: with one wrong
    letter in three, every word is like every other.
    """
    if length < 4:
        return 0
    if length < 6:
        return 1
    return 2 if length < 10 else 4


class FuzzyWords:
    """Words to be found in many runs of letters, exactly or nearly; all folded."""

    def __init__(self, words: Sequence[str]) -> None:
        pairs = [{word[index : index + 2] for index in range(len(word) - 1)} for word in words]
        self._words = list(zip(words, pairs, map(allowed_fuzzy_misses, map(len, words)), strict=True))

    def any_in(self, letters: str) -> bool:
        """Whether the letters contain at least one of the words."""
        return any(word in letters or _misses_few(pairs, letters, allowed) for word, pairs, allowed in self._words)


def _misses_few(pairs: set[str], letters: str, allowed: int) -> bool:
    missing = 0
    limit = min(allowed, len(pairs) - 1)
    for pair in pairs:
        missing += pair not in letters
        if missing > limit:
            return False
    return missing <= limit
