"""Refinement of a moment's bounds: a model sees two frames a second and says when it begins and stops."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from indexer.errors import QueryError
from indexer.models.frame_pairs import PAIR_SECONDS, fit_picture_size
from indexer.models.vision_language import IsCancelled
from indexer.records import TimeSpan, Video
from search.answering.callbacks import AnswerCallbacks
from search.answering.clip_planning import ClipCandidate, PlannedClip, PlannedPair
from search.answering.clip_reader import clip_from_zero, show_pairs
from search.answering.context import AskContext
from search.answering.effort import EFFORTS, reply_tokens
from search.answering.multi_pass import MultiPass, PassOutcome
from search.answering.question_analysis import retrieval_query_of_question
from search.answering.token_budget import SMALLEST_PAIR, prompt_tokens

AROUND_SECONDS = 4.0
"""Shown before and after each end."""
STEP_SECONDS = 2 * PAIR_SECONDS
"""Between the starts of two pairs: two frames a second, without a gap."""
SIZES = (4 * SMALLEST_PAIR, 2 * SMALLEST_PAIR, SMALLEST_PAIR)


@dataclass(frozen=True, slots=True)
class Pinpointed:
    """A moment's bounds before and after."""

    video: str
    video_id: str
    query: str
    given: TimeSpan
    span: TimeSpan
    """Refined; as given where the model does not see it."""
    seen: bool
    """The model saw it around at least one end."""
    tokens: int
    """Of the largest prompt."""
    passes: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The documented JSON object."""
        return {
            "query": self.query,
            "video": self.video,
            "video_id": self.video_id,
            "given": {"start_seconds": self.given.start_seconds, "stop_seconds": self.given.stop_seconds},
            "start_seconds": round(self.span.start_seconds, 3),
            "stop_seconds": round(self.span.stop_seconds, 3),
            "seen": self.seen,
            "tokens": self.tokens,
            "passes": self.passes,
            "seconds": round(self.seconds, 3),
        }


def pinpoint(
    context: AskContext, query: str, video: Video, span: TimeSpan, *, is_cancelled: IsCancelled | None = None
) -> Pinpointed:
    """Refines the bounds of a moment of one video.

    Args:
        query: checked; what is to be seen in the moment.
        span: the bounds as they are known.

    Raises:
        QueryError: the span begins after the end of the video.
        PromptTooLongError: the query leaves no room for pictures.
        ModelError, VideoError, GenerationCancelledError.
    """
    started = time.perf_counter()
    if not max(0.0, span.start_seconds) < min(span.stop_seconds, video.duration_seconds):
        raise QueryError(
            f"{video.path} lasts {video.duration_seconds:.1f} s, so there is nothing from {span.start_seconds:g} to"
            f" {span.stop_seconds:g} s; give a span within it"
        )
    text = retrieval_query_of_question(query)
    given = TimeSpan(max(0.0, span.start_seconds), min(span.stop_seconds, video.duration_seconds))
    question = f"When can one see {text}?"
    callbacks = AnswerCallbacks(is_cancelled=is_cancelled)
    outcomes: list[PassOutcome] = []

    def locate(part: TimeSpan) -> TimeSpan | None:
        """Where in a part of the video the model sees it; the citation that shares most with the given span."""
        clip = plan_pinpoint_clip(question, context, video, part)
        if clip is None:
            return None
        effort = EFFORTS["high"]
        multi_pass = MultiPass(
            question,
            context.model,
            context.settings,
            effort=effort,
            show=clip_from_zero if context.model.vision.runs_begin_at_zero else show_pairs,
            callbacks=callbacks,
        )
        outcome = multi_pass.run_once([clip])
        outcomes.append(outcome)
        spans = [citation.span for citation in outcome.reply.citations if outcome.reply.found]
        return max(spans, key=lambda cited: (cited.intersection_seconds(given), -cited.start_seconds), default=None)

    refined = _refined(given, video, locate, is_one_prompt=lambda part: _fits(question, context, video, part))
    return Pinpointed(
        video.path,
        video.video_id,
        text,
        given,
        refined,
        any(one.reply.found for one in outcomes),
        max((one.tokens for one in outcomes), default=0),
        sum(one.passes for one in outcomes),
        time.perf_counter() - started,
    )


def _refined(
    given: TimeSpan,
    video: Video,
    locate: Callable[[TimeSpan], TimeSpan | None],
    *,
    is_one_prompt: Callable[[TimeSpan], bool],
) -> TimeSpan:
    """The bounds by one prompt of the whole moment where that fits, otherwise by one prompt for each end."""
    whole = _around(given.start_seconds, given.stop_seconds, video)
    if is_one_prompt(whole):
        seen = locate(whole)
        return seen if seen is not None and seen.intersection_seconds(given) > 0 else given
    first = locate(_around(given.start_seconds, given.start_seconds, video))
    last = locate(_around(given.stop_seconds, given.stop_seconds, video))
    start = first.start_seconds if first else given.start_seconds
    stop = last.stop_seconds if last else given.stop_seconds
    return TimeSpan(start, stop) if start < stop else given


def _fits(question: str, context: AskContext, video: Video, span: TimeSpan) -> bool:
    return plan_pinpoint_clip(question, context, video, span) is not None


def plan_pinpoint_clip(question: str, context: AskContext, video: Video, span: TimeSpan) -> PlannedClip | None:
    """Two frames a second over a span, as large as fit; None where even the smallest do not."""
    width, height = (video.probe.width, video.probe.height) if video.probe else (16, 9)
    model, count = context.model, max(1, int(span.duration_seconds / STEP_SECONDS))
    limit = model.context_limit - reply_tokens(model)
    for tokens in SIZES:
        size = fit_picture_size(width, height, model.vision, most_tokens=tokens)
        starts = (span.start_seconds + place * STEP_SECONDS for place in range(count))
        pairs = tuple(PlannedPair(start, 1.0, size) for start in starts)
        clip = PlannedClip(ClipCandidate(video.path, video.video_id, span, (), width, height), pairs)
        if prompt_tokens(question, [clip], model) <= limit:
            return clip
    return None


def _around(start: float, stop: float, video: Video) -> TimeSpan:
    return TimeSpan(max(0.0, start - AROUND_SECONDS), min(video.duration_seconds, stop + AROUND_SECONDS))
