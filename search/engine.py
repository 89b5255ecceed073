"""SearchEngine: owns the library and the models; what the command line, the service and the tests call.

Leaves out the parts: `search.session` searches one snapshot of the library, `search.moments.pagination` folds and
pages, `search.moments.presentation` turns drafts into the moments that are returned.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

from indexer.closeable import Closeable
from indexer.config import Settings
from indexer.errors import QueryError
from indexer.library_place import LibraryPlace
from indexer.models.loading import Models, load_models
from indexer.models.protocols import TextModel
from indexer.records import Video
from indexer.store.library import Library
from search.moments.deduplication import MomentGroup
from search.moments.pagination import PageRequest, check_per_video, group_moments, sort_groups
from search.moments.presentation import present_groups, present_moments
from search.options import SORT, SortName
from search.query.scope import Scope, parse_scope
from search.query.validation import check_query
from search.results import Moment, SearchResult, SimilarityCurve
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.query_embedding import QueryModels
from search.scoring.visual_presence import VisualPresence, visual_presence
from search.session import ExampleQuery, SearchSession
from search.signals import SIGNALS, Signal
from search.text.vocabulary import VocabularyCache

LoadModels = Callable[[Settings], Models]
load_search_models: LoadModels = partial(load_models, to_search=True)
MOST_CLOSEST = 3
"""Moments that are offered where nothing was found."""


@dataclass(frozen=True, slots=True)
class RetrievedEvidence:
    """What answering a question needs of a library, by one search."""

    moments: list[Moment]
    """Best first, not folded; also those below the relevance threshold."""
    curves: list[SimilarityCurve]
    """Of each moment, for choosing its frames."""
    sight: VisualPresence | None
    """Whether the pictures show what is asked; None where that is not judged."""
    closest: list[Moment]
    """The most relevant, offered where nothing is found."""


class SearchEngine(Closeable):
    """Finds moments in one library. Safe from several threads; models are loaded by the first search that needs them.

    Make one with `SearchEngine.open`, also as a context manager.
    """

    def __init__(self, library: Library, settings: Settings, load: LoadModels) -> None:
        self._library = library
        self._models = QueryModels(library, settings, load)
        self._settings = settings
        self._vocabularies = VocabularyCache()

    @classmethod
    def open(cls, library: LibraryPlace, *, settings: Settings, load: LoadModels = load_search_models) -> Self:
        """Open a library for searching.

        Args:
            settings: which models and device; without a profile, the one that the library was made with.
            load: makes the models of the settings.

        Raises:
            LibraryMissingError: there is no library at that place.
            LibraryBrokenError: its files are damaged or of another version.
        """
        return cls(Library.open(library), settings, load)

    @property
    def library(self) -> Library:
        """The open library."""
        return self._library

    def text_model(self) -> TextModel | None:
        """The model that embeds the library's texts, loaded on first use; None where the library has none.

        Raises:
            LibraryModelsError: the settings name other models than those that made the library.
            ModelMissingError, ModelBrokenError: it cannot be loaded.
        """
        return self._models.text_model()

    def videos(self) -> Sequence[Video]:
        """All videos of the library, also failed ones."""
        return self._library.videos()

    def search(
        self,
        query: str = "",
        *,
        image: Path | bytes | None = None,
        like: str | None = None,
        video: str | None = None,
        scope: str | None = None,
        limit: int = 10,
        offset: int = 0,
        signals: Collection[Signal] | None = None,
        plain: bool = False,
        per_video: int | None = None,
        fold: bool = True,
        expand: int | None = None,
        threshold: float | None = None,
        sort: SortName = "relevance",
    ) -> SearchResult:
        """The moments that match a query, best first or sorted.

        Args:
            query: what to find, in the grammar of `search.query.parser`; at most 1,000 characters. Beside an image or
                `like` it may be empty, or says in plain words what is to be different from them.
            image: find what this image shows: a file, or its bytes.
            like: find more like this moment, `VIDEO@TIME`; see `search.query.moment_reference`. The moment itself is
                left out.
            video: search this video alone: its id, the first digits of it, its path or its file name.
            scope: search in this scope alone; see `search.query.scope`.
            limit: moments on the page, 1 to 1,000.
            offset: moments to skip; the same query pages through one fixed order.
            signals: match by these alone; None for all. An image and `like` are matched by `picture` alone.
            per_video: moments of one video at most, 0 for any number; None: five, or any number
                where one video is named. Those beyond are folded into the video's best.
            fold: near-duplicates are folded into the best of them; False shows every moment by itself.
            expand: show what is folded into the moment of this rank, from 1, in place of the list.
            plain: take the words as they stand, without any grammar and with their typing mistakes.
            threshold: relevance that the best moment must reach, or plain words find nothing; None: the setting.
            sort: order of the moments; see `search.options.SORT`.

        Raises:
            QuerySyntaxError: the query's grammar is unfinished or contradicts itself.
            QueryError: the query, limit, offset, another number or a signal's name cannot be used, or the library has
                no pictures to be compared with.
            ImageError: the image cannot be used.
            NotInLibraryError: no video, or several, go by that name, or no video is in scope.
            LibraryModelsError: the settings name other models than those that made the library.
            ModelMissingError, ModelBrokenError: a model cannot be loaded.
        """
        wanted = _check_signals(signals)
        page = PageRequest(limit, offset, expand)
        if sort not in (SORT.choices or ()):
            raise QueryError(f"sort = {sort!r} is not one of {', '.join(SORT.choices or ())}")
        share = check_per_video(per_video, one_video=video is not None)
        limits = None if scope is None else parse_scope(scope)
        session = self.session()
        video_ids = session.only(video, limits)
        started = time.perf_counter()
        if image is None and like is None:
            found = session.search_words(
                query, plain=plain, signals=wanted, video_ids=video_ids, scope=limits, correct=not plain
            )
        else:
            example = ExampleQuery(image, like, query)
            found = session.search_example(example, signals=wanted, video_ids=video_ids, scope=limits)
        least = self._settings.relevance_threshold if threshold is None else threshold
        is_found = found.reaches(least)
        drafts = found.graded(least) if is_found else []
        groups = (
            group_moments(session.library, drafts, per_video=share) if fold else [MomentGroup(one) for one in drafts]
        )
        weak_below = least if found.is_plain else 0.0
        listed = page.of(sort_groups(groups, sort, session.videos, weak_below=weak_below))
        moments = present_groups(session.library, found.words, listed.shown, session.videos)
        if found.is_plain:
            moments = [replace(one, grade="good" if one.relevance >= least else "weak") for one in moments]
        closest: list[Moment] = []
        if not is_found and found.is_plain:
            nearest = session.closest(found, video_ids, signals=wanted, limit=MOST_CLOSEST, scope=limits)
            closest = present_moments(session.library, found.words, nearest, session.videos)
            closest = [replace(one, grade="weak") for one in closest]
        total = time.perf_counter() - started - found.load_seconds
        seconds = {"embed": found.embed_seconds, "retrieve": total - found.embed_seconds, "total": total}
        weights = [] if found.first_result is None else found.first_result.signal_weights
        reranked = 0 if found.first_result is None else len(found.first_result.reranked)
        return SearchResult(
            found.text, is_found, moments, seconds, listed.more, found.plan, closest, weights, reranked, found.corrected
        )

    def retrieve_evidence(
        self, query: str, *, video: str | None = None, scope: Scope | None = None, limit: int = 10
    ) -> RetrievedEvidence:
        """What answering a question needs, by one search of plain words.

        Raises:
            QueryError, NotInLibraryError, LibraryModelsError, ModelMissingError, ModelBrokenError: see `search`.
        """
        session = self.session()
        video_ids = session.only(video, scope)
        found = session.search_words(query, plain=True, signals=SIGNALS, video_ids=video_ids, scope=scope)
        assert found.first_result is not None  # plain words are always searched
        moments = present_moments(session.library, found.words, found.drafts[:limit], session.videos)
        curves = session.curves(found.first_result.query, [(moment.video_id, moment.span) for moment in moments])
        nearest = session.closest(found, video_ids, signals=SIGNALS, limit=MOST_CLOSEST, scope=scope)
        closest = present_moments(session.library, found.words, nearest, session.videos)
        presence = visual_presence(found.first_result.evidence, session.library.maker.profile)
        return RetrievedEvidence(moments, curves, presence, closest)

    def embed_query(self, query: str, *, video: str | None = None) -> EmbeddedQuery:
        """A query, checked and embedded for every signal, to be compared with what the library holds.

        Args:
            video: compare with this video alone.

        Raises:
            QueryError, NotInLibraryError, LibraryModelsError, ModelMissingError, ModelBrokenError: see `search`.
        """
        text = check_query(query)
        session = self.session()
        return session.embed_query(text, SIGNALS, session.only(video))

    def close(self) -> None:
        """Closes the library; safe to repeat."""
        self._library.close()

    def session(self) -> SearchSession:
        """A search session in the library as it is now."""
        return SearchSession(self._library, self._models, self._settings, self._vocabularies)


def _check_signals(signals: Collection[Signal] | None) -> tuple[Signal, ...]:
    if signals is None:
        return SIGNALS
    unknown = sorted(set(signals) - set(SIGNALS))
    if unknown or not signals:
        named = f"there is no signal {unknown[0]!r}" if unknown else "no signal is named"
        raise QueryError(f"{named}; known signals: {', '.join(SIGNALS)}")
    return tuple(signal for signal in SIGNALS if signal in signals)
