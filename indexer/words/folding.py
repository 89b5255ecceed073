"""Folding: a text in, its words as they are compared out, with their places in the text. Pure; any script.

Case, accents, points and vowel signs that are usually left out, ligatures, width, and the forms of one letter do not
count: `Straße` is `strasse`, `ΑΘΗΝΑ` is `αθηνα`, `ещё` is `еще`, `رِسَالَةً` is `رساله`. What makes another letter
stays: the vowels and tones of Thai and Devanagari, the voicing marks of kana. The full-text index, matching, excerpts
and names all compare with this.

Left out is what depends on the language: endings (`search.text`), and what is written on to a word
(`indexer.words.attached_forms`).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_DROPPED_RANGES = (
    (0x0300, 0x036F), (0x0483, 0x0487), (0x0591, 0x05BD), (0x05BF, 0x05BF), (0x05C1, 0x05C2), (0x05C4, 0x05C5),
    (0x05C7, 0x05C7), (0x0610, 0x061A), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06DC),
    (0x06DF, 0x06E4), (0x06E7, 0x06E8), (0x06EA, 0x06ED), (0x0711, 0x0711), (0x0730, 0x074A), (0x0898, 0x089F),
    (0x08CA, 0x08FF), (0x093C, 0x093C), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0), (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)  # fmt: skip
"""Accents of Latin, Greek and Cyrillic, Hebrew points, Arabic and Syriac vowel signs, tatweel, nukta, selectors."""
_DROPPED = frozenset(chr(code) for low, high in _DROPPED_RANGES for code in range(low, high + 1))
_LETTERS = {
    "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ڪ": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ۃ": "ه",
    "װ": "וו", "ױ": "וי", "ײ": "יי",
    "ð": "d", "þ": "th", "ŋ": "n", "ı": "i", "ȷ": "j", "ĸ": "k", "ƒ": "f",
    "ँ": "ं",
}  # fmt: skip
"""Letters that are another one, though Unicode does not say so."""
_NAMED = re.compile(r"(LATIN|CYRILLIC) SMALL (?:LETTER|LIGATURE) ([A-Z -]+?)(?: WITH .+)?")
_IGNORED = "\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
"""Soft hyphens, joiners and marks of direction: they stand inside words and are no part of them."""
_MARKS = "".join(
    chr(code)
    for code in (*range(0x300, 0x1F000), *range(0xE0100, 0xE01F0))
    if unicodedata.category(chr(code)).startswith("M")
)
_JAMO = "\u1160-\u11ff\ud7b0-\ud7ff"
"""Vowels and final consonants of Hangul in pieces."""
_TRAILING = f"[{_MARKS}{_IGNORED}{_JAMO}\uff9e\uff9f\u0e33\u0eb3]"
"""Signs that belong to the letter before them."""
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1a20-\u1aaf\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
"""Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Tai Tham, Chinese, Japanese."""
_APOSTROPHES = "\u02b9\u02bb\u02bc"
"""Letters to Unicode, signs between words to people: `мʼяч` is written `м'яч` as well."""
_AS_APOSTROPHE = str.maketrans(dict.fromkeys(f"{_APOSTROPHES}\u2018\u2019", "'"))

_CLUSTER = re.compile(rf".(?:{_TRAILING}*[\u0e4d\u0ecd]{_TRAILING}*[\u0e32\u0eb2])?{_TRAILING}*", re.DOTALL)
WORD = re.compile(rf"(?:(?![{_APOSTROPHES}_])\w{_TRAILING}*)+")
"""A run of letters and digits with their marks. May hold words of a script without spaces."""
_IGNORED_SIGN = re.compile(f"[{_IGNORED}]")
_UNSPACED_SIGN = re.compile(f"[{_UNSPACED}]")
_SARA_AM = re.compile("(?P<sign>[\u0e4d\u0ecd])(?P<tone>[\u0e48-\u0e4b\u0ec8-\u0ecb]?)[\u0e32\u0eb2]")
_TONE_FIRST = re.compile("(?P<tone>[\u0e48-\u0e4b\u0ec8-\u0ecb])(?P<sign>[\u0e4d\u0ecd])[\u0e32\u0eb2]")


@dataclass(frozen=True, slots=True)
class FoldedWord:
    """A word of a text; of a script without spaces, one sign with its marks."""

    text: str
    """Folded; never empty."""
    start: int
    stop: int
    """Half-open place in the text, in characters."""
    is_unspaced: bool = False


def folded_words(text: str) -> Iterator[FoldedWord]:
    """The words of a text in order, each with its place."""
    for run in WORD.finditer(text):
        if run[0].isascii():
            yield FoldedWord(run[0].lower(), run.start(), run.end())
        else:
            yield from _split_run(run[0], run.start())


def folded_runs(text: str) -> Iterator[list[FoldedWord]]:
    """Each word by itself; the signs of a script without spaces that follow each other together."""
    run: list[FoldedWord] = []
    for word in folded_words(text):
        if run and not (word.is_unspaced and run[-1].is_unspaced and word.start == run[-1].stop):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def fold(text: str) -> str:
    """The words of a text, folded, with one space between them."""
    return " ".join(word.text for word in folded_words(text))


def fold_letters(text: str) -> str:
    """The text's letters and digits only, folded: `Weiße Schrift!` -> `weisseschrift`."""
    return "".join(word.text for word in folded_words(text))


