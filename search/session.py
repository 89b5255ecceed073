"""One search in one snapshot of a library: words or an example -> draft moments, best first.

Leaves out folding, paging and the moments that are returned; `search.engine` does that.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from indexer.config import Settings
from indexer.errors import NotInLibraryError
from indexer.records import TimeSpan
from indexer.store.library import Library
from search.moments.localization import Draft
from search.plan_executor import PlanExecutor
from search.query.filter_parser import parse_filters
from search.query.parser import check_parsed_query, parse_query
from search.query.plan import Plan
from search.query.scope import Scope
from search.query.validation import check_query
from search.results import SimilarityCurve
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.hybrid_search import HybridResult, hybrid_search, nearest_segments
from search.retrieval.metadata import names_of
from search.retrieval.query_embedding import QueryModels
from search.retrieval.scope import drafts_in_scope
from search.signals import SIGNALS, Signal, needs_model
from search.text.vocabulary import Vocabulary, VocabularyCache

VideoIds = frozenset[str] | None
"""Search these videos alone; None for all."""


@dataclass(frozen=True, slots=True)
class ExampleQuery:
    """An image or a moment, with words that say what is to be different, as the caller gave them."""

    image: Path | bytes | None
    like: str | None
    query: str


@dataclass(frozen=True, slots=True)
class UnpagedResult:
    """Everything that a search found, before folding and paging."""

    text: str
    """The checked query."""
    words: str
    """What is wanted, in words alone; boxes on the screen are found by them."""
    drafts: list[Draft]
    embed_seconds: float
    load_seconds: float
    plan: Plan | None
    """None for an example."""
    first_result: HybridResult | None = None
    """Of the plan's first words; of the whole plan where they are all of it."""
    corrected: str = ""
    """The query without its typing mistakes, which was searched in its place; empty where there were none."""

    @property
    def is_plain(self) -> bool:
        """Whether the query is plain words, which are judged by relevance. Exact words, an order, a filter or an
        example need no threshold: they are there or they are not."""
        return self.plan is not None and self.plan.is_plain

    def graded(self, threshold: float) -> list[Draft]:
        """The drafts; of plain words those that reach the threshold first, each part in its order."""
        return sorted(self.drafts, key=lambda draft: draft.relevance < threshold) if self.is_plain else self.drafts

    def reaches(self, threshold: float) -> bool:
        """Whether anything counts as found."""
        if self.is_plain:
            return any(draft.relevance >= threshold for draft in self.drafts)
        return bool(self.drafts)


