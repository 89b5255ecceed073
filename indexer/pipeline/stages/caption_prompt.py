"""The prompt for a segment's caption. Pure."""

from collections.abc import Iterable

from indexer.models.vision_language import Part, Prompt, ShownFrames

CAPTION_INSTRUCTION = (
    "Describe this clip in one factual sentence: what is seen, its colours, what it does, and what is behind it."
)
MAX_CAPTION_PAIRS = 4
"""Frame pairs of one segment, spread evenly."""
PAIR_SECONDS = 0.5
"""Between the two frames of a pair: 2 frames a second, the rate that Qwen2-VL was trained at."""
MAX_CAPTION_TOKENS = 64


def caption_prompt(pairs: Iterable[tuple[float, ShownFrames]]) -> Prompt:
    """Frame pairs with their presentation times in seconds, and what is asked."""
    return (*timed_frames(pairs), CAPTION_INSTRUCTION)


def timed_frames(pairs: Iterable[tuple[float, ShownFrames]]) -> list[Part]:
    """Each pair with its true time before it: Qwen2-VL has no absolute time of its own."""
    parts: list[Part] = []
    for seconds, frames in pairs:
        parts += [f"{seconds:.1f}s ", frames, "\n"]
    return parts
