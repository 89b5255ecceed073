"""What a search found best is read again: each text of a segment beside the query, by a reranker.

Vectors and words bring up what is near, also what differs in the one thing that was asked for; in a library of ten
hours such near misses fill the first places. Reading costs a pass of a model a text, so it goes on only until
something answers, and never beyond `MOST_SEGMENTS`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from indexer.catalog import TEXT_SOURCES, TextSource
from indexer.store.hits import SegmentKey
from indexer.store.library import Library
from search.retrieval.types import SOURCES, Question
from search.scoring.rank_fusion import RANK_CONSTANT, Fused
from search.signals import Signal

SEGMENTS_AT_ONCE = 16
MOST_SEGMENTS = 64
"""In a demo world of ten hours (5,200 scenes) the right caption is among the first 16 by its vector for nearly every
search, and among the first 64 for 93 in 100 of the vaguest questions."""
ANSWERS = 2.2
"""Log odds from which on a text answers: nine in ten."""


def read_best(
    library: Library, question: Question, candidates: Sequence[SegmentKey], *, signals: Collection[Signal]
) -> dict[SegmentKey, float]:
    """Log odds that the segment's best text answers, of the first candidates that have a text.

    Args:
        candidates: best first.
        signals: texts of these alone are read.
    """
    reranker = question.reranker
    sources: list[TextSource] = [
        source for source in TEXT_SOURCES if any(SOURCES.get(signal) == source for signal in signals)
    ]
    read: dict[SegmentKey, float] = {}
    if reranker is None or not sources:
        return read
    for start in range(0, min(len(candidates), MOST_SEGMENTS), SEGMENTS_AT_ONCE):
        keys = candidates[start : min(start + SEGMENTS_AT_ONCE, MOST_SEGMENTS)]
        texts = library.segment_texts(None, keys, sources=sources)
        pairs = [(key, text) for key, own in texts.items() for text in dict.fromkeys(hit.text for hit in own)]
        for (key, _), judged in zip(pairs, reranker.judge(question.text, [text for _, text in pairs]), strict=True):
            read[key] = max(read.get(key, -np.inf), float(judged))
        if max(read.values(), default=-np.inf) >= ANSWERS:
            break
    return read


def reread(
    fused: Sequence[Fused[SegmentKey, Signal]], read: Mapping[SegmentKey, float]
) -> list[Fused[SegmentKey, Signal]]:
    """Fused keys, where nobody measured what a reading is worth: it counts as one more list of the fusion.

    A key's share of it is the reranker's chance, so a list of near misses adds next to nothing.
    """
    order = {key: rank for rank, key in enumerate(sorted(read, key=lambda key: (-read[key], key)), start=1)}
    scored = [
        replace(one, score=one.score + _chance(read[one.key]) / (RANK_CONSTANT + order[one.key]))
        if one.key in read
        else one
        for one in fused
    ]
    return sorted(scored, key=lambda one: (-one.score, min(one.ranks.values()), one.key))


def _chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
