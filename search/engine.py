"""SearchEngine: owns the library and the models; what the command line, the service and the tests call.

Leaves out the parts, each in its own file: `query` checks, `retrieve` asks the library, `relevance` and `words` decide
what counts, `fusion` joins the lists, `moments` finds the bounds.
"""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from indexer.closing import Closing
from indexer.config import Settings
from indexer.errors import LibraryModelsError, QueryError
from indexer.making import maker_of, settings_like
from indexer.models.registry import Models, load_models
from indexer.records import Stage, TimeSpan, Video
from indexer.store import Library
from search.assemble import matches_of
from search.fusion import fuse
from search.moments import Draft, moments_of
from search.query import check_query
from search.results import SIGNALS, Moment, SearchResult, Signal
from search.retrieve import BY_MEANING, Question, SegmentKey, nearest_segments, retrieve
from search.sight import BOUNDS, Sight, sight

MAX_LIMIT = 1000
"""Moments on one page."""


class SearchEngine(Closing):
    """Finds moments in one library. Safe from several threads; models are loaded by the first search that needs them.

    Make one with `SearchEngine.open`, also as a context manager.
    """

    def __init__(self, library: Library, settings: Settings, load: Callable[[Settings], Models]) -> None:
        self._library = library
        self._settings = settings
        self._load = load
        self._models: Models | None = None
        self._loading = threading.Lock()

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
        query: str,
        *,
        video: str | None = None,
        limit: int = 10,
        offset: int = 0,
        signals: Collection[Signal] | None = None,
    ) -> SearchResult:
        """The moments that match a query, best first.

        Args:
            query: what to look for, in words; at most 1,000 characters.
            video: look in this video alone: its id, the first digits of it, its path or its file name.
            limit: moments on the page, 1 to 1,000.
            offset: moments to skip; the same query pages through one fixed order.
            signals: match by these alone; None for all.

        Raises:
            QueryError: the query, limit, offset or a signal's name cannot be used.
            NotInLibraryError: no video, or several, go by that name.
            LibraryModelsError: the settings name other models than those that made the library.
            ModelMissingError, ModelBrokenError: a model cannot be loaded.
        """
        text = check_query(query)
        wanted = _check_signals(signals)
        _check_page(limit, offset)
        video_ids = None if video is None else frozenset({self._library.find_video(video).video_id})
        self._load_models(wanted)
        started = time.perf_counter()
        question = self._embed(text, wanted, video_ids)
        embedded = time.perf_counter()
        videos = {one.video_id: one for one in self._library.videos()}
        drafts = self._find(question, wanted, videos)
        page = [self._moment(draft, videos[draft.video_id]) for draft in drafts[offset : offset + limit]]
        done = time.perf_counter()
        seconds = {"embed": embedded - started, "retrieve": done - embedded, "total": done - started}
        return SearchResult(text, bool(drafts), page, seconds, len(drafts) > offset + limit)

    def question(self, query: str, *, video: str | None = None) -> Question:
        """A query checked and embedded for every signal, to be compared with what the library holds.

        Args:
            video: compare with this video alone.

        Raises:
            QueryError, NotInLibraryError, LibraryModelsError, ModelMissingError, ModelBrokenError: see `search`.
        """
        text = check_query(query)
        video_ids = None if video is None else frozenset({self._library.find_video(video).video_id})
        self._load_models(SIGNALS)
        return self._embed(text, SIGNALS, video_ids)

    def nearest(self, query: str, *, video: str | None = None, limit: int = 3) -> list[Moment]:
        """The segments whose pictures, or else whose texts, come closest to a query, whether or not they stand out."""
        question = self.question(query, video=video)
        videos = {one.video_id: one for one in self._library.videos()}
        keys = nearest_segments(self._library, question, limit=limit)
        found = self._library.segments_by_key([key for key in keys if key[0] in videos])
        drafts = [
            Draft(video_id, index, segment.span, segment.best_frame_seconds, 0.0, {}, "", 0.0)
            for (video_id, index), segment in found.items()
        ]
        return [self._moment(draft, videos[draft.video_id]) for draft in drafts]

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
        self._load_models(("picture",))
        vector = self._embed(check_query(query), ("picture",), None).picture_vector
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

    def _find(self, question: Question, signals: Collection[Signal], videos: dict[str, Video]) -> list[Draft]:
        def ready(video_id: str, stage: Stage) -> bool:
            return video_id in videos and stage in videos[video_id].stages

        found = retrieve(self._library, question, signals=signals, ready=ready)
        keys: dict[Signal, list[SegmentKey]] = {
            signal: [hit.key for hit in hits] for signal, hits in found.lists.items()
        }
        fused = fuse(keys, weights=found.weights)
        durations = {video_id: one.duration_seconds for video_id, one in videos.items()}
        matches = matches_of(self._library, question, found, fused, durations)
        return moments_of(matches, background=found.picture_background.middle)

    def _moment(self, draft: Draft, video: Video) -> Moment:
        thumbnail = self._library.thumbnail_path(draft.video_id, draft.segment_index)
        return Moment(
            video=video.path,
            video_id=draft.video_id,
            span=draft.span,
            best_frame_seconds=draft.best_frame_seconds,
            score=draft.score,
            signals=draft.ranks,
            text=draft.text,
            thumbnail=thumbnail if thumbnail.is_file() else None,
        )

    def _embed(self, text: str, signals: Collection[Signal], video_ids: frozenset[str] | None) -> Question:
        models = self._models
        picture = models.picture if models and "picture" in signals else None
        words = models.text if models and BY_MEANING & set(signals) else None
        return Question(
            text,
            None if picture is None else picture.embed_queries([text])[0],
            None if words is None else words.embed_queries([text])[0],
            video_ids,
            self._library.maker.profile,
        )

    def _load_models(self, signals: Collection[Signal]) -> None:
        maker = self._library.maker
        by_picture = bool(maker.picture_model) and "picture" in signals
        by_meaning = bool(maker.text_model) and bool(BY_MEANING & set(signals))
        if not by_picture and not by_meaning:
            return
        with self._loading:
            if self._models is None:
                self._models = self._loaded()

    def _loaded(self) -> Models:
        maker = self._library.maker
        settings = settings_like(self._settings, maker)
        models = self._load(settings)
        # How it was sampled matters to whoever adds to the library, not to whoever searches it.
        asked_for = replace(maker_of(models, settings), sampling=maker.sampling)
        if different := maker.differences(asked_for):
            raise LibraryModelsError(
                f"library {self._library.path} was made with other models: {'; '.join(different)};"
                " name no models to search it with its own, or index again into another library"
            )
        return models


def _check_signals(signals: Collection[Signal] | None) -> tuple[Signal, ...]:
    if signals is None:
        return SIGNALS
    unknown = sorted(set(signals) - set(SIGNALS))
    if unknown or not signals:
        named = f"there is no signal {unknown[0]!r}" if unknown else "no signal is named"
        raise QueryError(f"{named}; the signals are: {', '.join(SIGNALS)}")
    return tuple(signal for signal in SIGNALS if signal in signals)


def _check_page(limit: int, offset: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise QueryError(f"limit = {limit} is outside 1 to {MAX_LIMIT}; page with offset for more")
    if offset < 0:
        raise QueryError(f"offset = {offset} is below 0; 0 is the first moment")
