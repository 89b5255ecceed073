"""An embedded query -> drafts of moments, best first: lists, fusion, bounds. Loads no model, shows nothing."""

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
from search.retrieval.retrieve import retrieve
from search.retrieval.signal_weights import READ_STEPS, order_by_relevance, weigh_signals
from search.scoring.rank_fusion import fuse
from search.scoring.relevance import Evidence, judge_relevance
from search.signals import METADATA, PICTURE, Signal, sources_of_kind


@dataclass(frozen=True, slots=True)
class HybridResult:
    """What a query brought up."""

    drafts: list[Draft]
    """Every moment that matches by one of the signals, best first."""
    routes: list[SignalWeight]
    """How each signal that was asked was used."""
    relevance: dict[SegmentKey, float]
    """Of every segment that was looked at, also of those in no moment."""
    question: EmbeddedQuery
    """The query, embedded."""
    evidence: Evidence
    """Of every segment that was looked at."""
    read: dict[SegmentKey, float]
    """Of the segments that a reranker read, the log odds that they answer."""


def hybrid_search(
    library: Library, question: EmbeddedQuery, *, signals: Collection[Signal], videos: Mapping[str, Video]
) -> HybridResult:
    """Every moment that matches by one of the signals, with how that was decided.

    Args:
        videos: the library's, by id; what is not ready in them, and what is not among them, is left out.
    """

    def ready(video_id: str, stage: StageName) -> bool:
        return video_id in videos and stage in videos[video_id].stages

    found = retrieve(library, question, signals=signals, ready=ready)
    if METADATA in signals:
        found = with_metadata(library, question, found, videos)
    keys: dict[Signal, list[SegmentKey]] = {signal: [hit.key for hit in hits] for signal, hits in found.lists.items()}
    judged = judge_relevance(question.text, found.evidence, question.calibration)
    relevance = judged.relevance()
    is_measured = question.calibration is not None
    routes = weigh_signals(found, relevance, is_measured=is_measured, asked=signals)
    fused = fuse(
        keys,
        weights={route.signal: route.weight for route in routes if route.weight > 0},
        item_weights={signal: {hit.key: hit.worth for hit in hits} for signal, hits in found.lists.items()},
    )
    if is_measured:
        fused = order_by_relevance(fused, relevance)
    if read := rerank_best(library, question, [one.key for one in fused], signals=signals):
        relevance = judged.relevance(read)
        fused = order_by_relevance(fused, relevance, steps=READ_STEPS) if is_measured else fuse_reranked(fused, read)
    durations = {video_id: one.duration_seconds for video_id, one in videos.items()}
    matches = assemble_matches(library, question, found, fused, durations, relevance)
    drafts = localize_moments(matches, background=found.picture_background.mean)
    return HybridResult(drafts, routes, relevance, question, found.evidence, read)


def nearest_segments(library: Library, found: HybridResult, *, videos: Mapping[str, Video], limit: int) -> list[Draft]:
    """The segments that come closest by any signal, whole, whether or not they count.

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


def _by_cosine(evidence: Evidence) -> list[SegmentKey]:
    """By picture, or without pictures by what is said; nearest first."""
    spoken = (PICTURE,) if PICTURE in evidence.nearest else sources_of_kind("said")
    cosines = {
        key: one for name in spoken if name in evidence.nearest for key, one in evidence.nearest[name].best.items()
    }
    return sorted(cosines, key=lambda key: (-cosines[key], key))


def _by_relevance(relevance: Mapping[SegmentKey, float]) -> list[SegmentKey]:
    return sorted((key for key, value in relevance.items() if value > 0), key=lambda key: (-relevance[key], key))
