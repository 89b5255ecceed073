"""Query -> one ranked list of segments per signal. The library ranks; here hits that do not count are dropped.

Leaves out words (`by_words`), how lists become one (`fusion`) and where in a segment the match lies (`moments`).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from indexer.catalog import Stage, TextSource
from indexer.store.hits import FrameHit, SegmentKey, TextHit
from search.retrieval.lexical import look_by_words, scenery_later, weight_of
from search.retrieval.types import (
    BY_MEANING,
    FRAME_POOL,
    SOURCES,
    STAGES,
    TEXT_POOL,
    Hit,
    Looked,
    Question,
    Retrieved,
    Searchable,
    text_hits,
)
from search.scoring.background import Background, Threshold, thresholds_of
from search.scoring.relevance import Evidence, Near
from search.signals import Signal


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
    for signal, looked in zip(asked, library.run_concurrently(asks), strict=True):
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
    return look_by_words(library, question, SOURCES[signal])


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
    return Looked(text_hits(ordered), weight, near)


def _near(
    found: Sequence[FrameHit] | Sequence[TextHit], limit: int, background: Background, threshold: Threshold
) -> Near:
    """Best first, so the first of a segment is its best, and what was cut off lies below the last."""
    best: dict[SegmentKey, float] = {}
    for one in found:
        best.setdefault((one.video_id, one.segment_index), one.similarity)
    return Near(best, found[-1].similarity if len(found) >= limit else -1.0, background, threshold)
