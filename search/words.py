"""Is it enough that a text shares words with a query? Pure.

Full text finds every text with one word in common, and a long query has `the` in common with all of them. A text
counts when it holds a sensible part of the query's words that mean something, or when a good part of the text itself
is what was asked for: a sign that reads ANCHOR answers "a sign that says ANCHOR".
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from indexer.words import letters_of

QUERY_SHARE = 0.5
"""The weight of the query's words that a text must hold."""
TEXT_SHARE = 0.5
"""Or: the query must hold more than this weight of the text's words; one word of a sign of two is not enough."""
PHRASE_SHARE = 0.75
"""The share that counts when the query has nothing but function words, as `to be or not to be`."""
EMPTY_WEIGHT = 0.1
"""Weight of a function word, and in a query also of a word about the medium; all others weigh 1."""
INFLECTION_LETTERS = 3
"""`ships` counts as `ship`, `counting` as `count`: one word begins with the other and is at most so much longer."""
MIN_STEM_LETTERS = 4
MIN_INSIDE_LETTERS = 5
"""A shorter word is in too many longer ones by chance."""
KEPT_TEXTS = 4096
"""Texts of which the words are kept: the same come back for query after query. A slide of 200 words takes 20 KB."""
_DIGITS = str.maketrans("0123456789", "olzeasbtbg")
"""The letters that a reader of pictures takes for these digits, and the other way round."""
_LOOK_ALIKES = [frozenset(group) for group in "iltjf oqcdg oce ao mn nh bh nu uv vy kx pq gq sz rt".split()]
"""Letters that it takes for each other. `castle` is no slip for `cattle`, nor `honey` for `money`."""

FUNCTION_WORDS = frozenset(
    letters_of(word)
    for word in (
        # English, German, French, Spanish: articles, pronouns, prepositions, auxiliaries, question words.
        "a an the and or but nor not no so if then than as at by for from in into of off on onto out over to up with "
        "about is are was were be been being am do does did has have had will would can could may might shall should "
        "must i you he she it we they me him her us them my your his its our their this that these those there here "
        "who whom whose what which when where why how some any someone somebody something anyone "
        "der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine so wenn dann als an "
        "auf aus bei für von im in ins mit nach zu zum zur über unter vor durch um ist sind war waren sein bin hat "
        "haben hatte wird werden kann können ich du er sie es wir ihr mich dich ihn uns mein dein dies diese dieser "
        "dieses wer was welche welcher wo wann warum wie jemand etwas man auch "
        "le la les un une des du de et ou mais ne pas que qui quoi dont où ce cet cette ces il elle nous vous ils "
        "elles je tu est sont était a ont avec pour par dans sur sous en au aux son sa ses leur "
        "el los las una unos unas y o pero no si del al con por para es son era fue ha han yo él ella lo se su sus "
        "que quien cual donde cuando como"
    ).split()
)
MEDIUM_WORDS = frozenset(
    letters_of(word)
    for word in (
        # What a query says of where it was seen or heard; the text itself does not say it.
        "sign signs board slide slides screen page title caption subtitle text word words line sentence scene video "
        "clip moment picture frame lecture talk talks talking says say said saying saying speaks speaking mentions "
        "mention mentioned shows show showing shown reads written reading called labelled labeled "
        "schild tafel folie folien bildschirm seite titel untertitel text wort wörter zeile satz szene video bild "
        "vortrag vorlesung sagt sagen gesagt spricht zeigt steht geschrieben"
    ).split()
)

_EMPTY = FUNCTION_WORDS | MEDIUM_WORDS
_WORD = re.compile(r"\w+")
# Scripts without spaces between words: each sign stands for itself.
_UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


def split(text: str) -> list[str]:
    """The words of a text, each folded by `letters_of`; of scripts without spaces, the signs."""
    return list(_split(text))


@lru_cache(maxsize=KEPT_TEXTS)
def _split(text: str) -> tuple[str, ...]:
    spaced = _UNSPACED.sub(lambda found: f" {found.group()} ", text)
    return tuple(folded for word in _WORD.findall(spaced.replace("_", " ")) if (folded := letters_of(word)))


def content_words(query: str) -> tuple[str, ...]:
    """The words of a query that mean something, each once."""
    return tuple(word for word, weight in _weighed(query).items() if weight == 1.0)


