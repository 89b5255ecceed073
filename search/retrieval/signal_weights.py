"""Which signals count for this query, and how much: decided from what each brought up. Pure.

Words alone cannot decide it: "two boats" may be seen or said. So each signal is asked, and what it brings up is
weighed: a list whose best hit is likely right counts in full, one whose best hit is like anything else in the library
counts next to nothing, one in which nothing stands out not at all. A signal of which nobody measured what its hits are
worth is weighed by how far its best hit stands out from the library's background.

To add a signal: give it a list in `retrieve` with what it looked at (`judging.Near`), and nothing here changes. Where
it should be measured, name its family in `judging.features_of`, and run `python -m bench.trust --calibrate`; then
`python -m bench.router` shows whether it costs the others anything.
"""

from collections.abc import Collection, Mapping

from indexer.store.hits import SegmentKey
from search.results import Route
from search.retrieval.types import Retrieved
from search.scoring.background import MIN_SAMPLE
from search.scoring.rank_fusion import Fused
from search.signals import SIGNALS, Signal

LEAST_WEIGHT = 0.02
"""A list that counts at all still adds what it knows about equals."""
STEPS = 50
"""Relevances are compared in so many steps: what differs by less is ordered by the fused ranks."""
READ_STEPS = 1000
"""The same where texts were read again: of two that hold the same words a reading knows which answers, ranks do not."""


def routes_of(
    found: Retrieved, relevance: Mapping[SegmentKey, float], *, is_measured: bool, asked: Collection[Signal]
) -> list[Route]:
    """One route for each signal that was asked, in the order of `SIGNALS`.

    Args:
        relevance: of the segments, see `judging.Judged`.
        is_measured: the relevance is a chance (a calibrated profile), not a rule.
    """
    return [_route(signal, found, relevance, is_measured) for signal in SIGNALS if signal in asked]


def _route(signal: Signal, found: Retrieved, relevance: Mapping[SegmentKey, float], is_measured: bool) -> Route:
    near = found.evidence.near.get(signal)
    hits = found.lists.get(signal, [])
    if near is None and not hits:
        return Route(signal, 0.0, 0, "the library holds nothing to compare by it, or no model for it is there")
    if not hits:
        return Route(signal, 0.0, 0, _nothing(found, signal))
    weight = found.weights[signal]
    best = relevance.get(hits[0].key, 0.0)
    if is_measured:
        weight *= max(LEAST_WEIGHT, best)
        return Route(signal, weight, len(hits), f"its best hit is right with a chance of {best:.2f}")
    if near is None or near.background is None:
        return Route(signal, weight, len(hits), f"its best hit holds {weight:.0%} of the query's words")
    if near.background.size < MIN_SAMPLE:
        return Route(signal, weight, len(hits), "the library is too small to know what is usual")
    standing = near.background.standing(near.best[hits[0].key])
    return Route(signal, weight, len(hits), f"its best hit stands {standing:.1f} spreads above the library's middle")


def _nothing(found: Retrieved, signal: Signal) -> str:
    near = found.evidence.near[signal]
    if near.background is None:
        return "no text holds enough of the query's words"
    standing = near.background.standing(max(near.best.values()))
    return f"nothing stands out: the nearest lies {standing:.1f} spreads above the library's middle"


def in_order(
    fused: list[Fused[SegmentKey, Signal]], relevance: Mapping[SegmentKey, float], *, steps: int = STEPS
) -> list[Fused[SegmentKey, Signal]]:
    """Fused keys by their measured relevance, in steps, and by fused rank within a step."""
    return sorted(fused, key=lambda one: -round(steps * relevance.get(one.key, 0.0)))
