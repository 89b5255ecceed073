"""The prompt for a segment's caption. Pure."""

from collections.abc import Iterable

from indexer.models.frame_pairs import timed_frames
from indexer.models.vision_language import Prompt, ShownFrames

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


def caption_prompt(pairs: Iterable[tuple[float, ShownFrames]]) -> Prompt:
    """The frame pairs with their presentation times in seconds, then the instruction."""
    return (*timed_frames(pairs), CAPTION_INSTRUCTION)
