"""Reranking: a cross-encoder reads the texts of the best segments beside the query.

Vectors and words also retrieve near misses, which differ from the query in the one thing that matters; in a library of
ten hours they fill the first ranks. Each text costs a pass of the model, so reranking stops as soon as a text answers,
and never goes beyond `MOST_SEGMENTS`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from indexer.store.hits import SegmentKey
from indexer.store.library import Library
from search.retrieval.embedded_query import EmbeddedQuery
from search.scoring.rank_fusion import RANK_CONSTANT, FusedItem
from search.signals import Signal, sources_of_signals

BATCH_SEGMENTS = 16
MOST_SEGMENTS = 64
"""In a demo world of ten hours (5,200 scenes) the right caption is among the first 16 by its vector for nearly every
search, and among the first 64 for 93 in 100 of the vaguest questions."""
ANSWERS = 2.2
"""Log odds from which on a text answers: nine in ten."""


def rerank_best(
    library: Library, query: EmbeddedQuery, candidates: Sequence[SegmentKey], *, signals: Collection[Signal]
) -> dict[SegmentKey, float]:
    """Segment -> log odds that its best text answers, of the first candidates that have a text.

    Args:
        candidates: best first.
        signals: only the texts that these compare are read.
    """
    reranker = query.reranker
    sources = sources_of_signals(signals)
    log_odds: dict[SegmentKey, float] = {}
    if reranker is None or not sources:
        return log_odds
    for start in range(0, min(len(candidates), MOST_SEGMENTS), BATCH_SEGMENTS):
        keys = candidates[start : min(start + BATCH_SEGMENTS, MOST_SEGMENTS)]
        texts = library.segment_texts(None, keys, sources=sources)
        pairs = [(key, text) for key, own in texts.items() for text in dict.fromkeys(hit.text for hit in own)]
        for (key, _), judged in zip(
            pairs, reranker.rerank_logits(query.text, [text for _, text in pairs]), strict=True
        ):
            log_odds[key] = max(log_odds.get(key, -np.inf), float(judged))
        if max(log_odds.values(), default=-np.inf) >= ANSWERS:
            break
    return log_odds


def fuse_reranked(
    fused: Sequence[FusedItem[SegmentKey, Signal]], log_odds: Mapping[SegmentKey, float]
) -> list[FusedItem[SegmentKey, Signal]]:
    """FusedItem keys with the reranker's order as one more list of the fusion, for profiles without a calibration.

    A key's share of that list is the reranker's chance, so a list of near misses adds next to nothing.
    """
    order = {key: rank for rank, key in enumerate(sorted(log_odds, key=lambda key: (-log_odds[key], key)), start=1)}
    scored = [
        replace(one, score=one.score + _chance(log_odds[one.key]) / (RANK_CONSTANT + order[one.key]))
        if one.key in log_odds
        else one
        for one in fused
    ]
    return sorted(scored, key=lambda one: (-one.score, min(one.ranks.values()), one.key))


def _chance(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))
