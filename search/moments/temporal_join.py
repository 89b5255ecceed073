"""Temporal joins: moments of several parts, which occur at the same time or one after the other. Pure.

Ranks alone decide, as in rank fusion. A joined moment is scored by the product of 1 / (offset + rank) of its parts, so
that a first rank of one part cannot make up for a low rank of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.records import TimeSpan
from search.moments.localization import Draft
from search.signals import Signal

RANK_OFFSET = 2.0
"""Added to each rank; the larger, the less the first ranks stand out."""
MAX_STEP_OVERLAP_SECONDS = 1.0
"""Two steps in order may overlap by so much, since each end is off by about half a sampled frame."""
HALVING_GAP_SECONDS = 30.0
"""A gap of this length between two steps halves the score: steps close to each other belong together."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Moments one after the other in one video, with their joint score."""

    parts: tuple[Draft, ...]
    score: float


def join_overlapping(lists: Sequence[Sequence[Draft]]) -> list[Draft]:
    """Moments that every list holds at the same time of the same video, best first, with the time that they share.

    Two moments of one segment are joined even when their times do not overlap; the time then spans both.
    """
    if not lists:
        return []
    joined = [(draft, 1.0 / (RANK_OFFSET + rank)) for rank, draft in enumerate(lists[0])]
    for others in lists[1:]:
        by_video = _by_video(others)
        joined = [
            (_intersection(draft, other), score / (RANK_OFFSET + rank))
            for draft, score in joined
            for rank, other in by_video.get(draft.video_id, [])
            if _coincide(draft, other)
        ]
    return without_overlapping_moments([replace(draft, score=score) for draft, score in joined])


def rank_by_overlap(drafts: Sequence[Draft], order: Sequence[Draft]) -> list[Draft]:
    """The same moments with their times, reordered: first those that coincide with one of `order`, in its order."""
    ranks = _by_video(order)
    worst = RANK_OFFSET + len(order) + len(drafts)
    ranked: list[Draft] = []
    for own, draft in enumerate(drafts):
        coinciding = [(rank, other) for rank, other in ranks.get(draft.video_id, []) if _coincide(draft, other)]
        if not coinciding:
            ranked.append(replace(draft, score=1.0 / worst / (RANK_OFFSET + own)))
            continue
        rank, best = coinciding[0]
        signals = best_ranks_of_joined(draft.ranks, best.ranks)
        ranked.append(replace(draft, ranks=signals, score=1.0 / (RANK_OFFSET + rank) / (RANK_OFFSET + own)))
    return sorted(ranked, key=_sort_key)


def join_in_order(steps: Sequence[Sequence[Draft]], gaps: Sequence[float]) -> list[Chain]:
    """Chains of one moment of each step in order of time in one video, best first; their spans never overlap.

    Args:
        gaps: maximum seconds between each step and the next; one fewer than steps.
    """
    found = [Chain((draft,), 1.0 / (RANK_OFFSET + rank)) for rank, draft in enumerate(steps[0])]
    for drafts, most in zip(steps[1:], gaps, strict=True):
        by_video = _by_video(drafts)
        found = [
            Chain((*chain.parts, draft), chain.score / (RANK_OFFSET + rank) / (1.0 + gap / HALVING_GAP_SECONDS))
            for chain in found
            for rank, draft in by_video.get(chain.parts[-1].video_id, [])
            if (gap := _gap(chain.parts[-1], draft)) is not None and gap <= most
        ]
    found.sort(key=lambda chain: (-chain.score, *(_sort_key(part)[1:] for part in chain.parts)))
    spans: dict[str, list[TimeSpan]] = {}
    best: list[Chain] = []
    for chain in found:
        span = span_of_joined_parts(chain.parts)
        taken = spans.setdefault(chain.parts[0].video_id, [])
        if all(span.intersection_seconds(other) == 0 for other in taken):
            taken.append(span)
            best.append(chain)
    return best


def span_of_joined_parts(parts: Sequence[Draft]) -> TimeSpan:
    """The span from the first start to the last stop."""
    return TimeSpan(min(part.span.start_seconds for part in parts), max(part.span.stop_seconds for part in parts))


def without_overlapping_moments(drafts: Sequence[Draft]) -> list[Draft]:
    """The moments best first, without those that overlap a better one of the same video."""
    spans: dict[str, list[TimeSpan]] = {}
    best: list[Draft] = []
    for draft in sorted(drafts, key=_sort_key):
        taken = spans.setdefault(draft.video_id, [])
        if all(draft.span.intersection_seconds(other) == 0 for other in taken):
            taken.append(draft.span)
            best.append(draft)
    return best


def _gap(before: Draft, after: Draft) -> float | None:
    """Seconds from one moment to the next, at least 0; None where the second does not follow the first."""
    first, second = before.span, after.span
    gap = second.start_seconds - first.stop_seconds
    in_order = first.start_seconds < second.start_seconds and first.stop_seconds < second.stop_seconds
    return max(0.0, gap) if in_order and gap >= -MAX_STEP_OVERLAP_SECONDS else None


def _coincide(one: Draft, other: Draft) -> bool:
    return one.span.intersection_seconds(other.span) > 0 or one.segment_index == other.segment_index


def _intersection(one: Draft, other: Draft) -> Draft:
    start = max(one.span.start_seconds, other.span.start_seconds)
    stop = min(one.span.stop_seconds, other.span.stop_seconds)
    span = TimeSpan(start, stop) if start < stop else span_of_joined_parts((one, other))
    texts = list(dict.fromkeys(text for text in (one.text, other.text) if text))
    best = next(
        (
            seconds
            for seconds in (one.best_frame_seconds, other.best_frame_seconds)
            if span.start_seconds <= seconds < span.stop_seconds
        ),
        (span.start_seconds + span.stop_seconds) / 2,
    )
    return replace(
        one,
        span=span,
        best_frame_seconds=best,
        ranks=best_ranks_of_joined(one.ranks, other.ranks),
        text="\n".join(texts),
    )


def best_ranks_of_joined(one: dict[Signal, int], other: dict[Signal, int]) -> dict[Signal, int]:
    """The better rank of each signal of either moment; names in sorted order."""
    best = dict(one)
    for name, rank in other.items():
        best[name] = min(rank, best.get(name, rank))
    return {name: best[name] for name in sorted(best)}


def _by_video(drafts: Sequence[Draft]) -> dict[str, list[tuple[int, Draft]]]:
    """Video id -> (rank from 0, moment), in order of rank."""
    found: dict[str, list[tuple[int, Draft]]] = {}
    for rank, draft in enumerate(drafts):
        found.setdefault(draft.video_id, []).append((rank, draft))
    return found


def _sort_key(draft: Draft) -> tuple[float, str, TimeSpan]:
    return -draft.score, draft.video_id, draft.span
