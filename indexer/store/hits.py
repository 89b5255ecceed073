"""What searching the library finds, row by row; and what a query is compared with."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.records import TimeSpan

SegmentKey = tuple[str, int]
"""(video_id, segment_index)"""
Background = Literal["frames"] | TextSource
QueryVector = NDArray[np.floating[Any]]
"""(dim,)"""
Similarities = NDArray[np.float32]
"""(n,)"""


class FrameHit(NamedTuple):
    """A frame near a query. A tuple: a search makes a thousand."""

    video_id: str
    segment_index: int
    time_seconds: float
    similarity: float
    """Cosine, -1 to 1."""


class TextHit(NamedTuple):
    """A text near a query."""

    video_id: str
    segment_index: int
    span: TimeSpan
    text: str
    similarity: float
    """Cosine, -1 to 1; of `match_words` the BM25 score, above 0 and without an upper bound."""
    is_scenery: bool = False
    """On-screen text that stands in nearly every scene of its video."""


def best_first(hits: list[TextHit]) -> list[TextHit]:
    """By similarity, then by video and time."""
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.video_id, hit.span))
