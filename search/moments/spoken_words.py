"""Spoken words: a moment of speech is cut to the words that match, whose times are known.

A sentence may last fifteen seconds, and say what was asked for in two of them.
"""

from collections.abc import Sequence

from indexer.records import SpokenWord, TextRow, TimeSpan
from indexer.store.library import Library
from search.moments.localization import Draft
from search.signals import Signal, signals_of_source
from search.text.term_coverage import held_words
from search.text.words import share_word_stem, split_words

SPEECH_SIGNALS: frozenset[Signal] = frozenset(signals_of_source("speech"))
LEAST_SHARE = 0.5
"""Of the query's content words; a line that holds fewer was found by its meaning, which is that of all of it."""
MIN_SECONDS = 1.0
"""A shorter stretch can hardly be heard; the line then stays whole."""
MATCH, OTHER = 2, -1
"""Scores of an aligned pair of words, and of a word that is replaced or left out (Smith and Waterman 1981)."""


def cut_to_spoken_words(library: Library, query: str, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts; of those whose text is a line of speech that says all it matches in one place, that place."""
    spoken = [(draft.video_id, draft.span) for draft in drafts if _is_spoken(draft)]
    rows = library.texts_between(spoken, "speech") if spoken else {}
    return [_cut(query, draft, rows.get(draft.video_id, ())) if _is_spoken(draft) else draft for draft in drafts]


def _is_spoken(draft: Draft) -> bool:
    return bool(SPEECH_SIGNALS & draft.ranks.keys()) and not draft.parts


def _cut(query: str, draft: Draft, rows: Sequence[TextRow]) -> Draft:
    row = next((row for row in rows if row.text == draft.text and row.span == draft.span and row.words), None)
    span = spoken_span(query, row.words) if row is not None else None
    if span is None or span.duration_seconds < MIN_SECONDS:
        return draft
    return draft.cut_to(span)


def spoken_span(query: str, words: Sequence[SpokenWord]) -> TimeSpan | None:
    """Where the words of a query are said, one after the other; None where they are spread over the line.

    The words need not be all of the query, but all of its content words that the line holds.
    """
    wanted = split_words(query)
    said = [(split_words(word.text) or ("",))[0] for word in words]
    place = _best_local_alignment(wanted, said)
    if place is None:
        return None
    first, last = place
    found = words[first : last + 1]
    whole, part = ("".join(word.text for word in some) for some in (words, found))
    held = held_words(query, part)
    if held != held_words(query, whole) or len(held) < LEAST_SHARE * max(1, len(held_words(query, query))):
        return None
    return TimeSpan(found[0].start_seconds, max(word.stop_seconds for word in found))


def _best_local_alignment(wanted: Sequence[str], said: Sequence[str]) -> tuple[int, int] | None:
    """First and last index of the stretch of `said` that resembles `wanted` most; the earliest of equals."""
    best, place = 0, None
    above: list[tuple[int, int]] = [(0, 0)] * (len(wanted) + 1)  # (score, first index) for each prefix of `wanted`
    for index, word in enumerate(said):
        row = [(0, index + 1)]
        for column, other in enumerate(wanted):
            is_same = word == other or share_word_stem(word, other)
            score, first = above[column]
            first = index if score == 0 else first
            options = [
                (score + (MATCH if is_same else OTHER), first),
                (above[column + 1][0] + OTHER, above[column + 1][1]),
                (row[column][0] + OTHER, row[column][1]),
            ]
            chosen = max(options, key=lambda option: option[0])
            row.append(chosen if chosen[0] > 0 else (0, index + 1))
            if is_same and chosen[0] > best:
                best, place = chosen[0], (chosen[1], index)
        above = row
    return place
