"""An embedded query -> drafts of moments, best first: lists, fusion, bounds. Loads no model, shows nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from indexer.catalog import Stage
from indexer.records import Video
from indexer.store.library import Library
from search.moments.localization import Draft, localize_moments
from search.results import Route
from search.retrieval.matches import matches_of
from search.retrieval.metadata import METADATA, with_metadata
from search.retrieval.ranked_lists import retrieve
from search.retrieval.reranking import read_best, reread
from search.retrieval.signal_weights import READ_STEPS, in_order, routes_of
from search.retrieval.types import Question, SegmentKey
from search.scoring.rank_fusion import fuse
from search.scoring.relevance import Evidence, judge_relevance
from search.signals import Signal


@dataclass(frozen=True, slots=True)
class Finding:
    """What a query brought up."""

    drafts: list[Draft]
    """Every moment that matches by one of the signals, best first."""
    routes: list[Route]
    """How each signal that was asked was used."""
    relevance: dict[SegmentKey, float]
    """Of every segment that was looked at, also of those in no moment."""
    question: Question
    """The query, embedded."""
    evidence: Evidence
    """Of every segment that was looked at."""
    read: dict[SegmentKey, float]
    """Of the segments that a reranker read, the log odds that they answer."""


def find_routed(
    library: Library, question: Question, *, signals: Collection[Signal], videos: Mapping[str, Video]
) -> Finding:
    """Every moment that matches by one of the signals, with how that was decided.

    Args:
        videos: the library's, by id; what is not ready in them, and what is not among them, is left out.
    """

    def ready(video_id: str, stage: Stage) -> bool:
        return video_id in videos and stage in videos[video_id].stages

    found = retrieve(library, question, signals=signals, ready=ready)
    if METADATA in signals:
        found = with_metadata(library, question, found, videos)
    keys: dict[Signal, list[SegmentKey]] = {signal: [hit.key for hit in hits] for signal, hits in found.lists.items()}
    judged = judge_relevance(question.text, found.evidence, question.calibration)
    relevance = judged.relevance()
    is_measured = question.calibration is not None
    routes = routes_of(found, relevance, is_measured=is_measured, asked=signals)
    fused = fuse(
        keys,
        weights={route.signal: route.weight for route in routes if route.weight > 0},
        item_weights={signal: {hit.key: hit.worth for hit in hits} for signal, hits in found.lists.items()},
    )
    if is_measured:
        fused = in_order(fused, relevance)
    if read := read_best(library, question, [one.key for one in fused], signals=signals):
        relevance = judged.relevance(read)
        fused = in_order(fused, relevance, steps=READ_STEPS) if is_measured else reread(fused, read)
    durations = {video_id: one.duration_seconds for video_id, one in videos.items()}
    matches = matches_of(library, question, found, fused, durations, relevance)
    drafts = localize_moments(matches, background=found.picture_background.mean)
    return Finding(drafts, routes, relevance, question, found.evidence, read)


def nearest_of(library: Library, found: Finding, *, videos: Mapping[str, Video], limit: int) -> list[Draft]:
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
    spoken = ("picture",) if "picture" in evidence.nearest else ("subtitle", "speech")
    cosines = {
        key: one for name in spoken if name in evidence.nearest for key, one in evidence.nearest[name].best.items()
    }
    return sorted(cosines, key=lambda key: (-cosines[key], key))


def _by_relevance(relevance: Mapping[SegmentKey, float]) -> list[SegmentKey]:
    return sorted((key for key, value in relevance.items() if value > 0), key=lambda key: (-relevance[key], key))
