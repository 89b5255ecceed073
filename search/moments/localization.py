"""Localization: fused segments into moments, with exact times and without overlaps. Pure.

Times. A segment that matches by its picture: the run of frames around its best frame that stay near the best
(`RUN_LEVEL`); a run that reaches the segment's first or last frame extends to its end. A segment that matches by a
text: the time of the text, which is known exactly. Where both match, the better rank decides, and the text on a tie.

Merging. A match that overlaps a better one in time is the same moment. Two picture matches that touch are one moment
when they match about equally well (`MERGE_LEVEL`): a long shot is several segments, but a cut to something that matches
less is a boundary. Texts that touch stay apart: each line is a moment of its own.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from indexer.records import TimeSpan
from search.signals import Signal

RUN_LEVEL = 0.5
"""A frame belongs to the run when its cosine lies at least so far up from the background's mean to the best."""
MERGE_LEVEL = 0.9
"""Touching segments are merged when the lesser best frame lies so far up from the background's mean to the better."""
TOUCH_SECONDS = 0.05
"""Spans whose ends differ by less touch; half a frame at 10 frames per second."""
MIN_TEXT_SECONDS = 0.1
"""A text with a shorter span has no time of its own and takes that of its segment."""


@dataclass(frozen=True, slots=True)
class SegmentMatch:
    """A segment of the fused list with its matches."""

    video_id: str
    segment_index: int
    segment: TimeSpan
    segment_frame_seconds: float
    """Of the frame that represents the segment."""
    score: float
    ranks: dict[Signal, int]
    texts: dict[Signal, tuple[TimeSpan, str]]
    """The best text of each text signal that matched, inside the video."""
    frames: Sequence[tuple[float, float]]
    """(time in seconds, cosine) of the segment's frames, in order; empty without pictures. The first frame may have
    appeared before the segment began."""
    relevance: float = 1.0
    """0 to 1, see `search.scoring.relevance`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A moment before its video's path and thumbnail are added."""

    video_id: str
    segment_index: int
    """The segment that matches best."""
    span: TimeSpan
    best_frame_seconds: float
    """Inside the span."""
    score: float
    ranks: dict[Signal, int]
    text: str
    peak: float
    """How far the best frame's cosine lies above the background's mean; 0 for a moment found by its text."""
    parts: tuple["Draft", ...] = ()
    """Of a moment of several steps: the moment of each step, in order of time."""
    relevance: float = 1.0
    """0 to 1, see `search.scoring.relevance`; 1 for exact matches, which are not judged."""

    def cut_to(self, span: TimeSpan) -> "Draft":
        """The draft with a part of its span."""
        return replace(self, span=span, best_frame_seconds=frame_inside(span, self.best_frame_seconds))


def frame_inside(span: TimeSpan, best_frame_seconds: float) -> float:
    """The time of a frame that stands for a span: the given one where it is inside, else the middle."""
    if span.start_seconds <= best_frame_seconds < span.stop_seconds:
        return best_frame_seconds
    return (span.start_seconds + span.stop_seconds) / 2


def localize_moments(matches: Sequence[SegmentMatch], *, background: float = 0.0) -> list[Draft]:
    """Moments, best first; within a video they never overlap.

    Args:
        matches: best first, each segment once.
        background: mean of the cosines of this query with the library's pictures.
    """
    found: list[Draft] = []
    by_video: dict[str, list[int]] = {}
    for match in matches:
        draft = _draft(match, background)
        own = by_video.setdefault(draft.video_id, [])
        overlapping = next((index for index in own if _overlap(found[index].span, draft.span)), None)
        if overlapping is not None:
            found[overlapping] = _absorb(found[overlapping], draft)
            continue
        mergeable = own if draft.peak > 0 else ()
        touching = next((index for index in mergeable if _continues(found[index], draft)), None)
        if touching is not None:
            found[touching] = _absorb(found[touching], draft, widen=True)
        else:
            own.append(len(found))
            found.append(draft)
    return found


