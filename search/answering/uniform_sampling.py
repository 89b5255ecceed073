"""Uniform sampling: frames spread evenly over a whole video or library, for questions without retrieval."""

from collections.abc import Sequence

from indexer.errors import QueryError
from indexer.models.frame_pairs import fit_picture_size
from indexer.models.vision_language import VisionLanguageModel
from indexer.records import TimeSpan, Video
from indexer.store.library import Library
from search.answering.clip_planning import ClipCandidate, PlannedClip, PlannedPair
from search.answering.token_budget import SMALLEST_PAIR, prompt_tokens


def uniform_candidates(library: Library, video: Video | None) -> list[ClipCandidate]:
    """Every video, or the named one alone, as one candidate each; those without pictures are left out.

    Raises:
        QueryError: the named one has no pictures.
    """
    if video is not None and video.kind == "sound":
        raise QueryError(f"{video.path} has no pictures to spread; leave retrieval on, which finds what is said in it")
    every = [one for one in library.videos() if "picture" in one.stages and one.kind == "video"]
    videos = every if video is None else [video]
    return [ClipCandidate.of(one, TimeSpan(0.0, one.duration_seconds)) for one in videos if one.duration_seconds > 0]


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
            start = min((place + 0.5) * total / count - passed, max(0.0, one.span.stop_seconds - 0.5))
            pairs.append(PlannedPair(start, 1.0, size))
            place += 1
        passed += one.span.duration_seconds
        if pairs:
            planned.append(PlannedClip(one, tuple(pairs)))
    return planned
