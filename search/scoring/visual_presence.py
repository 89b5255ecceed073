"""Visual presence: whether anything in the library shows what a query describes.

A search lists what comes nearest; answering a question requires to know whether it is there at all. Picture and caption
of the same segment are judged together. A picture vector mixes what is seen where: a red circle before green is close
to a green circle before red. A caption tells them apart, but has errors of its own. The mean of both cosines is better
than either.
"""

from enum import Enum

from search.scoring.profile_thresholds import profile_thresholds
from search.scoring.relevance import RelevanceEvidence
from search.signals import Signal, signals_of_kind

VISUAL_SIGNALS: frozenset[Signal] = frozenset(signals_of_kind("seen", "described"))
"""Signals of what is seen."""


class VisualPresence(Enum):
    """What the nearest segment tells of the library."""

    ABSENT = "absent"
    DOUBTFUL = "doubtful"
    """Near the query, but not certain: the vision-language model decides."""
    SURE = "sure"


def visual_presence(evidence: RelevanceEvidence, profile: str) -> VisualPresence | None:
    """Whether some captioned segment shows what the query describes; None where that cannot be judged.

    Args:
        evidence: of a search by picture and caption.
        profile: the library's profile of models; without measured bounds nothing is judged.
    """
    bounds = profile_thresholds(profile).visual_presence
    cosine = None if bounds is None else best_mean_cosine(evidence)
    if bounds is None or cosine is None:
        return None
    if cosine < bounds.absent:
        return VisualPresence.ABSENT
    return VisualPresence.SURE if cosine >= bounds.sure else VisualPresence.DOUBTFUL


def best_mean_cosine(evidence: RelevanceEvidence) -> float | None:
    """The best segment's mean cosine of picture and caption; None without captions."""
    if "picture" not in evidence.nearest or "caption" not in evidence.nearest:
        return None
    pictures, captions = evidence.nearest["picture"].best, evidence.nearest["caption"].best
    return max(((pictures[key] + captions[key]) / 2 for key in captions.keys() & pictures.keys()), default=-1.0)
