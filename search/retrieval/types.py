"""What a search asks of a library, and what comes back: a ranked list of segments for each signal."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import STAGE_OF_SOURCE, TEXT_SOURCES, Stage, TextSource
from indexer.models.protocols import Reranker
from indexer.records import SegmentRow, TimeSpan
from indexer.store.hits import FrameHit, SampleSource, SegmentKey, Similarities, TextHit
from search.scoring.background import Background
from search.scoring.calibration import Calibration
from search.scoring.relevance import Evidence, Near
from search.signals import SIGNALS, Signal

QueryVector = NDArray[np.floating[Any]]
Result = TypeVar("Result")

FRAME_POOL = 1000
"""Frames looked at for each query; some six lie in one segment. Fixed, so that pages of one search fit together."""
TEXT_POOL = 200
"""Texts looked at for each query and signal."""
BY_MEANING: frozenset[Signal] = frozenset(TEXT_SOURCES)
"""Signals that compare vectors of texts; each goes by the name of its source."""
SOURCES: dict[Signal, TextSource] = {
    signal: source for source in TEXT_SOURCES for signal in SIGNALS if signal in (source, f"{source}_words")
}
STAGES: dict[Signal, Stage] = {
    "picture": "picture",
    **{signal: STAGE_OF_SOURCE[source] for signal, source in SOURCES.items()},
}
"""The stage of indexing that must be ready for a signal. `metadata_words` is not among them: see `metadata_words`."""


class Searchable(Protocol):
    """What is asked of a library; `indexer.store.library.Library` has it."""

    def nearest_frames(
        self, vector: QueryVector, *, limit: int, video_ids: Collection[str] | None = None
    ) -> list[FrameHit]: ...

    def nearest_texts(
        self, vector: QueryVector, *, source: TextSource, limit: int, video_ids: Collection[str] | None = None
    ) -> list[TextHit]: ...

    def match_words(
        self,
        query: str,
        *,
        source: TextSource,
        limit: int,
        video_ids: Collection[str] | None = None,
        fuzzy: bool = False,
    ) -> list[TextHit]: ...

    def run_concurrently(self, queries: Sequence[Callable[[], Result]]) -> list[Result]: ...

    def background(self, vector: QueryVector, *, what: SampleSource, size: int = 1000) -> Similarities: ...

    def segments(self, video_id: str) -> list[SegmentRow]: ...

    def segments_by_key(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]: ...

    def frame_similarities(
        self, vector: QueryVector, keys: Sequence[SegmentKey]
    ) -> dict[SegmentKey, list[tuple[float, float]]]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """A checked query with its vectors."""

    text: str
    picture_vector: QueryVector | None
    """(dim,) in the pictures' space; None without a picture model."""
    text_vector: QueryVector | None
    video_ids: frozenset[str] | None
    """Search these alone; None for all."""
    profile: str
    """The library's profile of models, by which hits are judged."""
    calibration: Calibration | None = None
    """What matches are worth, where that was measured for the library's models."""
    reranker: Reranker | None = None
    """Reads the best of what is found again; None: nobody does."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment that matches in one signal, by its best frame or text."""

    key: SegmentKey
    span: TimeSpan | None
    """Of the text; None for a picture."""
    text: str
    worth: float = 1.0
    """Beside the best of its list: of words, how many of the query's it holds."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one signal brought up."""

    hits: list[Hit]
    """Those that count, best first."""
    weight: float
    """Of the list."""
    near: Near
    """Of all that was looked at, counting or not."""
    held: dict[SegmentKey, frozenset[str]] | None = None
    """The query's words that each segment's texts hold, where words were looked for."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found: for each signal its hits, best first, each segment once."""

    lists: dict[Signal, list[Hit]]
    """Only signals with a hit."""
    weights: dict[Signal, float]
    """What each list is worth, above 0 and at most 1."""
    picture_background: Background
    evidence: Evidence = field(default_factory=Evidence)
    """Of every segment that was looked at, for `search.scoring.relevance`."""


def text_hits(texts: Sequence[TextHit]) -> list[Hit]:
    return [Hit((text.video_id, text.segment_index), text.span, text.text) for text in texts]
