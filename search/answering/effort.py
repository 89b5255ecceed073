"""Levels of effort for a question: clips in all, clips and tokens of one prompt. Pure."""

from dataclasses import dataclass, replace

from indexer.models.vision_language import VisionLanguageModel
from search.options import EffortName


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a model is shown for one question."""

    clips: int
    """Shown in all."""
    clips_a_pass: int
    tokens: int
    """Of one prompt, where the model's context allows as many."""


EFFORTS: dict[EffortName, Effort] = {
    "low": Effort(clips=3, clips_a_pass=3, tokens=4_096),
    "normal": Effort(clips=6, clips_a_pass=6, tokens=8_192),
    "high": Effort(clips=24, clips_a_pass=6, tokens=16_384),
}
CLIP_CONTEXT = 1024
"""Tokens of context for each clip of a prompt: a model made for a short context sorts few clips well."""
MOST_REPLY_TOKENS = 512
REPLY_SHARE = 8
"""In a short context one in so many tokens is reserved for the reply."""


def fit_answering_effort(effort: Effort, context_limit: int, *, one_thing: bool = False) -> Effort:
    """The effort with as many clips a pass as the context is made for, and as many passes as before.

    Args:
        one_thing: the question asks about one thing that it takes for granted. A model of short context then mixes up
            what several clips show, so it is shown one at a time.
    """
    clips_a_pass = max(1, min(effort.clips_a_pass, context_limit // CLIP_CONTEXT))
    if one_thing and clips_a_pass < effort.clips_a_pass:
        clips_a_pass = 1
    passes = -(-effort.clips // effort.clips_a_pass)
    return replace(effort, clips=passes * clips_a_pass, clips_a_pass=clips_a_pass)


def reply_tokens(model: VisionLanguageModel) -> int:
    """Tokens of the context that are reserved for the reply."""
    return min(MOST_REPLY_TOKENS, model.context_limit // REPLY_SHARE)