def picture_span(frames: Sequence[tuple[float, float]], segment: TimeSpan, *, background: float) -> TimeSpan:
    """The time around the best frame in which the cosine stays near the best.

    A frame stays on screen until the next one, and the picture changes somewhere between two sampled frames: the run
    ends halfway between its last frame and the first one outside.
    """
    times = [max(time, segment.start_seconds) for time, _ in frames]
    similarities = [similarity for _, similarity in frames]
    best = max(range(len(frames)), key=lambda index: (similarities[index], -index))
    level = background + RUN_LEVEL * (similarities[best] - background)
    first = last = best
    while first > 0 and similarities[first - 1] >= level:
        first -= 1
    while last + 1 < len(frames) and similarities[last + 1] >= level:
        last += 1
    middles = [(before + after) / 2 for before, after in pairwise(times)]
    start = middles[first - 1] if first > 0 else segment.start_seconds
    stop = middles[last] if last + 1 < len(frames) else segment.stop_seconds
    return TimeSpan(start, stop)


def _draft(match: SegmentMatch, background: float) -> Draft:
    texts: list[tuple[int, Signal]] = sorted((match.ranks[signal], signal) for signal in match.texts)
    first_text_rank = texts[0][0] if texts else sys.maxsize
    by_picture = bool(match.frames) and match.ranks.get("picture", sys.maxsize) < first_text_rank
    span, text = match.texts[texts[0][1]] if texts else (match.segment, "")
    peak = 0.0
    if by_picture:
        span = picture_span(match.frames, match.segment, background=background)
        peak = max(similarity for _, similarity in match.frames) - background
    elif span.duration_seconds < MIN_TEXT_SECONDS:
        span = match.segment
    best = _frame_within(match, span)
    score, ranks = match.score, dict(match.ranks)
    return Draft(match.video_id, match.segment_index, span, best, score, ranks, text, peak, relevance=match.relevance)


def _frame_within(match: SegmentMatch, span: TimeSpan) -> float:
    """Time of the best frame inside a span; where none was sampled there, the middle of the span."""
    shown = [(max(time, match.segment.start_seconds), value) for time, value in match.frames]
    inside = [(time, value) for time, value in shown if span.start_seconds <= time < span.stop_seconds]
    if inside:
        return max(inside, key=lambda frame: (frame[1], -frame[0]))[0]
    if span.start_seconds <= match.segment_frame_seconds < span.stop_seconds:
        return match.segment_frame_seconds
    return (span.start_seconds + span.stop_seconds) / 2


def _overlap(one: TimeSpan, other: TimeSpan) -> bool:
    """The same as `intersection_seconds(...) > 0`, fast enough for the innermost loop."""
    start = one.start_seconds if one.start_seconds > other.start_seconds else other.start_seconds
    return start < one.stop_seconds and start < other.stop_seconds


def _continues(one: Draft, other: Draft) -> bool:
    """Whether two picture matches touch and match about equally well."""
    if one.peak <= 0 or other.peak <= 0:
        return False
    low, high = sorted((one.peak, other.peak))
    if low < MERGE_LEVEL * high:
        return False
    gaps = (one.span.start_seconds - other.span.stop_seconds, other.span.start_seconds - one.span.stop_seconds)
    return any(abs(gap) < TOUCH_SECONDS for gap in gaps)


def _absorb(better: Draft, other: Draft, *, widen: bool = False) -> Draft:
    """The better moment with the ranks of the other one, and with its time where `widen` is set."""
    ranks = dict(other.ranks)
    for signal, rank in better.ranks.items():
        ranks[signal] = min(rank, ranks.get(signal, rank))
    span = better.span
    if widen:
        start = min(span.start_seconds, other.span.start_seconds)
        span = TimeSpan(start, max(span.stop_seconds, other.span.stop_seconds))
    return replace(
        better,
        span=span,
        ranks={name: ranks[name] for name in sorted(ranks)},
        text=better.text or other.text,
        relevance=max(better.relevance, other.relevance),
    )
