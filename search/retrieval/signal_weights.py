"""How much each signal counts for a query, decided from what it retrieved. Pure.

The query's words alone cannot decide it: "two boats" may be seen or said. So every signal is searched and its list is
weighed by its best hit. A list whose best hit is likely right counts in full, one whose best hit is like anything else
in the library counts next to nothing, and one in which nothing stands out does not count. Where no calibration says
how likely a hit is right, the list is weighed by how far its best hit stands out from the library's background.

A new signal needs nothing here. To have it calibrated, name its family in
`search.scoring.relevance.relevance_features` and run `python -m bench.trust --calibrate`; then `python -m bench.router`
shows whether the other signals lose by it.
"""

from collections.abc import Collection, Mapping

from indexer.store.hits import SegmentKey
from search.results import SignalWeight
from search.retrieval.ranked_list import RetrievalResult
from search.scoring.background import MIN_SAMPLE
from search.scoring.rank_fusion import FusedItem
from search.signals import SIGNALS, Signal

LEAST_WEIGHT = 0.02
"""Of a list with hits, so that it still decides between segments that are equal otherwise."""
STEPS = 50
"""Relevance is rounded to so many steps; segments of one step are ordered by their fused ranks."""
RERANKED_STEPS = 1000
"""The same after reranking: of two segments that hold the same words the reranker knows which answers, ranks do not."""


def weigh_signals(
    found: RetrievalResult, relevance: Mapping[SegmentKey, float], *, is_measured: bool, signals: Collection[Signal]
) -> list[SignalWeight]:
    """One weight for each of the signals, in the order of `SIGNALS`.

    Args:
        relevance: of the segments, see `search.scoring.relevance.FirstPassRelevance`.
        is_measured: the relevance is a chance (a calibrated profile), not a rule.
    """
    return [_weigh(signal, found, relevance, is_measured) for signal in SIGNALS if signal in signals]


def _weigh(
    signal: Signal, found: RetrievalResult, relevance: Mapping[SegmentKey, float], is_measured: bool
) -> SignalWeight:
    near = found.evidence.nearest.get(signal)
    hits = found.lists.get(signal, [])
    if near is None and not hits:
        return SignalWeight(signal, 0.0, 0, "the library has nothing to compare, or its model is missing")
    if not hits:
        return SignalWeight(signal, 0.0, 0, _why_no_hits(found, signal))
    weight = found.weights[signal]
    best = relevance.get(hits[0].key, 0.0)
    if is_measured:
        weight *= max(LEAST_WEIGHT, best)
        return SignalWeight(signal, weight, len(hits), f"its best hit is right with a chance of {best:.2f}")
    if near is None or near.background is None:
        return SignalWeight(signal, weight, len(hits), f"its best hit contains {weight:.0%} of the query's words")
    if near.background.size < MIN_SAMPLE:
        return SignalWeight(signal, weight, len(hits), "the library is too small to tell what stands out")
    standing = near.background.z_score(near.best[hits[0].key])
    why = f"its best hit stands {standing:.1f} spreads above what is typical of the library"
    return SignalWeight(signal, weight, len(hits), why)


def _why_no_hits(found: RetrievalResult, signal: Signal) -> str:
    near = found.evidence.nearest[signal]
    if near.background is None:
        return "no text contains enough of the query's words"
    standing = near.background.z_score(max(near.best.values()))
    return f"nothing stands out: the nearest is {standing:.1f} spreads above what is typical of the library"


def order_by_relevance(
    fused: list[FusedItem[SegmentKey, Signal]], relevance: Mapping[SegmentKey, float], *, steps: int = STEPS
) -> list[FusedItem[SegmentKey, Signal]]:
    """FusedItem keys by their relevance in steps, and by fused rank within a step."""
    return sorted(fused, key=lambda one: -round(steps * relevance.get(one.key, 0.0)))
