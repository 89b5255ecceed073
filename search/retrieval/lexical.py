"""A query against the words that are said, written or told of segments."""

from collections.abc import Sequence
from dataclasses import replace

from indexer.catalog import TextSource
from indexer.store.hits import SegmentKey, TextHit
from search.retrieval.types import TEXT_POOL, Looked, Question, Searchable, text_hits
from search.scoring.relevance import FUZZY_WORTH, Near
from search.text.phrase_matching import in_a_row
from search.text.term_coverage import held_words, telling_words, word_share

SCENERY_WEIGHT = 0.5
"""Of a hit that stands in nearly every scene of its video (`indexer.ocr.timed_texts`): a text that appears and answers
half as well comes first, and so does one in another list that answers about as well."""


def weight_of(hit: TextHit) -> float:
    """What a hit is worth beside one that appears."""
    return SCENERY_WEIGHT if hit.is_scenery else 1.0


def scenery_later(hits: Sequence[TextHit], *, middle: float = 0.0) -> list[TextHit]:
    """Hits by what they are worth: how far their similarity lies above `middle`, times their weight; best first."""
    return sorted(hits, key=lambda hit: -(hit.similarity - middle) * weight_of(hit))


ROW_WORTH = 2.0
"""Of a text that holds the query word for word: nothing is nearer to it in meaning either, though a vector of a long
text may lie far away."""


def look_by_words(library: Searchable, question: Question, source: TextSource) -> Looked:
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
        others = [text for text in matched(fuzzy=True) if (text.video_id, text.span) not in known]
        found += [(text, FUZZY_WORTH * share) for text, share in counting(others, fuzzy=True)]
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
    hits = text_hits([text for text, _ in found])
    worth = [share / most * (ROW_WORTH if text in whole else 1) for text, share in found]
    hits = [replace(hit, worth=one) for hit, one in zip(hits, worth, strict=True)]
    return Looked(hits, most, Near(best, 0.0), held)
