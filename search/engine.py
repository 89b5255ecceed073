"""SearchEngine: owns the library and the models; what the command line, the service and the tests call.

Leaves out the parts, each in its own file: `query` checks, `query_models` embeds, `find` asks the library (`retrieve`,
`relevance` and `words`, `fusion`, `moments`), `example` and `find_like` compare an image or a moment, `pages` folds and
pages, `show` makes what is handed out.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from indexer.closing import Closing
from indexer.config import Settings
from indexer.errors import QueryError
from indexer.models.registry import Models, load_models
from indexer.records import TimeSpan, Video
from indexer.store import Library
from search.diversity import Group
from search.example import make_example
from search.find import find_nearest, find_routed
from search.find_like import find_like
from search.follow import Follower
from search.language import check_wanted, plan_of
from search.moments import Draft
from search.narrow import narrowing_of
from search.pages import Page, check_share, group
from search.plan import Plan
from search.query import check_query
from search.query_models import QueryModels
from search.results import SIGNALS, Moment, SearchResult, Signal
from search.retrieve import Question, SegmentKey
from search.router import Route
from search.show import show, show_groups
from search.sight import BOUNDS, Sight, sight

CLOSEST = 3
"""Moments that are offered where nothing was found."""


@dataclass(frozen=True, slots=True)
class _Given:
    """An example with its words, as a caller gave them."""

    image: Path | bytes | None
    like: str | None
    query: str


@dataclass(frozen=True, slots=True)
class _Found:
    """All that was found, before it is folded and paged."""

    text: str
    """The query as it was understood."""
    words: str
    """What texts are compared with."""
    drafts: list[Draft]
    embed_seconds: float
    load_seconds: float
    plan: Plan | None

    @property
    def is_plain(self) -> bool:
        """Words alone: exact words, an order, a filter or an example is there or it is not."""
        return self.plan is not None and self.plan.is_plain

    def reaches(self, threshold: float) -> bool:
        """Whether anything counts as found."""
        if self.is_plain:
            return any(draft.relevance >= threshold for draft in self.drafts)
        return bool(self.drafts)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class SearchEngine(Closing):
    """Finds moments in one library. Safe from several threads; models are loaded by the first search that needs them.

    Make one with `SearchEngine.open`, also as a context manager.
    """

    def __init__(self, library: Library, settings: Settings, load: Callable[[Settings], Models]) -> None:
        self._library = library
        self._models = QueryModels(library, settings, load)
        self._threshold = settings.relevance_threshold

    @classmethod
    def open(cls, library: Path, *, settings: Settings, load: Callable[[Settings], Models] = load_models) -> Self:
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
            query: what to look for, in the grammar of `search.language`; at most 1,000 characters. Beside an image or
                `like` it may be empty, or says in plain words what is to be different from them.
            image: look for what this image shows: a file, or its bytes.
            like: look for more like this moment, `VIDEO@TIME`; see `search.place`. The moment itself is left out.
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
        video_ids = self._only(video)
        videos = {one.video_id: one for one in self._library.videos()}
        started = time.perf_counter()
        if image is None and like is None:
            found = self._by_words(query, plain=plain, signals=wanted, video_ids=video_ids, videos=videos)
        else:
            example = _Given(image, like, query)
            found = self._by_example(example, signals=wanted, video_ids=video_ids, videos=videos)
        is_found = found.reaches(self._threshold if threshold is None else threshold)
        drafts = found.drafts if is_found else []
        groups = group(self._library, drafts, per_video=share) if fold else [Group(one) for one in drafts]
        listed = page.of(groups)
        moments = show_groups(self._library, found.words, listed.shown, videos)
        closest = [] if is_found or not found.is_plain else self._closest(found, video, videos)
        total = time.perf_counter() - started - found.load_seconds
        seconds = {"embed": found.embed_seconds, "retrieve": total - found.embed_seconds, "total": total}
        return SearchResult(found.text, is_found, moments, seconds, listed.more, found.plan, closest)

    def _by_words(
        self,
        query: str,
        *,
        plain: bool,
        signals: tuple[Signal, ...],
        video_ids: frozenset[str] | None,
        videos: dict[str, Video],
    ) -> "_Found":
        text = check_query(query)
        plan = Plan.plain(text) if plain else plan_of(text)
        narrowing = narrowing_of(plan)
        check_wanted(plan)
        load_seconds = _timed(lambda: self._models.load(signals if plan.is_plain else SIGNALS))
        embedding = 0.0

        def embed(words: str, for_signals: Collection[Signal]) -> Question:
            nonlocal embedding
            began = time.perf_counter()
            question = self._models.embed(words, for_signals, video_ids)
            embedding += time.perf_counter() - began
            return question

        looked_at = {
            name: one
            for name, one in videos.items()
            if (video_ids is None or name in video_ids) and narrowing.matches(one)
        }
        follow = Follower(self._library, embed, signals=signals, videos=looked_at, narrowing=narrowing)
        return _Found(text, plan.words, follow(plan), embedding, load_seconds, plan)

    def _by_example(
        self,
        given: "_Given",
        *,
        signals: tuple[Signal, ...],
        video_ids: frozenset[str] | None,
        videos: dict[str, Video],
    ) -> "_Found":
        text = check_query(given.query) if given.query else ""
        load_seconds = _timed(self._models.pictures)
        model = self._models.pictures()
        began = time.perf_counter()
        example = make_example(self._library, model, image=given.image, like=given.like, text=text, signals=signals)
        embedding = time.perf_counter() - began
        drafts = find_like(self._library, example, video_ids=video_ids, videos=videos)
        return _Found(text, text, drafts, embedding, load_seconds, None)

    def _closest(self, found: "_Found", video: str | None, videos: dict[str, Video]) -> list[Moment]:
        drafts = sorted(found.drafts, key=lambda draft: -draft.relevance)[:CLOSEST]
        if len(drafts) < CLOSEST:
            return self.nearest(found.words, video=video, limit=CLOSEST)
        return show(self._library, found.words, drafts, videos)

    def explain(
        self, query: str, *, video: str | None = None, signals: Collection[Signal] | None = None
    ) -> list[Route]:
        """How each signal is used for a query in plain words, and why. Raises as `search`."""
        wanted = _check_signals(signals)
        video_ids = self._only(video)
        self._models.load(wanted)
        question = self._models.embed(check_query(query), wanted, video_ids)
        videos = {one.video_id: one for one in self._library.videos()}
        return find_routed(self._library, question, signals=wanted, videos=videos).routes

    def question(self, query: str, *, video: str | None = None) -> Question:
        """A query checked and embedded for every signal, to be compared with what the library holds.

        Args:
            video: compare with this video alone.

        Raises:
            QueryError, NotInLibraryError, LibraryModelsError, ModelMissingError, ModelBrokenError: see `search`.
        """
        text = check_query(query)
        video_ids = self._only(video)
        self._models.load(SIGNALS)
        return self._models.embed(text, SIGNALS, video_ids)

    def nearest(self, query: str, *, video: str | None = None, limit: int = 3) -> list[Moment]:
        """What comes closest to a query by any signal, whether or not it counts."""
        question = self.question(query, video=video)
        videos = {one.video_id: one for one in self._library.videos()}
        return show(self._library, query, find_nearest(self._library, question, videos=videos, limit=limit), videos)

    def sight(self, query: str, *, video: str | None = None) -> Sight | None:
        """How sure it is that what a query describes is in the pictures; None where that is not judged."""
        if self._library.maker.profile not in BOUNDS:
            return None
        stages = {one.video_id: one.stages for one in self._library.videos()}
        return sight(
            self._library,
            self.question(query, video=video),
            ready=lambda video_id, stage: stage in stages.get(video_id, {}),
        )

    def curves(self, query: str, spans: Sequence[tuple[str, TimeSpan]]) -> list[list[tuple[float, float]]]:
        """For each (video id, span) its frames' (time in seconds, similarity to the query); empty without pictures."""
        self._models.load(("picture",))
        vector = self._models.embed(check_query(query), ("picture",), None).picture_vector
        if vector is None:
            return [[] for _ in spans]
        keys: dict[tuple[str, TimeSpan], list[SegmentKey]] = {}
        for video_id in dict.fromkeys(video_id for video_id, _ in spans):
            segments = self._library.segments(video_id)
            for span in (span for other, span in spans if other == video_id):
                overlapping = [row.index for row in segments if row.span.intersection_seconds(span) > 0]
                keys[video_id, span] = [(video_id, index) for index in overlapping]
        wanted = list(dict.fromkeys(key for own in keys.values() for key in own))
        found = self._library.frame_similarities(vector, wanted) if wanted else {}
        return [[frame for key in keys[video_id, span] for frame in found.get(key, [])] for video_id, span in spans]

    def close(self) -> None:
        """Let go of the library; safe to repeat."""
        self._library.close()

    def _only(self, video: str | None) -> frozenset[str] | None:
        """The id of a video that is named; None for all. Raises NotInLibraryError."""
        return None if video is None else frozenset({self._library.find_video(video).video_id})


def _check_signals(signals: Collection[Signal] | None) -> tuple[Signal, ...]:
    if signals is None:
        return SIGNALS
    unknown = sorted(set(signals) - set(SIGNALS))
    if unknown or not signals:
        named = f"there is no signal {unknown[0]!r}" if unknown else "no signal is named"
        raise QueryError(f"{named}; the signals are: {', '.join(SIGNALS)}")
    return tuple(signal for signal in SIGNALS if signal in signals)
