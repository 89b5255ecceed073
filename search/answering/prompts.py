"""Prompt for a question: clips with their times, quoted text, and the question. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from indexer.models.frame_pairs import timed_frames
from indexer.models.vision_language import Prompt, PromptPart, ShownFrames
from indexer.records import TimeSpan
from search.text.quoting import quote_for_prompt

ASK_INSTRUCTION = (
    'Answer from these clips alone, as JSON: {"answer", "found", "moments": [{"clip", "start", "stop", "why"}]}. '
    "Give start and stop in seconds. If the clips do not show it, found is false and moments is empty."
)


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A clip as the model sees it."""

    span: TimeSpan
    pairs: tuple[tuple[float, ShownFrames], ...]
    """Frame pairs with the presentation time of the first."""
    text: str = ""
    """What is written or said in the clip, where the question needs it."""
    caption: str = ""
    """Its captions in the library, made from more frames than are shown here."""


def ask_prompt(question: str, clips: Sequence[ShownClip]) -> Prompt:
    """Clips are numbered from 1; text out of a video is quoted as data."""
    parts: list[PromptPart] = []
    for number, clip in enumerate(clips, 1):
        parts.append(f"Clip {number}, {clip.span.start_seconds:.1f}s to {clip.span.stop_seconds:.1f}s:\n")
        parts += timed_frames(clip.pairs)
        if clip.caption:
            parts.append(f"Caption of clip {number}: <<<{quote_for_prompt(clip.caption)}>>>\n")
        if clip.text:
            parts.append(f"Text of clip {number}, quoted: <<<{quote_for_prompt(clip.text)}>>>\n")
    parts.append(f"Question: {quote_for_prompt(question)}\n{ASK_INSTRUCTION}")
    return tuple(parts)
