"""Highlighting: which words of a text match the query, and which part of a long text to show. Pure."""

import re
import unicodedata
from collections.abc import Sequence

from indexer.store.fuzzy_text import fold_letters
from search.text.words import EMPTY_WORDS, share_word_stem

Span = tuple[int, int]
"""Half-open [start, stop) in characters."""

_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Burmese, Japanese, Chinese: words are not separated by spaces."""


def matching_spans(text: str, query: str) -> list[Span]:
    """Where the query's words occur in the text, ignoring case, accents and endings.

    Stop words ("the", "of", "shows") count only in a query without other words.
    """
    wanted = [_plain(word) for word in _WORD.findall(query)]
    unspaced = [word for word in wanted if _UNSPACED.search(word)]
    spaced = [word for word in wanted if not _UNSPACED.search(word)]
    telling = [word for word in spaced if fold_letters(word) not in EMPTY_WORDS]
    chosen = telling or ([] if unspaced else spaced)
    spans = [
        match.span()
        for match in _WORD.finditer(text)
        if any(held == word or share_word_stem(held, word) for held in [_plain(match[0])] for word in chosen)
    ]
    for word in unspaced:
        for size in (len(word), 2):
            found = [m.span() for part in _pieces(word, size) for m in re.finditer(re.escape(part), text)]
            if found:
                spans += found
                break
    return _merged(spans)


def excerpt(text: str, spans: Sequence[Span], length: int) -> tuple[str, list[Span]]:
    """At most `length` characters of the text around its matches, and the spans in that excerpt."""
    if len(text) <= length:
        return text, list(spans)
    first = spans[0][0] if spans else 0
    start = min(max(0, first - length // 4), len(text) - length)
    blank = text.rfind(" ", max(0, start - 20), start)
    start = blank + 1 if blank >= 0 else start
    before, after = "… " if start else "", " …" if start + length < len(text) else ""
    shift = len(before) - start
    moved = [(a + shift, min(b, start + length) + shift) for a, b in spans if a >= start and a < start + length]
    return f"{before}{text[start : start + length].rstrip()}{after}", moved


def _plain(word: str) -> str:
    """Without case and accents, so that `Straße` matches `strasse`."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))


def _pieces(word: str, size: int) -> list[str]:
    return [word[i : i + size] for i in range(max(1, len(word) - size + 1))]


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged
