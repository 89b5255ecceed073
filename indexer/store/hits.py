"""Hits: the rows that a search of the library finds. And the types of its arguments."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.records import TimeSpan

SegmentKey = tuple[str, int]
"""(video_id, segment_index)"""
SampleSource = Literal["frames"] | TextSource
"""Which rows a sample of the library is drawn from: frames, or texts of one source."""
QueryVector = NDArray[np.floating[Any]]
"""(dim,)"""
Similarities = NDArray[np.float32]
"""(n,)"""


class FrameHit(NamedTuple):
    """A frame that matches a query. A tuple for speed: a search makes a thousand."""

    video_id: str
    segment_index: int
    time_seconds: float
    similarity: float
    """Cosine, -1 to 1."""


class TextHit(NamedTuple):
    """A text that matches a query."""

    video_id: str
    segment_index: int
    span: TimeSpan
    text: str
    similarity: float
    """Cosine, -1 to 1; for `Library.match_words` the BM25 score, above 0 and unbounded."""
    is_scenery: bool = False
    """On-screen text that appears in nearly every scene of its video."""


def sort_hits_by_similarity(hits: list[TextHit]) -> list[TextHit]:
    """The hits by descending similarity, then by video and time."""
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.video_id, hit.span))
