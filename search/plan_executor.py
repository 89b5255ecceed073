"""PlanExecutor: a plan -> draft moments. Each part is searched by itself, parts are joined, exclusions are removed.

A query of plain words is one `hybrid_search` and nothing else. Where there is more, terms (`text:"exit"`, quotes)
decide what counts and the free words rank it; each step is searched by itself, and the steps are joined in order of
time.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from indexer.catalog import StageName, TextSource
from indexer.records import Video
from indexer.store.hits import Similarities
from indexer.store.library import Library
from search.exclusion.caption_synonyms import Synonyms, caption_synonyms
from search.exclusion.detector import ExclusionDetector, query_difference
from search.moments.localization import Draft
from search.moments.temporal_join import (
    Chain,
    best_ranks_of_joined,
    join_in_order,
    join_overlapping,
    rank_by_overlap,
    span_of_joined_parts,
)
from search.query.english_operators import is_place_qualifier, without_place_qualifier
from search.query.field_signals import FIELD_SIGNALS, FIELD_SOURCES
from search.query.filter_parser import QueryFilters
from search.query.plan import MOST_GAP_SECONDS, Excluded, Plan, Step, Term
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.hybrid_search import HybridResult, hybrid_search
from search.retrieval.phrases import find_phrase
from search.retrieval.speakers import find_speaker, speaks_in
from search.signals import SIGNALS, Signal, word_signal_of

Embed = Callable[[str, Collection[Signal]], EmbeddedQuery]
"""(words, signals) -> embedded."""


class PlanExecutor:
    """Executes plans in one snapshot of a library."""

    def __init__(
        self,
        library: Library,
        embed: Embed,
        *,
        signals: Collection[Signal],
        videos: Mapping[str, Video],
        filters: QueryFilters,
    ) -> None:
        """
        Args:
            signals: those that count; a term's own are cut down to these.
            videos: by id, those that are searched.
            filters: of these, the time within the videos; the videos are filtered already.
        """
        self._filters = filters
        self._video_count = len(library.videos())
        self._library = library
        self._embed = embed
        self._signals = signals
        self._videos = videos
        self.first_result: HybridResult | None = None
        """Of the first words that were searched."""

    def execute(self, plan: Plan) -> list[Draft]:
        """Moments that answer a plan, best first; those of several steps carry their parts."""
        if len(plan.steps) == 1:
            return self._search_step(plan.steps[0], self._videos)
        found = [self._search_step(step, self._videos) for step in plan.steps]
        rarest = min(range(len(found)), key=lambda place: len(found[place]))
        # A list holds the best of the whole library alone; in the videos of the rarest step all of the others count.
        around = {draft.video_id: self._videos[draft.video_id] for draft in found[rarest]}
        if len(around) < len(self._videos):
            found = [
                drafts if place == rarest else self._search_step(plan.steps[place], around)
                for place, drafts in enumerate(found)
            ]
        gaps = [MOST_GAP_SECONDS if step.within_seconds is None else step.within_seconds for step in plan.steps[1:]]
        return [_chain_draft(chain) for chain in join_in_order(found, gaps)]

    def _search_step(self, step: Step, videos: Mapping[str, Video]) -> list[Draft]:
        drafts = self._search_wanted(step, videos)
        if self._filters.is_timed:
            drafts = [inside for draft in drafts if (inside := self._within_filters(draft)) is not None]
        for excluded in step.excluded:
            if excluded.field == "speaker":
                held = speaks_in(self._library, excluded.text, drafts, videos=self._videos)
            else:
                held = self._unwanted(step, excluded).detect(drafts)
            drafts = [draft for draft, is_held in zip(drafts, held, strict=True) if not is_held]
        return drafts

    def _within_filters(self, draft: Draft) -> Draft | None:
        """The part of a draft that lies in the time that the filters let through."""
        span = self._filters.within(draft.span)
        if span is None or span == draft.span:
            return draft if span is not None else None
        return draft.cut_to(span)

    def _unwanted(self, step: Step, excluded: Excluded) -> ExclusionDetector:
        alone = self._embed(excluded.text, SIGNALS)
        in_context = None
        if step.text and excluded.field is None:
            joined = " " if is_place_qualifier(excluded.text) else " and "
            both = self._embed(f"{step.text}{joined}{excluded.text}", SIGNALS)
            in_context = query_difference(self._embed(step.text, SIGNALS), both)
        same = self._caption_synonyms(excluded.text) if "caption" in FIELD_SOURCES[excluded.field] else {}
        return ExclusionDetector(
            self._library, excluded, alone=alone, in_context=in_context, synonyms=same, ready=self._is_ready
        )

    def _caption_synonyms(self, thing: str) -> Synonyms:
        def compare(word: str) -> Similarities:
            vector = self._embed(word, ("caption",)).text_vector
            assert vector is not None  # there are captions with vectors
            return self._library.background(vector, what="caption")

        return caption_synonyms(without_place_qualifier(thing), self._library.sampled_texts("caption"), compare)

    def _search_wanted(self, step: Step, videos: Mapping[str, Video]) -> list[Draft]:
        """What a step's words and terms find, before exclusions."""
        free = self._search_words(step.text, self._signals, videos) if step.text else []
        if not step.terms:
            return free
        must = join_overlapping([self._search_term(term, videos, about=step.text) for term in step.terms])
        return rank_by_overlap(must, free) if step.text else must

    def _search_term(self, term: Term, videos: Mapping[str, Video], *, about: str) -> list[Draft]:
        if term.field == "speaker":
            return find_speaker(self._library, term.text, videos=videos, about=about)
        if term.field == "looks" or not term.exact:
            signals = self._signals if term.field is None else FIELD_SIGNALS[term.field]
            return self._search_words(term.text, [signal for signal in signals if signal in self._signals], videos)
        sources: list[TextSource] = [
            source for source in FIELD_SOURCES[term.field] if word_signal_of(source) in self._signals
        ]
        return find_phrase(self._library, term.text, sources=sources, videos=videos, is_ready=self._is_ready)

    def _search_words(self, words: str, signals: Collection[Signal], videos: Mapping[str, Video]) -> list[Draft]:
        if not signals:
            return []
        query = self._embed(words, signals)
        if len(videos) < self._video_count:
            query = replace(query, video_ids=frozenset(videos))
        found = hybrid_search(self._library, query, signals=signals, videos=videos)
        self.first_result = self.first_result or found
        return found.drafts

    def _is_ready(self, video_id: str, stage: StageName) -> bool:
        return video_id in self._videos and stage in self._videos[video_id].stages


def _chain_draft(chain: Chain) -> Draft:
    """The moment that spans a chain; the picture of its first part stands for it."""
    first = chain.parts[0]
    ranks = first.ranks
    for part in chain.parts:
        ranks = best_ranks_of_joined(ranks, part.ranks)
    return replace(
        first,
        span=span_of_joined_parts(chain.parts),
        score=chain.score,
        ranks=ranks,
        relevance=min(part.relevance for part in chain.parts),
        text="\n".join(dict.fromkeys(part.text for part in chain.parts if part.text)),
        parts=chain.parts,
    )
