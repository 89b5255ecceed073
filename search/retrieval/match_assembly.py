"""Fused segments -> matches, with the texts and frames that localization needs. Two lookups in the library."""

from collections.abc import Mapping, Sequence

from indexer.records import TimeSpan
from indexer.store.hits import SegmentKey
from search.moments.localization import SegmentMatch
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.ranked_list import RetrievalResult
from search.retrieval.searchable import Searchable
from search.scoring.rank_fusion import FusedItem
from search.signals import PICTURE, Signal

SEGMENTS_WITH_FRAMES = 50
"""So many segments from the top get the similarities of their frames, and so do all that matched by their picture. One
that was found further down by its words alone is shown by its segment's own frame; its time is the text's anyway."""


def assemble_matches(
    library: Searchable,
    query: EmbeddedQuery,
    found: RetrievalResult,
    fused: Sequence[FusedItem[SegmentKey, Signal]],
    durations: Mapping[str, float],
    relevance: Mapping[SegmentKey, float],
) -> list[SegmentMatch]:
    """One match for each fused key, in the same order; a segment that has vanished meanwhile is left out.

    Args:
        durations: seconds of each video; a text that lasts longer ends with the video.
    """
    segments = library.segments_by_key([one.key for one in fused])
    with_frames = [one.key for rank, one in enumerate(fused) if rank < SEGMENTS_WITH_FRAMES or PICTURE in one.ranks]
    vector = query.picture_vector
    frames = {} if vector is None or not with_frames else library.frame_similarities(vector, with_frames)
    texts = _texts(found, durations)
    return [
        SegmentMatch(
            video_id=one.key[0],
            segment_index=one.key[1],
            segment=segments[one.key].span,
            segment_frame_seconds=segments[one.key].best_frame_seconds,
            score=one.score,
            ranks=one.ranks,
            texts=texts.get(one.key, {}),
            relevance=relevance.get(one.key, 0.0),
            frames=frames.get(one.key, []),
        )
        for one in fused
        if one.key in segments
    ]


def _texts(
    found: RetrievalResult, durations: Mapping[str, float]
) -> dict[SegmentKey, dict[Signal, tuple[TimeSpan, str]]]:
    texts: dict[SegmentKey, dict[Signal, tuple[TimeSpan, str]]] = {}
    for signal, hits in found.lists.items():
        for hit in hits:
            if hit.span is not None:
                span = _clipped(hit.span, durations[hit.key[0]])
                texts.setdefault(hit.key, {})[signal] = (span, hit.text)
    return texts


def _clipped(span: TimeSpan, duration_seconds: float) -> TimeSpan:
    start = min(max(0.0, span.start_seconds), duration_seconds)
    return TimeSpan(start, max(start, min(span.stop_seconds, duration_seconds)))
