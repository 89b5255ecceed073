"""Is what a query describes seen anywhere? Judged by picture and caption of the same segment together.

Search shows what comes nearest; a question wants to know whether it is there at all, and this decides it. A picture
vector mixes what is seen where: a red circle before green is close to a green circle before red. The sentence
that a model said of the segment tells them apart, but has its own errors. Their mean is better than either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from indexer.records import Stage
from search.results import Signal
from search.retrieve import Question, Searchable, SegmentKey

SEEN: frozenset[Signal] = frozenset({"picture", "caption", "caption_words"})
"""Signals of what is seen."""
PICTURES, CAPTIONS = 1000, 200
"""Nearest frames and captions looked at."""


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


def sight(library: Searchable, question: Question, *, ready: Callable[[str, Stage], bool]) -> Sight | None:
    """How sure it is that some captioned segment shows what is asked for; None where there is nothing to judge by.

    Args:
        ready: (video id, stage) -> whether that stage of that video is complete.
    """
    bounds = BOUNDS.get(question.profile)
    nearest = None if bounds is None else nearness(library, question, ready=ready)
    if bounds is None or nearest is None:
        return None
    return Sight.ABSENT if nearest < bounds.absent else Sight.SURE if nearest >= bounds.sure else Sight.DOUBTFUL


def nearness(library: Searchable, question: Question, *, ready: Callable[[str, Stage], bool]) -> float | None:
    """The best segment's mean cosine of picture and caption; None without captions."""
    if question.picture_vector is None or question.text_vector is None:
        return None
    captions: dict[SegmentKey, float] = {}
    for text in library.nearest_texts(
        question.text_vector, source="caption", limit=CAPTIONS, video_ids=question.video_ids
    ):
        if ready(text.video_id, "captions"):
            captions.setdefault((text.video_id, text.segment_index), text.similarity)
    if not captions:
        return None
    pictures: dict[SegmentKey, float] = {}
    for frame in library.nearest_frames(question.picture_vector, limit=PICTURES, video_ids=question.video_ids):
        pictures.setdefault((frame.video_id, frame.segment_index), frame.similarity)
    both = captions.keys() & pictures.keys()
    return max(((pictures[key] + captions[key]) / 2 for key in both), default=-1.0)
