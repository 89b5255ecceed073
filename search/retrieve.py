"""Query -> one ranked list of segments per signal. The library ranks; here hits that do not count are dropped.

Leaves out how lists become one (`fusion`) and where in a segment the match lies (`moments`).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from indexer.models.protocols import Reranker
from indexer.records import STAGE_OF_SOURCE, TEXT_SOURCES, SegmentRow, Stage, TextSource, TimeSpan
from indexer.store import Background as Sampled
from indexer.store import FrameHit, Similarities, TextHit
from search.calibration import Calibration
from search.judging import FUZZY_WORTH, Evidence, Near
from search.phrases import in_a_row
from search.relevance import Background, Threshold, thresholds_of
from search.results import SIGNALS, Signal
from search.scenery import scenery_later, weight_of
from search.words import held_words, telling_words, word_share

SegmentKey = tuple[str, int]
"""(video_id, segment_index)"""
QueryVector = NDArray[np.floating[Any]]
Result = TypeVar("Result")

FRAME_POOL = 1000
"""Frames looked at for each query; some six lie in one segment. Fixed, so that pages of one search fit together."""
TEXT_POOL = 200
"""Texts looked at for each query and signal."""
ROW_WORTH = 2.0
"""Of a text that holds the query word for word: nothing is nearer to it in meaning either, though a vector of a long
text may lie far away."""
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

    def side_by_side(self, asks: Sequence[Callable[[], Result]]) -> list[Result]: ...

    def background(self, vector: QueryVector, *, what: Sampled, size: int = 1000) -> Similarities: ...

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
    """Of every segment that was looked at, for `search.judging`."""


def retrieve(
    library: Searchable, question: Question, *, signals: Collection[Signal], ready: Callable[[str, Stage], bool]
) -> Retrieved:
    """Search by each of the signals that look at rows of the library.

    Args:
        ready: (video id, stage) -> whether that stage of that video is complete; hits in others are dropped, since
            their rows may be half written.
    """
    lists: dict[Signal, list[Hit]] = {}
    weights: dict[Signal, float] = {}
    background = Background.of(np.empty(0, np.float32))
    if question.picture_vector is not None:
        background = Background.of(library.background(question.picture_vector, what="frames"))
    evidence = Evidence()
    asked = sorted(STAGES.keys() & set(signals))
    asks = [partial(_look, library, question, signal, background) for signal in asked]
    for signal, looked in zip(asked, library.side_by_side(asks), strict=True):
        if looked is None:
            continue
        stage = STAGES[signal]
        seen = {key: value for key, value in looked.near.best.items() if ready(key[0], stage)}
        if seen or looked.held is not None:
            evidence.near[signal] = replace(looked.near, best=seen)
        if looked.held is not None:
            evidence.held[SOURCES[signal]] = {key: words for key, words in looked.held.items() if key in seen}
        best: dict[SegmentKey, Hit] = {}
        for hit in looked.hits:
            if hit.key in seen:
                best.setdefault(hit.key, hit)
        if best:
            lists[signal], weights[signal] = list(best.values()), looked.weight
    return Retrieved(lists, weights, background, evidence)


def _look(library: Searchable, question: Question, signal: Signal, background: Background) -> Looked | None:
    if signal == "picture":
        return _by_picture(library, question, background)
    if signal in BY_MEANING:
        return _by_meaning(library, question, SOURCES[signal])
    return _by_words(library, question, SOURCES[signal])


def _by_picture(library: Searchable, question: Question, background: Background) -> Looked | None:
    vector = question.picture_vector
    if vector is None:
        return None
    frames = library.nearest_frames(vector, limit=FRAME_POOL, video_ids=question.video_ids)
    threshold, _ = thresholds_of(question.profile)
    counting = frames[: background.counting([frame.similarity for frame in frames], threshold)]
    hits = [Hit((frame.video_id, frame.segment_index), None, "") for frame in counting]
    weight = background.weight(counting[0].similarity, threshold) if counting else 1.0
    return Looked(hits, weight, _near(frames, FRAME_POOL, background, threshold))


def _by_meaning(library: Searchable, question: Question, source: TextSource) -> Looked | None:
    vector = question.text_vector
    if vector is None:
        return None
    texts = library.nearest_texts(vector, source=source, limit=TEXT_POOL, video_ids=question.video_ids)
    background = Background.of(library.background(vector, what=source))
    _, threshold = thresholds_of(question.profile)
    counting = texts[: background.counting([text.similarity for text in texts], threshold)]
    near = _near(texts, TEXT_POOL, background, threshold)
    if not counting:
        return Looked([], 1.0, near)
    ordered = scenery_later(counting, middle=background.middle)
    weight = weight_of(ordered[0]) * background.weight(ordered[0].similarity, threshold)
    return Looked(_text_hits(ordered), weight, near)


def _near(
    found: Sequence[FrameHit] | Sequence[TextHit], limit: int, background: Background, threshold: Threshold
) -> Near:
    """Best first, so the first of a segment is its best, and what was cut off lies below the last."""
    best: dict[SegmentKey, float] = {}
    for one in found:
        best.setdefault((one.video_id, one.segment_index), one.similarity)
    return Near(best, found[-1].similarity if len(found) >= limit else -1.0, background, threshold)


def _by_words(library: Searchable, question: Question, source: TextSource) -> Looked:
    telling = telling_words(question.text)

    def matched(*, fuzzy: bool) -> list[TextHit]:
        return library.match_words(telling, source=source, limit=TEXT_POOL, video_ids=question.video_ids, fuzzy=fuzzy)

    def counting(texts: Sequence[TextHit], *, fuzzy: bool) -> list[tuple[TextHit, float]]:
        shares = [(text, word_share(question.text, text.text, fuzzy=fuzzy)) for text in texts]
        return [(text, share) for text, share in shares if share > 0]

    texts = matched(fuzzy=False)
    found = counting(texts, fuzzy=False)
    share_of = dict(found)
    found = [(text, weight_of(text) * share_of[text]) for text in scenery_later(list(share_of))]
    if source == "screen_text":
        # What a reader of pictures spelled wrong is worth less than what it spelled right.
        known = {(text.video_id, text.span) for text, _ in found}
        slipped = counting(matched(fuzzy=True), fuzzy=True)
        found += [(text, FUZZY_WORTH * share) for text, share in slipped if (text.video_id, text.span) not in known]
    # Full text search favours short texts: one word alone would come before a line that holds them all.
    whole = {text for text, _ in found if in_a_row(question.text, text.text)}
    found.sort(key=lambda pair: (-pair[1], pair[0] not in whole))
    best: dict[SegmentKey, float] = {}
    held: dict[SegmentKey, frozenset[str]] = {}
    for text in texts:
        key = (text.video_id, text.segment_index)
        best.setdefault(key, 0.0)
        held[key] = held.get(key, frozenset()) | held_words(question.text, text.text)
    for text, share in found:
        key = (text.video_id, text.segment_index)
        best[key] = max(best.get(key, 0.0), share)
    most = found[0][1] if found else 1.0
    hits = _text_hits([text for text, _ in found])
    worth = [share / most * (ROW_WORTH if text in whole else 1) for text, share in found]
    hits = [replace(hit, worth=one) for hit, one in zip(hits, worth, strict=True)]
    return Looked(hits, most, Near(best, 0.0), held)


def _text_hits(texts: Sequence[TextHit]) -> list[Hit]:
    return [Hit((text.video_id, text.segment_index), text.span, text.text) for text in texts]
