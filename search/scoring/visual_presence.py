"""Is what a query describes seen anywhere? Judged by picture and caption of the same segment together.

Search shows what comes nearest; a question wants to know whether it is there at all, and this decides it. A picture
vector mixes what is seen where: a red circle before green is close to a green circle before red. The sentence
that a model said of the segment tells them apart, but has its own errors. Their mean is better than either.
"""

from enum import Enum

from search.scoring.profile_thresholds import profile_thresholds
from search.scoring.relevance import Evidence
from search.signals import Signal, signals_of_kind

VISUAL_SIGNALS: frozenset[Signal] = frozenset(signals_of_kind("seen", "described"))
"""Signals of what is seen."""


class VisualPresence(Enum):
    """What the nearest segment says."""

    ABSENT = "absent"
    DOUBTFUL = "doubtful"
    """Near, and no more: who looks at it decides."""
    SURE = "sure"


def visual_presence(evidence: Evidence, profile: str) -> VisualPresence | None:
    """How sure it is that some captioned segment shows what is asked for; None where there is nothing to judge by.

    Args:
        evidence: what a search by picture and caption looked at.
        profile: the library's profile of models; without measured bounds nothing is judged.
    """
    bounds = profile_thresholds(profile).visual_presence
    nearest = None if bounds is None else best_mean_cosine(evidence)
    if bounds is None or nearest is None:
        return None
    return (
        VisualPresence.ABSENT
        if nearest < bounds.absent
        else VisualPresence.SURE
        if nearest >= bounds.sure
        else VisualPresence.DOUBTFUL
    )


def best_mean_cosine(evidence: Evidence) -> float | None:
    """The best segment's mean cosine of picture and caption; None without captions."""
    if "picture" not in evidence.nearest or "caption" not in evidence.nearest:
        return None
    pictures, captions = evidence.nearest["picture"].best, evidence.nearest["caption"].best
    return max(((pictures[key] + captions[key]) / 2 for key in captions.keys() & pictures.keys()), default=-1.0)
