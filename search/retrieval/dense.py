"""Dense retrieval: a query's vector against the vectors of frames, or of the texts of one source."""

from collections.abc import Sequence

from indexer.catalog import TextSource
from indexer.store.hits import FrameHit, SegmentKey, TextHit, sort_hits_by_similarity
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.ranked_list import Hit, RankedList, ranked_text_hits
from search.retrieval.scenery import rank_scenery_last, scenery_weight
from search.retrieval.searchable import FRAME_CANDIDATES, TEXT_CANDIDATES, Searchable
from search.scoring.background import Background, MatchThreshold, background_thresholds
from search.scoring.relevance import NearestScores
from search.text.words import EMPTY_WORDS, query_words

BREVITY = (0.3, 0.15, 0.05, 0.0)
"""By number of content words. In the tuning half of `bench.realwords`, 95 in 100 of the best texts for something absent
reach a cosine of 0.42 to 0.62 where they have one such word or none, and up to 0.53 where they have more."""


def search_pictures(library: Searchable, query: EmbeddedQuery, background: Background) -> RankedList | None:
    """The segments whose frames lie nearest; None without a picture vector."""
    vector = query.picture_vector
    if vector is None:
        return None
    frames = library.nearest_frames(vector, limit=FRAME_CANDIDATES, video_ids=query.video_ids)
    threshold, _ = background_thresholds(query.profile)
    counting = frames[: background.count_matches([frame.similarity for frame in frames], threshold)]
    hits = [Hit((frame.video_id, frame.segment_index), None, "") for frame in counting]
    weight = background.weight(counting[0].similarity, threshold) if counting else 1.0
    return RankedList(hits, weight, _evidence(frames, FRAME_CANDIDATES, background, threshold))


def search_texts(library: Searchable, query: EmbeddedQuery, source: TextSource) -> RankedList | None:
    """The segments whose texts of a source lie nearest in meaning; None without a text vector."""
    vector = query.text_vector
    if vector is None:
        return None
    nearest = library.nearest_texts(vector, source=source, limit=TEXT_CANDIDATES, video_ids=query.video_ids)
    texts = sort_hits_by_similarity([one._replace(similarity=one.similarity - brevity(one.text)) for one in nearest])
    background = Background.of(library.background(vector, what=source))
    _, threshold = background_thresholds(query.profile)
    counting = texts[: background.count_matches([text.similarity for text in texts], threshold)]
    near = _evidence(texts, TEXT_CANDIDATES, background, threshold)
    if not counting:
        return RankedList([], 1.0, near)
    ordered = rank_scenery_last(counting, middle=background.mean)
    weight = scenery_weight(ordered[0]) * background.weight(ordered[0].similarity, threshold)
    return RankedList(ranked_text_hits(ordered), weight, near)


def brevity(text: str) -> float:
    """What is taken off the cosine of a text of so few words that its vector says little: a letter, a number, a logo.

    A single letter that was read off a toy came nearer to `a dog` (0.4) than most sentences about dogs. A digit is a
    word: it is all that tells `slide 2` from `slide 1`.
    """
    words = sum((len(word) > 1 or word.isdigit()) and word not in EMPTY_WORDS for word in query_words(text))
    return BREVITY[min(words, len(BREVITY) - 1)]


def _evidence(
    found: Sequence[FrameHit] | Sequence[TextHit], limit: int, background: Background, threshold: MatchThreshold
) -> NearestScores:
    """The rows come best first, so the first of a segment is its best, and what was cut off lies below the last."""
    best: dict[SegmentKey, float] = {}
    for row in found:
        best.setdefault((row.video_id, row.segment_index), row.similarity)
    return NearestScores(best, found[-1].similarity if len(found) >= limit else -1.0, background, threshold)