def telling_words(query: str) -> str:
    """The query as it stands without function words and words about the medium; all of it where nothing is left.

    What shares no more than these with a query does not count (`word_share`), and nearly every text shares them.
    """
    telling = [word for word in query.split() if not _EMPTY.issuperset(_split(word))]
    return " ".join(telling) or query


def held_words(query: str, text: str) -> frozenset[str]:
    """Those of the `content_words` that a text holds, inflected or not."""
    holds = _inflected(_split(text))
    return frozenset(word for word in content_words(query) if holds(word))


def word_share(query: str, text: str, *, fuzzy: bool = False) -> float:
    """The share of the query's words that a text holds, by weight, 0 to 1; 0 when that is not enough to count.

    Args:
        fuzzy: a word of the query may also be found with a reader's slip, inside a longer word, or across a lost or
            added space.
    """
    asked, held = _weighed(query), _split(text)
    matches = _slips(held) if fuzzy else _inflected(held)
    shared = {word: weight for word, weight in asked.items() if matches(word)}
    if not shared:
        return 0.0
    share = sum(shared.values()) / sum(asked.values())
    if not any(weight == 1.0 for weight in asked.values()):
        return share if share >= PHRASE_SHARE else 0.0
    if not any(weight == 1.0 for weight in shared.values()):
        return 0.0
    if share >= QUERY_SHARE:
        return share
    wanted = _slips(tuple(asked)) if fuzzy else _inflected(tuple(asked))
    weights = [(word, EMPTY_WEIGHT if word in FUNCTION_WORDS else 1.0) for word in held]
    found = sum(weight for word, weight in weights if wanted(word))
    return share if found > TEXT_SHARE * sum(weight for _, weight in weights) else 0.0


def shares_word(query: str, text: str, *, fuzzy: bool = False) -> bool:
    """Whether a text holds any word of the query that means something; see `word_share`."""
    asked, held = _weighed(query), _split(text)
    matches = _slips(held) if fuzzy else _inflected(held)
    least = 1.0 if 1.0 in asked.values() else 0.0
    return any(weight >= least and matches(word) for word, weight in asked.items())


@lru_cache(maxsize=64)
def _weighed(query: str) -> dict[str, float]:
    words = dict.fromkeys(split(query))
    return {word: EMPTY_WEIGHT if word in _EMPTY else 1.0 for word in words}


@lru_cache(maxsize=KEPT_TEXTS)
def _inflected(words: tuple[str, ...]) -> Callable[[str], bool]:
    known = frozenset(words)
    reached = known.union(*map(_stems, known))
    return lambda word: word in reached or not known.isdisjoint(_stems(word))


@lru_cache(maxsize=1 << 16)
def _stems(word: str) -> tuple[str, ...]:
    """The beginnings of a word that count as the same word; none of a short one."""
    return tuple(word[:length] for length in range(max(MIN_STEM_LETTERS, len(word) - INFLECTION_LETTERS), len(word)))


def same_stem(one: str, other: str) -> bool:
    """Whether two words are one but for their ends."""
    return one in _stems(other) or other in _stems(one) or (one == other and len(one) >= MIN_STEM_LETTERS)


def _slips(words: Sequence[str]) -> Callable[[str], bool]:
    known = set(words)
    run = "".join(words)
    return lambda word: (
        word in known
        or (len(word) >= MIN_INSIDE_LETTERS and word in run)
        or any(slipped(word, other) for other in known)
    )


@lru_cache(maxsize=1 << 16)
def slipped(one: str, other: str) -> bool:
    """Whether two words are the same but for look-alikes and a letter or two, by length."""
    one, other = one.translate(_DIGITS), other.translate(_DIGITS)
    length = min(len(one), len(other))
    allowed = 0 if length < 5 else 1 if length < 9 else 2
    return one == other or (abs(len(one) - len(other)) <= allowed and _slips_at_most(one, other, allowed))


def _slips_at_most(one: str, other: str, allowed: int) -> bool:
    """Whether so many letters added, lost, or taken for a look-alike turn one word into the other.

    Levenshtein's distance (1966), where a change to a letter that looks different costs 2.
    """
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, start=1):
        above, row = row, [place]
        for column, second in enumerate(other, start=1):
            change = above[column - 1] + _change_cost(letter, second)
            row.append(min(above[column] + 1, row[-1] + 1, change))
        if min(row) > allowed:
            return False
    return row[-1] <= allowed


def _change_cost(one: str, other: str) -> int:
    if one == other:
        return 0
    return 1 if any(one in group and other in group for group in _LOOK_ALIKES) else 2
