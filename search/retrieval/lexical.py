"""Lexical retrieval: a query's words against the words of the texts of one source."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from indexer.catalog import TextSource
from indexer.store.hits import SegmentKey, TextHit
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.ranked_list import RankedList, ranked_text_hits
from search.retrieval.scenery import rank_scenery_last, scenery_weight
from search.retrieval.searchable import TEXT_CANDIDATES, Searchable
from search.scoring.relevance import FUZZY_MATCH_WEIGHT, NearestScores
from search.signals import MISREAD_SOURCES, sources_of_kind
from search.text.phrase_matching import holds_thing, holds_verbatim, longest_run
from search.text.stated_words import holds_stated_words
from search.text.term_coverage import content_words, drop_empty_words, held_words, word_share

DESCRIBING_SOURCES = frozenset(sources_of_kind("described"))
"""What a caption describes, it names: adjectives beside their noun, `a blue moon`, in whatever form it is asked."""
VERBATIM_WORTH = 2.0
"""Of a text that holds the query word for word: nothing is nearer to it in meaning either, though a vector of a long
text may lie far away."""


def search_words(library: Searchable, query: EmbeddedQuery, source: TextSource) -> RankedList:
    """The segments whose texts of a source hold enough of the query's words; see `word_share`."""
    content = drop_empty_words(query.text)
    if query.vocabulary is not None:
        content = query.vocabulary.widened(content)

    def matched(*, fuzzy: bool) -> list[TextHit]:
        return library.match_words(
            content, source=source, limit=TEXT_CANDIDATES, video_ids=query.video_ids, fuzzy=fuzzy
        )

    def shares_of(texts: Sequence[TextHit], *, fuzzy: bool) -> list[tuple[TextHit, float]]:
        shares = [(text, word_share(query.text, text.text, fuzzy=fuzzy, vocabulary=query.vocabulary)) for text in texts]
        return [(text, share) for text, share in shares if share > 0]

    texts = matched(fuzzy=False)
    share_of = dict(shares_of(texts, fuzzy=False))
    found = [(text, scenery_weight(text) * share_of[text]) for text in rank_scenery_last(list(share_of))]
    if source in MISREAD_SOURCES:
        # A word that OCR misread is worth less than one that it read right.
        known = {(text.video_id, text.span) for text, _ in found}
        others = [text for text in matched(fuzzy=True) if (text.video_id, text.span) not in known]
        found += [(text, FUZZY_MATCH_WEIGHT * share) for text, share in shares_of(others, fuzzy=True)]
    # Full text search favours short texts: one word alone would rank above a line that holds them all.
    verbatim = {text for text, _ in found if holds_verbatim(query.text, text.text)}
    found.sort(key=lambda pair: (-pair[1], pair[0] not in verbatim))
    words_of = {text: held_words(query.text, text.text) for text in texts}
    words_of |= {text: held_words(query.text, text.text, fuzzy=True) for text, _ in found if text not in words_of}
    best, held = _evidence(words_of, found)
    runs = _runs(query, words_of)
    most = found[0][1] if found else 1.0
    hits = ranked_text_hits([text for text, _ in found])
    worth = [share / most * (VERBATIM_WORTH if text in verbatim else 1) for text, share in found]
    hits = [replace(hit, worth=one) for hit, one in zip(hits, worth, strict=True)]
    if source in DESCRIBING_SOURCES:
        thing, wanted = drop_empty_words(query.text), frozenset(content_words(query.text))
        verbatim = {text for text, own in words_of.items() if own >= wanted and holds_thing(thing, text.text)}
    verbatim |= {text for text in words_of if holds_stated_words(query.text, text.text)}
    whole = frozenset((text.video_id, text.segment_index) for text in verbatim)
    return RankedList(hits, most, NearestScores(best, 0.0), held, runs, whole)


def _runs(query: EmbeddedQuery, words_of: Mapping[TextHit, frozenset[str]]) -> dict[SegmentKey, frozenset[str]]:
    """Of each segment, the content words, two or more, of the longest run of the query's words in one text."""
    runs: dict[SegmentKey, frozenset[str]] = {}
    for text, own in words_of.items():
        key = (text.video_id, text.segment_index)
        if len(own) > max(1, len(runs.get(key, ()))):
            run = longest_run(query.text, text.text)
            words = own.intersection((*run, *(one + other for one, other in pairwise(run))))
            if len(words) > max(1, len(runs.get(key, ()))):
                runs[key] = words
    return runs


def _evidence(
    words_of: Mapping[TextHit, frozenset[str]], found: Sequence[tuple[TextHit, float]]
) -> tuple[dict[SegmentKey, float], dict[SegmentKey, frozenset[str]]]:
    """Of each candidate segment, the best share of the query's words in one text, and the words that its texts hold."""
    best: dict[SegmentKey, float] = {}
    held: dict[SegmentKey, frozenset[str]] = {}
    for text, own in words_of.items():
        key = (text.video_id, text.segment_index)
        best.setdefault(key, 0.0)
        held[key] = held.get(key, frozenset()) | own
    for text, share in found:
        key = (text.video_id, text.segment_index)
        best[key] = max(best[key], share)
    return best, held
