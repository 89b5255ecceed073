"""Words and letters of a text, for full-text search that serves any language and forgives a reader's slip.

Two views of one text are indexed. *Words*: cut by Unicode's rules (ICU), lower case, accents folded, nothing stemmed
and no word left out, since stemming and stop words are right for one language and wrong for the next. *Letters*: the
same text as one run of folded letters without spaces, indexed by its trigrams; it finds `weisse Schrift` in
`weisseSchrift`, `expression` in `expresslons`, `Schifffahrt` in `Donaudampfschifffahrt`. Only of what was read off the
screen: with the letters of everything that is said, looking through the trigrams took ten times as long.

Left out: the index itself (LanceDB's), and meaning (the text model's).
"""

import unicodedata
from collections.abc import Sequence


def letters_of(text: str) -> str:
    """The text's letters and digits only, case and accents folded: `Weiße Schrift!` -> `weisseschrift`."""
    if text.isascii():
        folded = text.lower()
        return folded if folded.isalnum() else "".join(sign for sign in folded if sign.isalnum())
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(sign for sign in spread if sign.isalnum())


def slips_allowed(length: int) -> int:
    """How many neighbouring pairs of a word of so many letters may be missing in a text that still holds it.

    One wrong letter breaks two pairs, one at an end of the word breaks one. Short words get little or nothing: at
    one wrong letter in three, every word is like every other.
    """
    if length < 4:
        return 0
    if length < 6:
        return 1
    return 2 if length < 10 else 4


class Slipped:
    """Words to be looked for in many runs of letters, give or take a slip; all folded by `letters_of`."""

    def __init__(self, words: Sequence[str]) -> None:
        pairs = [{word[place : place + 2] for place in range(len(word) - 1)} for word in words]
        self._words = list(zip(words, pairs, map(slips_allowed, map(len, words)), strict=True))

    def any_in(self, letters: str) -> bool:
        """Whether the letters hold at least one of the words."""
        return any(word in letters or _misses_few(pairs, letters, allowed) for word, pairs, allowed in self._words)


def _misses_few(pairs: set[str], letters: str, allowed: int) -> bool:
    missing = 0
    most = min(allowed, len(pairs) - 1)
    for pair in pairs:
        missing += pair not in letters
        if missing > most:
            return False
    return missing <= most