class SearchSession:
    """Searches one snapshot of a library for one query."""

    def __init__(
        self, library: Library, models: QueryModels, settings: Settings, vocabularies: VocabularyCache
    ) -> None:
        self.library = library.snapshot()
        self.videos = {one.video_id: one for one in self.library.videos()}
        """By id."""
        self._vocabularies = vocabularies
        self._models = models
        self._settings = settings

    @cached_property
    def vocabulary(self) -> Vocabulary | None:
        """None where the library's texts do not fit in memory. An example needs none, so it is made when asked for."""
        texts = self.library.distinct_texts()
        if texts is None:
            return None
        return self._vocabularies.of(texts, list(self.videos.values()), lambda video: (*video.tags, *names_of(video)))

    def only(self, video: str | None, scope: Scope | None = None) -> VideoIds:
        """The ids of the videos that are named and in scope; None for all.

        Raises:
            NotInLibraryError: no video, or several, go by that name, or no video is in scope.
        """
        named = set(self.videos) if video is None else {self.library.find_video(video).video_id}
        if scope is None:
            return None if video is None else frozenset(named)
        inside = frozenset(one for one in named if scope.filters.matches(self.videos[one]))
        if not inside:
            raise NotInLibraryError("no video matches this scope; see `reelseek videos` for tags and dates")
        return inside

    def inside(self, drafts: Sequence[Draft], scope: Scope | None) -> list[Draft]:
        """The drafts that lie in a scope, cut to it."""
        return drafts_in_scope(self.library, scope, drafts, videos=self.videos)

    def embed_query(self, text: str, signals: Collection[Signal], video_ids: VideoIds) -> EmbeddedQuery:
        """A checked query, embedded for these signals. Raises as `QueryModels.load`."""
        self._models.load(signals)
        return self._embed(text, signals, video_ids)

    def _embed(self, text: str, signals: Collection[Signal], video_ids: VideoIds) -> EmbeddedQuery:
        return replace(self._models.embed(text, signals, video_ids), vocabulary=self.vocabulary)

    def search_words(
        self,
        query: str,
        *,
        plain: bool,
        signals: tuple[Signal, ...],
        video_ids: VideoIds,
        scope: Scope | None = None,
        correct: bool = True,
    ) -> UnpagedResult:
        """Everything that answers a query; raises as `SearchEngine.search`.

        Args:
            plain: take the words without any grammar.
            scope: beside the query's own filters.
            correct: search plain words without their typing mistakes.
        """
        text = check_query(query)
        plan = Plan.plain(text) if plain else parse_query(text)
        filters = replace(parse_filters(plan), also=scope and scope.filters)
        check_parsed_query(plan)
        corrected = ""
        if correct and plan.is_plain and self.vocabulary is not None:
            corrected = self.vocabulary.corrected(plan.words)
            corrected = "" if corrected == plan.words else corrected
        plan = Plan.plain(corrected) if corrected else plan
        load_seconds = _timed(lambda: self._models.load(signals if plan.is_plain else SIGNALS))
        embed_seconds = 0.0

        def embed(words: str, for_signals: Collection[Signal]) -> EmbeddedQuery:
            nonlocal embed_seconds
            began = time.perf_counter()
            embedded = self._embed(words, for_signals, video_ids)
            embed_seconds += time.perf_counter() - began
            return embedded

        videos = {
            name: one
            for name, one in self.videos.items()
            if (video_ids is None or name in video_ids) and filters.matches(one)
        }
        executor = PlanExecutor(self.library, embed, signals=signals, videos=videos, filters=filters)
        drafts = self.inside(executor.execute(plan), scope)
        return UnpagedResult(
            text, plan.words, drafts, embed_seconds, load_seconds, plan, executor.first_result, corrected
        )

    def search_example(
        self,
        example_query: ExampleQuery,
        *,
        signals: tuple[Signal, ...],
        video_ids: VideoIds,
        scope: Scope | None = None,
    ) -> UnpagedResult:
        """Everything that is like an example; raises as `SearchEngine.search`."""
        # Imported here, since a search by words needs no OpenCV.
        from search.by_example.example import make_example
        from search.by_example.similar_moments import find_similar_moments

        text = check_query(example_query.query) if example_query.query else ""
        load_seconds = _timed(self._models.pictures)
        model = self._models.pictures()
        began = time.perf_counter()
        example = make_example(
            self.library, model, image=example_query.image, like=example_query.like, text=text, signals=signals
        )
        embed_seconds = time.perf_counter() - began
        drafts = find_similar_moments(
            self.library, example, video_ids=video_ids, videos=self.videos, settings=self._settings
        )
        return UnpagedResult(text, text, self.inside(drafts, scope), embed_seconds, load_seconds, None)

    def closest(
        self,
        found: UnpagedResult,
        video_ids: VideoIds,
        *,
        signals: Collection[Signal],
        limit: int,
        scope: Scope | None = None,
    ) -> list[Draft]:
        """What comes nearest to plain words, whether or not it reaches a threshold: by any signal, or where only words
        were to match, by any that needs no model."""
        drafts = sorted(found.drafts, key=lambda draft: -draft.relevance)[:limit]
        if len(drafts) == limit:
            return drafts
        result = found.first_result
        wider = SIGNALS if needs_model(signals) else tuple(name for name in SIGNALS if not needs_model([name]))
        if result is None or set(signals) != set(wider):
            query = self.embed_query(found.words, wider, video_ids)
            result = hybrid_search(self.library, query, signals=wider, videos=self.videos)
        return self.inside(nearest_segments(self.library, result, videos=self.videos, limit=limit), scope)

    def curves(self, query: EmbeddedQuery, spans: Sequence[tuple[str, TimeSpan]]) -> list[SimilarityCurve]:
        """For each (video id, span) the similarity of its segments' frames to a query; empty without pictures."""
        if query.picture_vector is None or not spans:
            return [[] for _ in spans]
        keys = self.library.segments_touching(spans)
        wanted = list(dict.fromkeys(key for own in keys for key in own))
        found = self.library.frame_similarities(query.picture_vector, wanted)
        return [[frame for key in own for frame in found[key]] for own in keys]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
