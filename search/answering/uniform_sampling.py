"""Uniform sampling: frames spread evenly over a whole video or library, for questions without retrieval."""

from collections.abc import Sequence

from indexer.errors import QueryError
from indexer.models.frame_pairs import PAIR_SECONDS, fit_picture_size
from indexer.models.vision_language import VisionLanguageModel
from indexer.records import TimeSpan
from indexer.store.library import Library
from search.answering.asked_part import AskedPart
from search.answering.clip_planning import ClipCandidate, PlannedClip, PlannedPair
from search.answering.token_budget import SMALLEST_PAIR, prompt_tokens


def uniform_candidates(library: Library, asked: AskedPart) -> list[ClipCandidate]:
    """What is asked of each video as one candidate; videos without pictures are left out.

    Raises:
        QueryError: the named one has no pictures, or the scope names a speaker, who is found by retrieval alone.
    """
    if asked.video is not None and asked.video.kind == "sound":
        path = asked.video.path
        raise QueryError(f"{path} has no pictures to sample; leave retrieval on to find what is said in it")
    if asked.scope is not None and asked.scope.speakers:
        raise QueryError("finding what a speaker says needs retrieval; leave it on, or remove speaker: from the scope")
    videos = [one for one in asked.videos if one is asked.video or ("picture" in one.stages and one.kind == "video")]
    spans = asked.inside(library, [(one.video_id, TimeSpan(0.0, one.duration_seconds)) for one in videos])
    return [
        ClipCandidate.of(one, span)
        for one, span in zip(videos, spans, strict=True)
        if span is not None and span.duration_seconds > 0
    ]


def plan_uniform_sampling(
    question: str, candidates: Sequence[ClipCandidate], model: VisionLanguageModel, tokens: int
) -> list[PlannedClip]:
    """As many frame pairs as fit one prompt, spread evenly; candidates that get none are left out."""
    total = sum(one.span.duration_seconds for one in candidates)
    most = max(1, int(total))  # a pair a second at most
    low, high, best = 1, min(most, tokens), list[PlannedClip]()
    while low <= high:
        count = (low + high) // 2
        planned = _spread(candidates, count, total, model)
        if prompt_tokens(question, planned, model) <= tokens:
            best, low = planned, count + 1
        else:
            high = count - 1
    return best


def _spread(
    candidates: Sequence[ClipCandidate], count: int, total: float, model: VisionLanguageModel
) -> list[PlannedClip]:
    planned: list[PlannedClip] = []
    passed, place = 0.0, 0
    for one in candidates:
        size = fit_picture_size(one.width, one.height, model.vision, most_tokens=SMALLEST_PAIR)
        pairs: list[PlannedPair] = []
        while place < count and (place + 0.5) * total / count < passed + one.span.duration_seconds:
            start = one.span.start_seconds + (place + 0.5) * total / count - passed
            pairs.append(PlannedPair(min(start, max(0.0, one.span.stop_seconds - PAIR_SECONDS)), 1.0, size))
            place += 1
        passed += one.span.duration_seconds
        if pairs:
            planned.append(PlannedClip(one, tuple(pairs)))
    return planned
