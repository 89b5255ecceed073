"""SearchEngine: owns the library and the models; what the command line, the service and the tests call.

Leaves out the parts, each in its own file: `query` checks, `query_models` embeds, `looking` asks the library once
(`find`: `retrieve`, `relevance` and `words`, `fusion`, `moments`; `find_like` for an example), `pages` folds and pages,
`show` makes what is handed out.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from indexer.closeable import Closing
from indexer.config import Settings
from indexer.errors import QueryError
from indexer.models.registry import Models, load_models
from indexer.records import Video
from indexer.store.library import Library
from search.moments.deduplication import Group
from search.moments.pagination import Page, check_share, group
from search.moments.presentation import show, show_groups
from search.query.validation import check_query
from search.results import Moment, SearchResult, SimilarityCurve
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.query_embedding import QueryModels
from search.scoring.visual_presence import Sight, sight
from search.session import ExampleQuery, SearchSession
from search.signals import SIGNALS, Signal

TO_SEARCH = partial(load_models, to_search=True)
CLOSEST = 3
"""Moments that are offered where nothing was found."""


@dataclass(frozen=True, slots=True)
class RetrievedEvidence:
    """What a question needs of a library, out of one search."""

    moments: list[Moment]
    """Best first, not folded; also those that a search would not count as found."""
    curves: list[SimilarityCurve]
    """Of each moment, to choose its frames by."""
    sight: Sight | None
    """How sure it is that what is asked for is in the pictures; None where that is not judged."""
    closest: list[Moment]
    """The most relevant, to be offered where nothing of it counts."""


class SearchEngine(Closing):
    """Finds moments in one library. Safe from several threads; models are loaded by the first search that needs them.

    Make one with `SearchEngine.open`, also as a context manager.
    """

    def __init__(self, library: Library, settings: Settings, load: Callable[[Settings], Models]) -> None:
        self._library = library
        self._models = QueryModels(library, settings, load)
        self._settings = settings

    @classmethod
    def open(cls, library: Path, *, settings: Settings, load: Callable[[Settings], Models] = TO_SEARCH) -> Self:
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
        limit: int = 10,
        offset: int = 0,
        signals: Collection[Signal] | None = None,
        plain: bool = False,
        per_video: int | None = None,
        fold: bool = True,
        expand: int | None = None,
        threshold: float | None = None,
    ) -> SearchResult:
        """The moments that match a query, best first.

        Args:
            query: what to look for, in the grammar of `search.query.parser`; at most 1,000 characters. Beside an
            image or
                `like` it may be empty, or says in plain words what is to be different from them.
            image: look for what this image shows: a file, or its bytes.
            like: look for more like this moment, `VIDEO@TIME`; see `search.query.moment_reference`. The moment
            itself is left out.
            video: look in this video alone: its id, the first digits of it, its path or its file name.
            limit: moments on the page, 1 to 1,000.
            offset: moments to skip; the same query pages through one fixed order.
            signals: match by these alone; None for all. An image and `like` are matched by `picture` alone.
            per_video: moments of one video at most, 0 for any number; None: `diversity.PER_VIDEO`, or any number
                where one video is named. Those beyond are folded into the video's best.
            fold: near-duplicates are folded into the best of them; False shows every moment by itself.
            expand: show what is folded into the moment of this rank, from 1, in place of the list.
            plain: take the words as they stand, without any grammar.
            threshold: relevance that the best moment must reach, or plain words find nothing; None: the setting.

        Raises:
            QuerySyntaxError: the query's grammar is unfinished or contradicts itself.
            QueryError: the query, limit, offset, another number or a signal's name cannot be used, or the library has
                no pictures to be compared with.
            ImageError: the image cannot be used.
            NotInLibraryError: no video, or several, go by that name.
            LibraryModelsError: the settings name other models than those that made the library.
            ModelMissingError, ModelBrokenError: a model cannot be loaded.
        """
        wanted = _check_signals(signals)
        page = Page(limit, offset, expand)
        share = check_share(per_video, one_video=video is not None)
        look = self._look()
        video_ids = look.only(video)
        started = time.perf_counter()
        if image is None and like is None:
            found = look.by_words(query, plain=plain, signals=wanted, video_ids=video_ids)
        else:
            found = look.by_example(ExampleQuery(image, like, query), signals=wanted, video_ids=video_ids)
        is_found = found.reaches(self._settings.relevance_threshold if threshold is None else threshold)
        drafts = found.drafts if is_found else []
        groups = group(look.library, drafts, per_video=share) if fold else [Group(one) for one in drafts]
        listed = page.of(groups)
        moments = show_groups(look.library, found.words, listed.shown, look.videos)
        closest: list[Moment] = []
        if not is_found and found.is_plain:
            nearest = look.closest(found, video_ids, signals=wanted, limit=CLOSEST)
            closest = show(look.library, found.words, nearest, look.videos)
        total = time.perf_counter() - started - found.load_seconds
        seconds = {"embed": found.embed_seconds, "retrieve": total - found.embed_seconds, "total": total}
        routes = [] if found.finding is None else found.finding.routes
        again = 0 if found.finding is None else len(found.finding.read)
        return SearchResult(found.text, is_found, moments, seconds, listed.more, found.plan, closest, routes, again)

    def retrieve_evidence(self, query: str, *, video: str | None = None, limit: int = 10) -> RetrievedEvidence:
        """What a question needs, in one look: moments by plain words, their curves, and whether it is seen at all.

        Raises:
            QueryError, NotInLibraryError, LibraryModelsError, ModelMissingError, ModelBrokenError: see `search`.
        """
        look = self._look()
        video_ids = look.only(video)
        found = look.by_words(query, plain=True, signals=SIGNALS, video_ids=video_ids)
        assert found.finding is not None  # plain words are always looked for
        moments = show(look.library, found.words, found.drafts[:limit], look.videos)
        curves = look.curves(found.finding.question, [(moment.video_id, moment.span) for moment in moments])
        nearest = look.closest(found, video_ids, signals=SIGNALS, limit=CLOSEST)
        closest = show(look.library, found.words, nearest, look.videos)
        return RetrievedEvidence(moments, curves, sight(found.finding.evidence, look.library.maker.profile), closest)

    def embed_query(self, query: str, *, video: str | None = None) -> EmbeddedQuery:
        """A query checked and embedded for every signal, to be compared with what the library holds.

        Args:
            video: compare with this video alone.

        Raises:
            QueryError, NotInLibraryError, LibraryModelsError, ModelMissingError, ModelBrokenError: see `search`.
        """
        text = check_query(query)
        look = self._look()
        return look.embed_query(text, SIGNALS, look.only(video))

    def close(self) -> None:
        """Let go of the library; safe to repeat."""
        self._library.close()

    def _look(self) -> SearchSession:
        return SearchSession(self._library, self._models, self._settings)


def _check_signals(signals: Collection[Signal] | None) -> tuple[Signal, ...]:
    if signals is None:
        return SIGNALS
    unknown = sorted(set(signals) - set(SIGNALS))
    if unknown or not signals:
        named = f"there is no signal {unknown[0]!r}" if unknown else "no signal is named"
        raise QueryError(f"{named}; the signals are: {', '.join(SIGNALS)}")
    return tuple(signal for signal in SIGNALS if signal in signals)
