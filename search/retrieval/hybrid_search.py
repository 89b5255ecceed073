"""Hybrid search: an embedded query -> draft moments, best first, by rank fusion and reranking of every signal's list.

Loads no model and makes nothing that is shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from indexer.catalog import StageName
from indexer.records import Video
from indexer.store.hits import SegmentKey
from indexer.store.library import Library
from search.moments.localization import Draft, localize_moments
from search.results import SignalWeight
from search.retrieval.embedded_query import EmbeddedQuery
from search.retrieval.match_assembly import assemble_matches
from search.retrieval.metadata import with_metadata
from search.retrieval.reranking import fuse_reranked, rerank_best
from search.retrieval.retrieve import retrieve_candidates
from search.retrieval.signal_weights import RERANKED_STEPS, order_by_relevance, weigh_signals
from search.scoring.rank_fusion import fuse_ranks
from search.scoring.relevance import RelevanceEvidence, judge_relevance
from search.signals import METADATA, PICTURE, Signal, sources_of_kind


@dataclass(frozen=True, slots=True)
class HybridResult:
    """What a hybrid search retrieved, and how it was scored."""

    drafts: list[Draft]
    """Every moment that matches by one of the signals, best first."""
    signal_weights: list[SignalWeight]
    """How much each signal counted."""
    relevance: dict[SegmentKey, float]
    """Of every candidate segment, also of those in no moment."""
    query: EmbeddedQuery
    evidence: RelevanceEvidence
    """Of every candidate segment."""
    reranked: dict[SegmentKey, float]
    """Of the segments whose texts a reranker read, the log odds that they answer."""


def hybrid_search(
    library: Library, query: EmbeddedQuery, *, signals: Collection[Signal], videos: Mapping[str, Video]
) -> HybridResult:
    """Every moment that matches by one of the signals, with how it was scored.

    Args:
        videos: the library's, by id; other videos, and stages that are not complete in these, are left out.
    """

    def ready(video_id: str, stage: StageName) -> bool:
        return video_id in videos and stage in videos[video_id].stages

    found = retrieve_candidates(library, query, signals=signals, ready=ready)
    if METADATA in signals:
        found = with_metadata(library, query, found, videos)
    keys: dict[Signal, list[SegmentKey]] = {signal: [hit.key for hit in hits] for signal, hits in found.lists.items()}
    judged = judge_relevance(query.text, found.evidence, query.calibration)
    relevance = judged.relevance()
    is_measured = query.calibration is not None
    weights = weigh_signals(found, relevance, is_measured=is_measured, signals=signals)
    fused = fuse_ranks(
        keys,
        weights={one.signal: one.weight for one in weights if one.weight > 0},
        item_weights={signal: {hit.key: hit.worth for hit in hits} for signal, hits in found.lists.items()},
    )
    if is_measured:
        fused = order_by_relevance(fused, relevance)
    if reranked := rerank_best(library, query, [one.key for one in fused], signals=signals):
        relevance = judged.relevance(reranked)
        if is_measured:
            fused = order_by_relevance(fused, relevance, steps=RERANKED_STEPS)
        else:
            fused = fuse_reranked(fused, reranked)
    durations = {video_id: one.duration_seconds for video_id, one in videos.items()}
    matches = assemble_matches(library, query, found, fused, durations, relevance)
    drafts = localize_moments(matches, background=found.picture_background.mean)
    return HybridResult(drafts, weights, relevance, query, found.evidence, reranked)


def nearest_segments(library: Library, found: HybridResult, *, videos: Mapping[str, Video], limit: int) -> list[Draft]:
    """The nearest segments by any signal, each a whole draft, whether or not they reach a threshold.

    Args:
        found: by all signals.
    """
    drafts = sorted(found.drafts, key=lambda draft: -draft.relevance)[:limit]
    taken = {(draft.video_id, draft.segment_index) for draft in drafts}
    nearest = dict.fromkeys([*_by_relevance(found.relevance), *_by_cosine(found.evidence)])
    keys = [key for key in nearest if key[0] in videos and key not in taken][: limit - len(drafts)]
    segments = library.segments_by_key(keys)
    rest = [
        Draft(
            video_id=video_id,
            segment_index=index,
            span=segment.span,
            best_frame_seconds=segment.best_frame_seconds,
            score=0.0,
            ranks={},
            text="",
            peak=0.0,
            relevance=found.relevance.get((video_id, index), 0.0),
        )
        for (video_id, index), segment in segments.items()
    ]
    return [*drafts, *rest]


def _by_cosine(evidence: RelevanceEvidence) -> list[SegmentKey]:
    """Nearest first, by picture; without pictures by what is said."""
    signals = (PICTURE,) if PICTURE in evidence.nearest else sources_of_kind("said")
    cosines = {
        key: one for name in signals if name in evidence.nearest for key, one in evidence.nearest[name].best.items()
    }
    return sorted(cosines, key=lambda key: (-cosines[key], key))


def _by_relevance(relevance: Mapping[SegmentKey, float]) -> list[SegmentKey]:
    return sorted((key for key, value in relevance.items() if value > 0), key=lambda key: (-relevance[key], key))
