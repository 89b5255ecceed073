"""Query -> one ranked list of segments per signal; the library ranks, and hits below the threshold are dropped.

Leaves out how a method compares (`dense`, `lexical`), the metadata's list, which needs the others (`metadata`), how
lists become one (`search.scoring.rank_fusion`) and where in a segment the match lies (`search.moments.localization`).
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

import numpy as np

from indexer.catalog import StageName
from indexer.store.hits import SegmentKey
from search.retrieval.dense import search_pictures, search_texts
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.lexical import search_words
from search.retrieval.ranked_list import Hit, RankedList, RetrievalResult
from search.retrieval.searchable import Searchable
from search.scoring.background import Background
from search.scoring.relevance import RelevanceEvidence
from search.signals import ENTRY_OF, Signal, SignalEntry


def retrieve_candidates(
    library: Searchable, query: EmbeddedQuery, *, signals: Collection[Signal], ready: Callable[[str, StageName], bool]
) -> RetrievalResult:
    """Search by each of the signals that compare rows of the library.

    Args:
        ready: (video id, stage) -> whether that stage of that video is complete; hits in others are dropped, since
            their rows may be half written.
    """
    lists: dict[Signal, list[Hit]] = {}
    weights: dict[Signal, float] = {}
    background = Background.of(np.empty(0, np.float32))
    if query.picture_vector is not None:
        background = Background.of(library.background(query.picture_vector, what="frames"))
    evidence = RelevanceEvidence(vocabulary=query.vocabulary)
    entries = [ENTRY_OF[signal] for signal in sorted(signals)]
    searches = [
        (entry, entry.stage, partial(_ranked_list, library, query, entry, background))
        for entry in entries
        if entry.stage is not None
    ]
    found = library.run_concurrently([search for _, _, search in searches])
    for (entry, stage, _), ranked in zip(searches, found, strict=True):
        if ranked is None:
            continue
        best_values = {key: value for key, value in ranked.near.best.items() if ready(key[0], stage)}
        if best_values or ranked.held is not None:
            evidence.nearest[entry.name] = replace(ranked.near, best=best_values)
        if ranked.held is not None and entry.source is not None:
            evidence.held_words[entry.source] = {key: words for key, words in ranked.held.items() if key in best_values}
        if ranked.runs is not None and entry.source is not None:
            evidence.runs[entry.source], evidence.verbatim[entry.source] = ranked.runs, ranked.verbatim
        best: dict[SegmentKey, Hit] = {}
        for hit in ranked.hits:
            if hit.key in best_values:
                best.setdefault(hit.key, hit)
        if best:
            lists[entry.name], weights[entry.name] = list(best.values()), ranked.weight
    return RetrievalResult(lists, weights, background, evidence)


def _ranked_list(
    library: Searchable, query: EmbeddedQuery, entry: SignalEntry, background: Background
) -> RankedList | None:
    """By the entry's method; None where the library or the models lack what it compares."""
    if entry.method == "picture":
        return search_pictures(library, query, background)
    if entry.source is None:
        return None
    search = search_texts if entry.method == "meaning" else search_words
    return search(library, query, entry.source)
