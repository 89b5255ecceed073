"""The prompt for a segment's caption. Pure."""

from collections.abc import Iterable

from indexer.models.frame_pairs import frames_on_lines
from indexer.models.vision_language import Frames, Prompt, user_prompt

CAPTION_INSTRUCTION = (
    "Describe this clip in one factual sentence: what is seen, its colours, what it does, and what is behind it."
)
MAX_CAPTION_PAIRS = 4
"""Frame pairs of one segment, spread evenly over it."""
MAX_CAPTION_TOKENS = 64
PAIR_TOKENS = 128
"""Of one frame pair: enough to recognise what is seen, few enough to describe ten segments a second on a GPU."""
PROMPT_VERSION = (
    f"{CAPTION_INSTRUCTION} {MAX_CAPTION_PAIRS} jittered pairs of {PAIR_TOKENS}, {MAX_CAPTION_TOKENS} tokens"
)
"""Part of the stage's fingerprint; changes whenever the same model may describe the same segment differently."""


def caption_prompt(pairs: Iterable[Frames]) -> Prompt:
    """The frame pairs, then the instruction."""
    return user_prompt(*frames_on_lines(pairs), CAPTION_INSTRUCTION)
