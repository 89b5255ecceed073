"""Query -> one ranked list of segments per signal. The library ranks; here hits that do not count are dropped.

Leaves out how lists become one (`fusion`) and where in a segment the match lies (`moments`).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.records import SegmentRow, Stage, TextSource, TimeSpan
from indexer.store import Background as Sampled
from indexer.store import FrameHit, Similarities, TextHit
from search.relevance import Background, Threshold
from search.results import Signal
from search.words import answers

SegmentKey = tuple[str, int]
"""(video_id, segment_index)"""
QueryVector = NDArray[np.floating[Any]]

FRAME_POOL = 1000
"""Frames looked at for each query; some six lie in one segment. Fixed, so that pages of one search fit together."""
TEXT_POOL = 200
"""Texts looked at for each query and signal."""
PICTURE_THRESHOLD = Threshold(standing=3.0, floor=0.0)
TEXT_THRESHOLD = Threshold(standing=2.5, floor=0.28)

STAGES: dict[Signal, Stage] = {
    "picture": "picture",
    "subtitle": "subtitles",
    "subtitle_words": "subtitles",
    "screen_text": "screen_text",
    "screen_text_words": "screen_text",
}
"""The stage of indexing that must be ready for a signal."""
SOURCES: dict[Signal, TextSource] = {
    "subtitle": "subtitle",
    "subtitle_words": "subtitle",
    "screen_text": "screen_text",
    "screen_text_words": "screen_text",
}


class Searchable(Protocol):
    """What is asked of a library; `indexer.store.Library` has it."""

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

    def background(self, vector: QueryVector, *, what: Sampled, size: int = 1000) -> Similarities: ...

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


@dataclass(frozen=True, slots=True)
class Hit:
    """A segment that matches in one signal, by its best frame or text."""

    key: SegmentKey
    span: TimeSpan | None
    """Of the text; None for a picture."""
    text: str


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found: for each signal its hits, best first, each segment once."""

    lists: dict[Signal, list[Hit]]
    picture_background: Background


def retrieve(
    library: Searchable, question: Question, *, signals: Collection[Signal], ready: Callable[[str, Stage], bool]
) -> Retrieved:
    """Search by each of the signals.

    Args:
        ready: (video id, stage) -> whether that stage of that video is complete; hits in others are dropped, since
            their rows may be half written.
    """
    lists: dict[Signal, list[Hit]] = {}
    background = Background.of(np.empty(0, np.float32))
    if question.picture_vector is not None:
        background = Background.of(library.background(question.picture_vector, what="frames"))
    for signal in sorted(signals):
        hits = (
            _picture_hits(library, question, background) if signal == "picture" else _texts(library, question, signal)
        )
        best: dict[SegmentKey, Hit] = {}
        for hit in hits:
            if ready(hit.key[0], STAGES[signal]):
                best.setdefault(hit.key, hit)
        lists[signal] = list(best.values())
    return Retrieved({signal: hits for signal, hits in lists.items() if hits}, background)


def _picture_hits(library: Searchable, question: Question, background: Background) -> list[Hit]:
    vector = question.picture_vector
    if vector is None:
        return []
    frames = library.nearest_frames(vector, limit=FRAME_POOL, video_ids=question.video_ids)
    counting = [frame for frame in frames if background.counts(frame.similarity, PICTURE_THRESHOLD)]
    return [Hit((frame.video_id, frame.segment_index), None, "") for frame in counting]


def _texts(library: Searchable, question: Question, signal: Signal) -> list[Hit]:
    found = _by_words if signal.endswith("_words") else _by_meaning
    return [
        Hit((hit.video_id, hit.segment_index), hit.span, hit.text) for hit in found(library, question, SOURCES[signal])
    ]


def _by_meaning(library: Searchable, question: Question, source: TextSource) -> list[TextHit]:
    vector = question.text_vector
    if vector is None:
        return []
    hits = library.nearest_texts(vector, source=source, limit=TEXT_POOL, video_ids=question.video_ids)
    background = Background.of(library.background(vector, what=source))
    return [hit for hit in hits if background.counts(hit.similarity, TEXT_THRESHOLD)]


def _by_words(library: Searchable, question: Question, source: TextSource) -> list[TextHit]:
    def matched(*, fuzzy: bool) -> Iterable[TextHit]:
        hits = library.match_words(
            question.text, source=source, limit=TEXT_POOL, video_ids=question.video_ids, fuzzy=fuzzy
        )
        return (hit for hit in hits if answers(question.text, hit.text, fuzzy=fuzzy))

    exact = list(matched(fuzzy=False))
    if source == "subtitle":
        return exact
    # What a reader of pictures spelled wrong comes after what it spelled right.
    known = {(hit.video_id, hit.span) for hit in exact}
    return exact + [hit for hit in matched(fuzzy=True) if (hit.video_id, hit.span) not in known]
