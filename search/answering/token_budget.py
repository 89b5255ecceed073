"""Token budget of a prompt: how many clips, frame pairs of a clip and pixels of a pair fit.

Pure but for the model's tokenizer: a prompt is counted with black frames of the same sizes, without running the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indexer.models.frame_pairs import PictureSize, fit_picture_size, frame_times
from indexer.models.vision_language import Frames, VisionLanguageModel
from search.answering.clip_planning import (
    ClipCandidate,
    PlannedClip,
    PlannedPair,
    sample_clip_times,
    with_picture_sizes,
)
from search.answering.prompts import ShownClip, ask_prompt
from search.text.quoting import quote_for_prompt

MOST_PAIRS = 4
"""Of a clip; a longer one gets more."""
SECONDS_A_PAIR = 8.0
"""Beyond `MOST_PAIRS` a clip gets one pair for so many seconds."""
LARGEST_PAIR, SMALLEST_PAIR = 512, 36
"""Tokens of one frame pair, where the model takes any size."""
LONGEST_TEXT = 600
"""Characters of a clip's quoted text, and of its caption."""


@dataclass(frozen=True, slots=True)
class PromptBudget:
    """What one prompt may hold."""

    tokens: int
    """Of the whole prompt."""
    clips: int


def plan_clips(
    question: str, candidates: Sequence[ClipCandidate], model: VisionLanguageModel, budget: PromptBudget
) -> list[PlannedClip]:
    """As many of the first candidates as fit, each with as many and as large frame pairs as then fit.

    Empty when not even one pair of the first candidate fits.
    """
    for count in range(min(budget.clips, len(candidates)), 0, -1):
        if planned := _plan(question, candidates[:count], model, budget.tokens):
            return planned
    return []


def prompt_tokens(question: str, clips: Sequence[PlannedClip], model: VisionLanguageModel) -> int:
    """Tokens of the prompt that shows these clips; exact but for the digits of a time that decoding corrects."""
    each = model.vision.frames_a_step
    return model.count_tokens(ask_prompt(question, [blank_clip(clip, frames_a_step=each) for clip in clips]))


def blank_clip(clip: PlannedClip, *, frames_a_step: int) -> ShownClip:
    """The clip as it will be shown, in black."""
    runs = tuple(
        Frames(_black(pair.size, frames_a_step), tuple(frame_times([pair.start_seconds], frames_a_step=frames_a_step)))
        for pair in clip.pairs
    )
    return ShownClip(clip.candidate.span, runs, clip.candidate.text, clip.candidate.caption)


def text_of_clip(clip: PlannedClip) -> ShownClip:
    """The clip without its pictures."""
    return ShownClip(clip.candidate.span, (), clip.candidate.text, clip.candidate.caption)


def _plan(
    question: str, candidates: Sequence[ClipCandidate], model: VisionLanguageModel, tokens: int
) -> list[PlannedClip] | None:
    def cut(text: str) -> str:
        return quote_for_prompt(text)[:LONGEST_TEXT]

    short = [replace(one, text=cut(one.text), caption=cut(one.caption)) for one in candidates]
    bare = [replace(one, text="", caption="") if one.has_pictures else one for one in short]
    for texts in (short, bare):
        for share in (1.0, 0.75, 0.5, 0.25, 0.0):
            times = [_times_of(one, share, model) for one in texts]
            smallest = [_sized(one, own, SMALLEST_PAIR, model) for one, own in zip(texts, times, strict=True)]
            used = prompt_tokens(question, smallest, model)
            if used <= tokens:
                return _enlarged(question, texts, times, smallest, model, tokens, used)
    return None


def _enlarged(
    question: str,
    candidates: Sequence[ClipCandidate],
    times: Sequence[Sequence[tuple[float, float]]],
    smallest: list[PlannedClip],
    model: VisionLanguageModel,
    tokens: int,
    used: int,
) -> list[PlannedClip]:
    """The same times with pictures as large as fit."""
    pairs = sum(len(own) for own in times)
    if model.vision.only is not None or not pairs:
        return smallest
    each = min(LARGEST_PAIR, SMALLEST_PAIR + (tokens - used) // pairs)
    while each > SMALLEST_PAIR:
        clips = [_sized(one, own, each, model) for one, own in zip(candidates, times, strict=True)]
        if prompt_tokens(question, clips, model) <= tokens:
            return clips
        each = int(each * 0.9)
    return smallest


def _times_of(candidate: ClipCandidate, share: float, model: VisionLanguageModel) -> list[tuple[float, float]]:
    """The times of the pairs of a clip, as `sample_clip_times`; none of sound alone."""
    if not candidate.has_pictures:
        return []
    return sample_clip_times(candidate.span, candidate.curve, _pairs_of(candidate, share, model))


def _pairs_of(candidate: ClipCandidate, share: float, model: VisionLanguageModel) -> int:
    if candidate.caption and model.vision.captioned_pairs is not None:
        return model.vision.captioned_pairs
    whole = max(MOST_PAIRS, round(candidate.span.duration_seconds / SECONDS_A_PAIR))
    return max(1, round(share * whole))


def _sized(
    candidate: ClipCandidate, times: Sequence[tuple[float, float]], tokens: int, model: VisionLanguageModel
) -> PlannedClip:
    """Pairs of so many tokens on average: a quarter of them twice as large, the others two thirds."""

    def size(wanted: float) -> PictureSize:
        return fit_picture_size(candidate.width, candidate.height, model.vision, most_tokens=max(1, int(wanted)))

    pairs: tuple[PlannedPair, ...] = with_picture_sizes(times, large=size(2 * tokens), small=size(tokens * 2 / 3))
    return PlannedClip(candidate, pairs)


@lru_cache(maxsize=256)
def _black(size: PictureSize, frames: int) -> NDArray[np.uint8]:
    return np.zeros((frames, size.height, size.width, 3), np.uint8)
