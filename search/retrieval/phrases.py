"""Phrase search: the moments at which given words are said or written side by side."""

from collections.abc import Callable, Mapping, Sequence

from indexer.catalog import STAGE_OF_SOURCE, StageName, TextSource
from indexer.records import SegmentRow, TimeSpan, Video
from indexer.store.hits import TextHit
from indexer.store.library import Library
from search.moments.localization import MIN_TEXT_SECONDS, Draft, frame_inside
from search.moments.temporal_join import without_overlapping_moments
from search.signals import MISREAD_SOURCES, Signal, sources_of_kind, word_signal_of
from search.text.phrase_matching import holds_phrase

CANDIDATES = 2000
"""Texts with a word of the phrase that are checked for the whole phrase."""


def find_phrase(
    library: Library,
    phrase: str,
    *,
    sources: Sequence[TextSource],
    videos: Mapping[str, Video],
    is_ready: Callable[[str, StageName], bool],
) -> list[Draft]:
    """Moments whose texts hold the words side by side, best first; within a video they never overlap.

    A text that is spelled exactly so ranks above one that OCR misread, and what is said or written above what a
    caption describes.
    """
    named = None if len(videos) == len(library.videos()) else frozenset(videos)
    found: list[tuple[int, int, Signal, TextHit]] = []
    for source in sources:
        for fuzzy in (False, True) if source in MISREAD_SOURCES else (False,):
            hits = library.match_words(phrase, source=source, limit=CANDIDATES, video_ids=named, fuzzy=fuzzy)
            holding = [
                hit
                for hit in hits
                if hit.video_id in videos
                and is_ready(hit.video_id, STAGE_OF_SOURCE[source])
                and holds_phrase(phrase, hit.text, fuzzy=fuzzy)
            ]
            rough = (source in sources_of_kind("described")) + 2 * fuzzy
            signal = word_signal_of(source)
            ranked: list[tuple[int, int, Signal, TextHit]] = [
                (rough, rank, signal, hit) for rank, hit in enumerate(holding, start=1)
            ]
            found += ranked
    found.sort(key=lambda one: (one[0], one[1]))
    segments = library.segments_by_key([(hit.video_id, hit.segment_index) for *_, hit in found])
    drafts = [
        _draft(signal, rank, hit, segments[hit.video_id, hit.segment_index], videos[hit.video_id], 1.0 / place)
        for place, (_, rank, signal, hit) in enumerate(found, start=1)
        if (hit.video_id, hit.segment_index) in segments
    ]
    return without_overlapping_moments(drafts)


def _draft(signal: Signal, rank: int, hit: TextHit, segment: SegmentRow, video: Video, score: float) -> Draft:
    start = min(max(0.0, hit.span.start_seconds), video.duration_seconds)
    span = TimeSpan(start, max(start, min(hit.span.stop_seconds, video.duration_seconds)))
    if span.duration_seconds < MIN_TEXT_SECONDS:
        span = segment.span
    best = frame_inside(span, segment.best_frame_seconds)
    return Draft(hit.video_id, segment.index, span, best, score, {signal: rank}, hit.text, 0.0)
