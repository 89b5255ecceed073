"""The prompt for a segment's caption. Pure."""

from collections.abc import Iterable

from indexer.models.frame_pairs import timed_frames
from indexer.models.vision_language import Prompt, ShownFrames

CAPTION_INSTRUCTION = (
    "Describe this clip in one factual sentence: what is seen, its colours, what it does, and what is behind it."
)
MAX_CAPTION_PAIRS = 4
"""Frame pairs of one segment, spread evenly."""
MAX_CAPTION_TOKENS = 64
PAIR_TOKENS = 128
"""Of one frame pair: enough to tell what is seen, few enough to describe ten segments a second on a GPU."""
PROMPT_VERSION = (
    f"{CAPTION_INSTRUCTION} {MAX_CAPTION_PAIRS} jittered pairs of {PAIR_TOKENS}, {MAX_CAPTION_TOKENS} tokens"
)
"""Changes whenever the same segment may get another caption from the same model."""


def caption_prompt(pairs: Iterable[tuple[float, ShownFrames]]) -> Prompt:
    """Frame pairs with their presentation times in seconds, and what is asked."""
    return (*timed_frames(pairs), CAPTION_INSTRUCTION)
