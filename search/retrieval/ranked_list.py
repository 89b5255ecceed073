"""The ranked list of segments that one signal retrieves, and the lists of all signals together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from indexer.records import TimeSpan
from indexer.store.hits import SegmentKey, TextHit
from search.scoring.background import Background
from search.scoring.relevance import NearestScores, RelevanceEvidence
from search.signals import Signal


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment that matches by one signal, through its best frame or text."""

    key: SegmentKey
    span: TimeSpan | None
    """Of the text; None for a picture."""
    text: str
    worth: float = 1.0
    """Beside the best of its list: of words, how many of the query's it holds."""


@dataclass(frozen=True, slots=True)
class RankedList:
    """What one signal retrieved."""

    hits: list[Hit]
    """Those above the threshold, best first."""
    weight: float
    """Of the list."""
    near: NearestScores
    """Of all candidates, above the threshold or not."""
    held: dict[SegmentKey, frozenset[str]] | None = None
    """The query's words that each segment's texts hold, where words were compared."""
    runs: dict[SegmentKey, frozenset[str]] | None = None
    """Of these, the longest run in one text, where it holds two or more."""
    verbatim: frozenset[SegmentKey] = frozenset()
    """Segments with a text that holds all of the query's words, two or more, side by side."""


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """The ranked lists of all signals; each list best first, each segment once."""

    lists: dict[Signal, list[Hit]]
    """Only signals with a hit."""
    weights: dict[Signal, float]
    """What each list is worth, above 0 and at most 1."""
    picture_background: Background
    evidence: RelevanceEvidence = field(default_factory=RelevanceEvidence)
    """Of every candidate segment, for `search.scoring.relevance`."""


def ranked_text_hits(texts: Sequence[TextHit]) -> list[Hit]:
    """One hit for each text, in the same order."""
    return [Hit((text.video_id, text.segment_index), text.span, text.text) for text in texts]
