"""A moment's bounds, refined: the model sees two frames a second around both ends and says when it begins and stops."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indexer.models.frame_pairs import PAIR_SECONDS, fit_picture_size
from indexer.models.vision_language import IsCancelled
from indexer.records import TimeSpan, Video
from search.answering.callbacks import Listening
from search.answering.clip_planning import Candidate, PlannedClip, PlannedPair
from search.answering.effort import EFFORTS, reply_tokens
from search.answering.multi_pass import Looked, Passes
from search.answering.question_analysis import retrieval_query
from search.answering.token_budget import SMALLEST_PAIR, prompt_tokens
from search.query.validation import check_query

if TYPE_CHECKING:
    from search.answering.asker import Asker

AROUND_SECONDS = 4.0
"""Looked at before and after each end."""
STEP_SECONDS = 2 * PAIR_SECONDS
"""From pair to pair: two frames a second, without a gap."""
SIZES = (4 * SMALLEST_PAIR, 2 * SMALLEST_PAIR, SMALLEST_PAIR)


@dataclass(frozen=True, slots=True)
class Pinpointed:
    """A moment before and after."""

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
    asker: "Asker", query: str, *, video: str, span: TimeSpan, is_cancelled: IsCancelled | None = None
) -> Pinpointed:
    """Refines the bounds of a moment of one video.

    Raises:
        QueryError: the query is empty, overlong, or not text.
        NotInLibraryError: no video, or several, go by that name.
        PromptTooLongError: the query leaves no room for pictures.
        ModelError, VideoError, GenerationCancelledError.
    """
    started = time.perf_counter()
    text = retrieval_query(check_query(query))
    found = asker.engine.library.find_video(video)
    given = TimeSpan(max(0.0, span.start_seconds), min(span.stop_seconds, found.duration_seconds))
    whole = _around(given.start_seconds, given.stop_seconds, found)
    question = f"When can one see {text}?"
    looks: list[Looked] = []

    def look(part: TimeSpan) -> TimeSpan | None:
        clip = planned_clip(question, asker, found, part)
        if clip is None:
            return None
        one = EFFORTS["high"]
        looked = Passes(
            question, asker.model, asker.settings, effort=one, listening=Listening(is_cancelled=is_cancelled)
        ).look_at([clip])
        looks.append(looked)
        spans = [citation.span for citation in looked.reply.citations if looked.reply.found]
        return max(spans, key=lambda cited: (cited.intersection_seconds(given), -cited.start_seconds), default=None)

    refined = given
    if planned_clip(question, asker, found, whole) is not None:
        seen = look(whole)
        refined = seen if seen is not None and seen.intersection_seconds(given) > 0 else given
    else:
        first = look(_around(given.start_seconds, given.start_seconds, found))
        last = look(_around(given.stop_seconds, given.stop_seconds, found))
        start = first.start_seconds if first else given.start_seconds
        stop = last.stop_seconds if last else given.stop_seconds
        refined = TimeSpan(start, stop) if start < stop else given
    return Pinpointed(
        found.path,
        found.video_id,
        text,
        given,
        refined,
        any(one.reply.found for one in looks),
        max((one.tokens for one in looks), default=0),
        sum(one.passes for one in looks),
        time.perf_counter() - started,
    )


def planned_clip(question: str, asker: "Asker", video: Video, span: TimeSpan) -> PlannedClip | None:
    """Two frames a second over a span, as large as fit; None where even the smallest do not."""
    width, height = (video.probe.width, video.probe.height) if video.probe else (16, 9)
    model, count = asker.model, max(1, int(span.duration_seconds / STEP_SECONDS))
    limit = model.context_limit - reply_tokens(model)
    for tokens in SIZES:
        size = fit_picture_size(
            width, height, grid_pixels=model.grid_pixels, most_tokens=tokens, only=model.picture_size
        )
        starts = (span.start_seconds + place * STEP_SECONDS for place in range(count))
        pairs = tuple(PlannedPair(start, 1.0, size) for start in starts)
        clip = PlannedClip(Candidate(video.path, video.video_id, span, (), width, height), pairs)
        if prompt_tokens(question, [clip], model) <= limit:
            return clip
    return None


def _around(start: float, stop: float, video: Video) -> TimeSpan:
    return TimeSpan(max(0.0, start - AROUND_SECONDS), min(video.duration_seconds, stop + AROUND_SECONDS))
