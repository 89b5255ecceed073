"""Fusion of verdicts with relevance: moments in the order of a search, some of them judged -> a new order. Pure."""

import math
from collections.abc import Sequence

VERDICT_WEIGHT = math.log(4)
"""Added to the log odds of a moment that is seen to show it, taken from those of one that is not: what the word of a
judge tells who is right four times in five. Such a judge cannot outweigh a search that is sure."""
LEAST_RELEVANCE, MOST_RELEVANCE = 0.01, 0.99


def fused_odds(relevances: Sequence[float], verdicts: Sequence[bool | None]) -> list[float]:
    """Log odds that each moment is right, by the search and the judge together.

    The search's own part never rises along its order, so that equal verdicts leave the order as it is.

    Args:
        relevances: 0 to 1, in the order of the search.
        verdicts: of each; None where it was not judged.
    """
    odds: list[float] = []
    before = math.inf
    for relevance, verdict in zip(relevances, verdicts, strict=True):
        before = min(before, _log_odds(relevance))
        odds.append(before + (0.0 if verdict is None else VERDICT_WEIGHT if verdict else -VERDICT_WEIGHT))
    return odds


def fused_order(relevances: Sequence[float], verdicts: Sequence[bool | None]) -> list[int]:
    """Places in the order of the search, best first; equal ones stay as they were."""
    odds = fused_odds(relevances, verdicts)
    return sorted(range(len(odds)), key=lambda place: -odds[place])


def _log_odds(relevance: float) -> float:
    share = min(MOST_RELEVANCE, max(LEAST_RELEVANCE, relevance))
    return math.log(share / (1 - share))
