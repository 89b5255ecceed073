"""Words: tokens of a text and of a query, function words, stems, and misreadings by OCR. Pure; any script."""

import re
import threading
from functools import lru_cache
from itertools import pairwise

from Stemmer import Stemmer

from indexer.words.attached_forms import attached_forms, has_attached_forms
from indexer.words.folding import fold_letters, folded_runs, folded_words

MIN_STEM_LETTERS = 3
"""A shorter word has no ending."""
STEMMERS = tuple(Stemmer(language) for language in ("english", "german", "french", "spanish"))
"""Snowball's; the languages of `FUNCTION_WORDS`. A text does not say its language, so each is asked."""
CACHED_TEXTS = 4096
"""Texts whose words are cached: the same texts are compared query after query. A slide of 200 words takes 20 KB."""
_DIGITS = str.maketrans("0123456789", "olzeasbtbg")
"""Digits and the letters that OCR confuses with them."""
_LOOK_ALIKES = [frozenset(group) for group in "iltjf oqcdg oce ao mn nh bh nu uv vy kx pq gq sz rt".split()]
"""Letters that OCR confuses. `castle` is no misreading of `cattle`, nor `honey` of `money`."""

FUNCTION_WORDS = frozenset(
    fold_letters(word)
    for word in (
        # English, German, French, Spanish: articles, pronouns, prepositions, auxiliaries, question words.
        "a an the and or but nor not no so if then than as at by for from in into of off on onto out over to up with "
        "about is are was were be been being am do does did has have had will would can could may might shall should "
        "must i you he she it we they me him her us them my your his its our their this that these those there here "
        "who whom whose what which when where why how some any someone somebody something anyone one ones "
        "like make makes made making use used uses using get gets got s t d ll re ve don doesn didn isn wasn "
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
    fold_letters(word)
    for word in (
        # Words of a query about where something is seen, heard or kept; the text itself does not hold them.
        "sign signs board boards slide slides screen screens page pages title titles heading headings headline "
        "headlines caption captions captioned subtitle subtitles text texts word words letter letters line lines "
        "sentence sentences label labels logo logos banner gesture gestures "
        "scene scenes video videos clip clips moment moments picture pictures image images frame frames shot shots "
        "file files recording recordings footage movie movies film films lecture lectures talk talks audio "
        "schild schilder tafel folie folien bildschirm seite seiten titel überschrift untertitel text texte wort "
        "wörter buchstaben zeile zeilen satz sätze szene szenen video videos bild bilder film filme datei dateien "
        "aufnahme aufnahmen vortrag vorlesung vorlesungen gebärde gebärden gebärdensprache"
    ).split()
)
"""Nouns about the medium."""
SHOWING_WORDS = frozenset(
    fold_letters(word)
    for word in (
        # Of what a picture, a text or a speaker does, and of names.
        "labelled labeled titled marked named called entitled talking "
        "say says said saying speaks speaking mentions mention mentions mentioned tells announces announcing see seen "
        "find look looks looking appear appears visible displayed shows show showing shown read reads written reading "
        "printed signed signing sagt sagen gesagt spricht zeigt steht geschrieben heißt"
    ).split()
)
EMPTY_WORDS = FUNCTION_WORDS | MEDIUM_WORDS | SHOWING_WORDS
"""Words that a query can do without; see `empty_words`."""

_ENDS_IN_DIGIT = re.compile(r"[0-9]s?$")
_COMPARED = re.compile(r"(?<=[a-z]{2}[^aeiou])(ier|iest)$")
ASCII_WORD = re.compile(r"[^\W_]+")  # the same words as in any script, quicker
_STEMMING = threading.Lock()  # a stemmer is not safe from several threads


@lru_cache(maxsize=CACHED_TEXTS)
def split_words(text: str) -> tuple[str, ...]:
    """The words of a text, folded (`indexer.words.folding`); of scripts without spaces, the signs."""
    if text.isascii():
        return tuple(ASCII_WORD.findall(text.lower()))
    return tuple(word.text for word in folded_words(text))


@lru_cache(maxsize=CACHED_TEXTS)
def query_words(query: str) -> tuple[str, ...]:
    """The words of a query as they are looked up: of scripts without spaces, each pair of neighbouring signs, since
    single signs are in nearly every text; a sign that stands alone."""
    return tuple(
        word
        for run in folded_runs(query)
        for word in ([run[0].text] if len(run) == 1 else [one.text + other.text for one, other in pairwise(run)])
    )


@lru_cache(maxsize=CACHED_TEXTS)
def empty_words(query: str) -> frozenset[str]:
    """Those of `EMPTY_WORDS` that this query can do without.

    A noun about the medium counts before a number, which is nothing by itself (`slide 2`), and where the query has no
    other content word: `slides`, `this is a title`.
    """
    words = split_words(query)
    pairs = list(pairwise(words))
    empty = EMPTY_WORDS | {"language"} if ("sign", "language") in pairs else EMPTY_WORDS
    counting = {word for word, after in pairs if word in MEDIUM_WORDS and after.isdigit()}
    if empty.issuperset(words):
        counting.update(word for word in words if word in MEDIUM_WORDS or word not in EMPTY_WORDS)
    return empty - counting if counting else empty


@lru_cache(maxsize=1 << 17)
def word_stems(word: str) -> frozenset[str]:
    """What is left of a word without its ending, by language; none of a short word or a number.

    Words that share one are the same word, inflected: `juggling` and `juggle`. British and American spelling count as
    one: `optimiser`, `color`. Of letters with a number, what is left without a plural's `s`. Of Korean and Arabic, the
    word itself and what it is without particles or article.
    """
    if word and has_attached_forms(word):
        return frozenset(f"+{form}" for form in (word, *attached_forms(word)))
    if len(word) < MIN_STEM_LETTERS - 1 or word.isdigit():
        return frozenset()
    if not word.isalpha():  # `f10s`
        return frozenset({f"#{word.removesuffix('s')}"}) if _ENDS_IN_DIGIT.search(word) else frozenset()
    if len(word) < MIN_STEM_LETTERS:
        return frozenset()
    spelling = word.replace("z", "s").replace("our", "or")
    spellings = {spelling, _COMPARED.sub("y", spelling)}  # `hungrier`
    with _STEMMING:
        return frozenset(
            f"{number}{stemmer.stemWord(one)}" for one in spellings for number, stemmer in enumerate(STEMMERS)
        )


def share_word_stem(one: str, other: str) -> bool:
    """Whether two words are the same but for their endings."""
    return not word_stems(one).isdisjoint(word_stems(other))


@lru_cache(maxsize=1 << 16)
def is_misread_word(one: str, other: str) -> bool:
    """Whether two words are the same but for misread letters: one or two by length, and look-alike digits."""
    one, other = one.translate(_DIGITS), other.translate(_DIGITS)
    length = min(len(one), len(other))
    allowed = 0 if length < 5 else 1 if length < 9 else 2
    if one == other:
        return True
    if (
        abs(len(one) - len(other)) > allowed or len(set(one) - set(other)) > allowed
    ):  # a misreading replaces or drops one letter
        return False
    return _is_within_edits(one, other, allowed)


def _is_within_edits(one: str, other: str, allowed: int) -> bool:
    """Whether at most so many letters added, lost, or confused turn one word into the other.

    Levenshtein distance (1966), where a substitution by a letter that does not look alike costs 2.
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
