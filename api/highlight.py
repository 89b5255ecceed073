"""Highlighting: which words of a text match the query, and which part of a long text to show. Pure."""

from collections.abc import Sequence

from indexer.words.folding import FoldedWord, folded_runs, folded_words
from search.text.words import empty_words, share_word_stem

Span = tuple[int, int]
"""Half-open [start, stop) in characters."""


def matching_spans(text: str, query: str) -> list[Span]:
    """Where the query's words occur in the text, ignoring case, accents and endings.

    Stop words ("the", "of", "shows") count only in a query without other words.
    """
    runs = list(folded_runs(query))
    unspaced = [run for run in runs if run[0].is_unspaced]
    spaced = [run[0].text for run in runs if not run[0].is_unspaced]
    telling = [word for word in spaced if word not in empty_words(query)]
    chosen = frozenset(telling or ([] if unspaced else spaced))
    held = list(folded_words(text))
    spans = [
        (one.start, one.stop)
        for one in held
        if one.text in chosen or any(share_word_stem(one.text, word) for word in chosen)
    ]
    for run in unspaced:
        signs = [word.text for word in run]
        spans += _places(held, signs) or [
            place for start in range(len(signs) - 1) for place in _places(held, signs[start : start + 2])
        ]
    return _merged(spans)


def _places(held: Sequence[FoldedWord], signs: Sequence[str]) -> list[Span]:
    """Where these signs stand one after the other."""
    size = len(signs)
    return [
        (held[start].start, held[start + size - 1].stop)
        for start in range(len(held) - size + 1)
        if all(held[start + place].text == sign for place, sign in enumerate(signs))
    ]


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


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged
