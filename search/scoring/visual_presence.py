"""Is what a query describes seen anywhere? Judged by picture and caption of the same segment together.

Search shows what comes nearest; a question wants to know whether it is there at all, and this decides it. A picture
vector mixes what is seen where: a red circle before green is close to a green circle before red. The sentence
that a model said of the segment tells them apart, but has its own errors. Their mean is better than either.
"""

from dataclasses import dataclass
from enum import Enum

from search.scoring.relevance import Evidence
from search.signals import Signal, signals_of_kind

SEEN: frozenset[Signal] = frozenset(signals_of_kind("seen", "described"))
"""Signals of what is seen."""


class Sight(Enum):
    """What the nearest segment says."""

    ABSENT = "absent"
    DOUBTFUL = "doubtful"
    """Near, and no more: who looks at it decides."""
    SURE = "sure"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of the mean of both cosines of the best segment."""

    absent: float
    """Below it nothing is there."""
    sure: float


BOUNDS = {"demo": Bounds(absent=0.58, sure=0.68)}
"""By profile; a profile without is not judged so.

Measured on 20 minutes of a demo world, 90 questions for what is there and 90 for scenes that are there but for one
colour: the model alone refuses 0.13 of the first and 0.92 of the others; within these bounds it is 0.08 and 0.92."""


def sight(evidence: Evidence, profile: str) -> Sight | None:
    """How sure it is that some captioned segment shows what is asked for; None where there is nothing to judge by.

    Args:
        evidence: what a search by picture and caption looked at.
        profile: the library's profile of models.
    """
    bounds = BOUNDS.get(profile)
    nearest = None if bounds is None else nearness(evidence)
    if bounds is None or nearest is None:
        return None
    return Sight.ABSENT if nearest < bounds.absent else Sight.SURE if nearest >= bounds.sure else Sight.DOUBTFUL


def nearness(evidence: Evidence) -> float | None:
    """The best segment's mean cosine of picture and caption; None without captions."""
    if "picture" not in evidence.near or "caption" not in evidence.near:
        return None
    pictures, captions = evidence.near["picture"].best, evidence.near["caption"].best
    return max(((pictures[key] + captions[key]) / 2 for key in captions.keys() & pictures.keys()), default=-1.0)
