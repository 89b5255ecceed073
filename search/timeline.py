"""Timeline: the relevance of a video to a query over its time, for the heat strip under a player.

Each bucket of time gets the best of what is seen and said in it. 0.5 is the threshold of a search
(`search.scoring.relevance`), 1 is as good as the best of the whole library, and what lies below 0.5 is like the library
in general. So the strip of a video without an answer stays low, whatever its own maximum is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import STAGE_OF_SOURCE, TextSource
from indexer.errors import QueryError, QuerySyntaxError
from indexer.records import TimeSpan
from indexer.store.library import Library
from search.engine import SearchEngine
from search.query.parser import parse_query
from search.query.validation import check_query
from search.retrieval.embedded_query import EmbeddedQuery
from search.scoring.background import MIN_SAMPLE, Background, MatchThreshold, background_thresholds
from search.signals import MISREAD_SOURCES
from search.text.term_coverage import word_share

THRESHOLD_RELEVANCE = 0.5
"""Relevance of a hit at the threshold."""
Cosines = NDArray[np.floating[Any]]
Part = tuple[TimeSpan, float]
"""A span and its relevance, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Relevance over one video."""

    query: str
    duration_seconds: float
    buckets: tuple[float, ...]
    """0 to 1 for equal parts of the duration, in order."""
    peak_seconds: float
    """A time at which it is greatest; inside the video."""


@dataclass(frozen=True, slots=True)
class TimelineScale:
    """Cosine -> relevance, by two straight lines that meet at the threshold."""

    low: float
    """Relevance 0."""
    threshold: float
    """Relevance 0.5."""
    high: float
    """Relevance 1."""

    @classmethod
    def of(cls, background: Background, signal_threshold: MatchThreshold, best: float) -> "TimelineScale":
        """
        Args:
            best: greatest cosine of the query in the library.
        """
        threshold = signal_threshold.floor
        if background.size >= MIN_SAMPLE:
            standing = background.mean + signal_threshold.z_score * background.deviation
            threshold = min(signal_threshold.sure, max(signal_threshold.floor, standing))
        elif threshold <= -1.0:
            # The sample is too small for a background, and no threshold was measured for the model: half of the best.
            threshold = best / 2
        low = min(background.mean, threshold - 1e-3)
        return cls(low, threshold, max(best, threshold + 1e-3))

    def relevance(self, cosines: Cosines) -> Cosines:
        """(n,) -> (n,), 0 to 1."""
        return np.interp(cosines, [self.low, self.threshold, self.high], [0.0, THRESHOLD_RELEVANCE, 1.0])


def timeline(engine: SearchEngine, query: str, video: str, *, buckets: int = 200) -> Timeline:
    """The relevance of a video's parts.

    Args:
        video: its id, or what else `Library.find_video` takes.
        buckets: equal parts, at least 1.

    Raises:
        QueryError: the query or the number cannot be used.
        NotInLibraryError: no video, or several, go by that name.
        ModelMissingError, ModelBrokenError, LibraryModelsError: as `SearchEngine.search`.
    """
    text = check_query(query)
    if buckets < 1:
        raise QueryError(f"buckets = {buckets} is below 1")
    library = engine.library
    found = library.find_video(video)
    embedded = engine.embed_query(_wanted(text))
    duration = found.duration_seconds
    parts: list[Part] = []
    if "picture" in found.stages:
        parts += _picture_parts(library, embedded, found.video_id, duration)
    for source, stage in STAGE_OF_SOURCE.items():
        if stage in found.stages:
            parts += _text_parts(library, embedded, found.video_id, source)
    levels = timeline_levels(parts, duration, buckets)
    peak = max(parts, key=lambda part: part[1], default=None)
    peak_seconds = 0.0 if peak is None else (peak[0].start_seconds + peak[0].stop_seconds) / 2
    return Timeline(
        text, duration, tuple(round(float(level), 4) for level in levels), min(max(0.0, peak_seconds), duration)
    )


def _wanted(query: str) -> str:
    """What a query wants, in words alone; a query with a syntax error as it stands."""
    try:
        return parse_query(query).words or query
    except QuerySyntaxError:
        return query


def timeline_levels(parts: Iterable[Part], duration_seconds: float, buckets: int) -> Cosines:
    """(buckets,) the greatest relevance of the parts that lie in each bucket, at least in part."""
    levels = np.zeros(buckets)
    if duration_seconds <= 0:
        return levels
    for span, level in parts:
        first = int(span.start_seconds / duration_seconds * buckets)
        last = int(np.ceil(span.stop_seconds / duration_seconds * buckets - 1e-9))
        if last < 0 or (last == 0 and span.start_seconds < 0):
            continue  # over before the video begins
        first = max(0, min(buckets - 1, first))
        last = max(first + 1, last)
        np.maximum(levels[first:last], level, out=levels[first:last])
    return levels


def _picture_parts(library: Library, query: EmbeddedQuery, video_id: str, duration: float) -> list[Part]:
    vector = query.picture_vector
    if vector is None:
        return []
    keys = [(video_id, row.index) for row in library.segments(video_id)]
    frames = sorted({frame for own in library.frame_similarities(vector, keys).values() for frame in own})
    if not frames:
        return []
    background = Background.of(library.background(vector, what="frames"))
    nearest = library.nearest_frames(vector, limit=1)
    best = max([similarity for _, similarity in frames] + [hit.similarity for hit in nearest])
    threshold, _ = background_thresholds(query.profile)
    levels = TimelineScale.of(background, threshold, best).relevance(np.array([similarity for _, similarity in frames]))
    spans = _spans([time for time, _ in frames], duration)
    return [(span, float(level)) for span, level in zip(spans, levels, strict=True)]


def _text_parts(library: Library, query: EmbeddedQuery, video_id: str, source: TextSource) -> list[Part]:
    rows = library.texts(video_id, source)
    if not rows:
        return []
    fuzzy = source in MISREAD_SOURCES
    levels = np.array([_by_words(query.text, row.text, fuzzy=fuzzy) for row in rows])
    vector = query.text_vector
    if vector is not None and all(row.vector is not None for row in rows):
        cosines = np.array([row.vector for row in rows], np.float32) @ np.asarray(vector, np.float32)  # (n,)
        background = Background.of(library.background(vector, what=source))
        nearest = library.nearest_texts(vector, source=source, limit=1)
        best = max([float(cosines.max())] + [hit.similarity for hit in nearest])
        _, threshold = background_thresholds(query.profile)
        levels = np.maximum(levels, TimelineScale.of(background, threshold, best).relevance(cosines))
    return [(row.span, float(level)) for row, level in zip(rows, levels, strict=True)]


def _by_words(query: str, text: str, *, fuzzy: bool) -> float:
    share = word_share(query, text, fuzzy=fuzzy)
    return THRESHOLD_RELEVANCE + (1 - THRESHOLD_RELEVANCE) * share if share > 0 else 0.0


def _spans(times: Sequence[float], duration: float) -> list[TimeSpan]:
    """Each frame stands for the time until the next."""
    ends = [*(later for _, later in pairwise(times)), max(duration, times[-1])]
    return [TimeSpan(time, max(time, stop)) for time, stop in zip(times, ends, strict=True)]