def _split_run(run: str, offset: int) -> Iterator[FoldedWord]:
    """A run at its signs of scripts without spaces."""
    folded, start, stop = "", 0, 0
    for cluster in _CLUSTER.finditer(run):
        sign, is_unspaced = _fold_cluster(cluster[0])
        if is_unspaced:
            if folded:
                yield FoldedWord(folded, offset + start, offset + stop)
            if sign:
                yield FoldedWord(sign, offset + cluster.start(), offset + cluster.end(), is_unspaced=True)
            folded = ""
        elif sign:
            start = start if folded else cluster.start()
            folded, stop = folded + sign, cluster.end()
    if folded:
        yield FoldedWord(unicodedata.normalize("NFC", folded), offset + start, offset + stop)


def fold_name(text: str) -> str:
    """A name or a path with its letters folded; all other signs stay where they are, so that patterns still fit."""
    if text.isascii():
        return text.lower()
    plain = text.translate(_AS_APOSTROPHE)
    folded = "".join(_fold_cluster(found[0])[0] or _without_ignored(found[0]) for found in _CLUSTER.finditer(plain))
    return unicodedata.normalize("NFC", folded)


def _without_ignored(cluster: str) -> str:
    return "".join(sign for sign in cluster if sign not in _DROPPED and not _IGNORED_SIGN.match(sign))


@lru_cache(maxsize=1 << 16)
def _fold_cluster(cluster: str) -> tuple[str, bool]:
    """A letter with its marks, folded, and whether it is of a script without spaces."""
    plain = "".join(_letter(sign) for sign in _decomposed(_decomposed(cluster).casefold()))
    plain = _SARA_AM.sub(_joined_sara_am, _TONE_FIRST.sub(_joined_sara_am, plain))
    plain = unicodedata.normalize("NFC", plain)
    kept = "".join(sign for sign in plain if sign.isalnum() or unicodedata.category(sign)[0] == "M")
    return kept, _UNSPACED_SIGN.match(kept) is not None


def _decomposed(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if sign not in _DROPPED)


def _letter(sign: str) -> str:
    """One sign of a decomposed, caseless letter."""
    if sign < "\x80":
        return sign
    if (other := _LETTERS.get(sign)) is not None:
        return other
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    found = _NAMED.fullmatch(unicodedata.name(sign, "")) if sign < "\u2e80" else None
    if found is None:
        return sign
    script, name = found.groups()
    if script == "LATIN" and len(name) <= 2:
        return name.lower()  # `O WITH STROKE`, `AE`
    try:
        return unicodedata.lookup(f"{script} SMALL LETTER {name}")
    except KeyError:
        return sign


def _joined_sara_am(found: re.Match[str]) -> str:
    """The vowel in one sign after the tone, as it is mostly typed."""
    return found["tone"] + ("\u0e33" if found["sign"] == "\u0e4d" else "\u0eb3")
