"""Stated words: those of a query that it says stand somewhere, `a red sign that says NO ENTRY on a wall`. Pure.

What comes before them describes where they stand, which no text knows; so a text that holds the stated words is asked
for, whatever else the query says.
"""

from functools import lru_cache

from indexer.words.folding import fold_letters
from search.text.phrase_matching import holds_phrase
from search.text.term_coverage import held_words
from search.text.words import CACHED_TEXTS, empty_words, split_words

STATING_VERBS = frozenset(
    fold_letters(word)
    for word in (
        "say says saying read reads reading written titled entitled labelled labeled marked named called spells "
        "spelling heißt namens betitelt beschriftet"
    ).split()
)
STATING_NOUNS = frozenset(
    map(fold_letters, "word words phrase inscription wort wörter worte worten satz aufschrift".split())
)
"""Only after an article: `with the word EXIT`, not `word games`."""
ARTICLES = frozenset("the a an das dem der die den".split())
BEFORE_STATED = frozenset("that just only simply mit".split())
PLACES = frozenset(
    fold_letters(word)
    for word in (
        "on in at over under above below near next beside behind across along inside outside before after during while "
        "with from all auf im am an bei über unter neben vor hinter"
    ).split()
)
"""What the stated words end before: `on a wall`."""


def holds_stated_words(query: str, text: str) -> bool:
    """Whether a text holds, side by side and misread letters forgiven, the words that the query says stand there; a
    single word also inside a longer one."""
    return any(
        holds_phrase(words, text, fuzzy=True) or words in held_words(words, text, fuzzy=True)
        for words in stated_words(query)
    )


@lru_cache(maxsize=CACHED_TEXTS)
def stated_words(query: str) -> tuple[str, ...]:
    """What follows the last word that states something, to each place where it may end, with a content word each.

    `a sign that says dogs welcome in the yard` -> `dogs welcome`, `dogs welcome in the yard`; none where nothing is
    stated.
    """
    words = split_words(query)
    after = [place + 1 for place in range(len(words)) if _states(words, place)]
    stated = words[after[-1] :] if after else ()
    while stated and stated[0] in BEFORE_STATED:
        stated = stated[1:]
    ends = [end for end in range(1, len(stated) + 1) if end == len(stated) or stated[end] in PLACES]
    found = [" ".join(stated[:end]) for end in ends]
    return tuple(part for part in found if not empty_words(part).issuperset(split_words(part)))


def _states(words: tuple[str, ...], place: int) -> bool:
    word = words[place]
    return word in STATING_VERBS or (word in STATING_NOUNS and place > 0 and words[place - 1] in ARTICLES)
