"""Prompt for a question: clips with their times, quoted text, and the question. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from indexer.models.frame_pairs import frames_on_lines
from indexer.models.vision_language import Frames, Part, Prompt, user_prompt
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
    runs: tuple[Frames, ...]
    """Frame pairs, or the whole clip as one run."""
    text: str = ""
    """What is written or said in the clip, where the question needs it."""
    caption: str = ""
    """Its captions in the library, made from more frames than are shown here."""
    zero_seconds: float = 0.0
    """The time of the video that the model is told as 0."""

    @property
    def told_span(self) -> TimeSpan:
        """The span in the times that the model is told."""
        start, stop = self.span.start_seconds, self.span.stop_seconds
        return TimeSpan(max(0.0, start - self.zero_seconds), max(0.0, stop - self.zero_seconds))


def ask_prompt(question: str, clips: Sequence[ShownClip]) -> Prompt:
    """Clips are numbered from 1; text out of a video is quoted as data."""
    parts: list[Part] = []
    for number, clip in enumerate(clips, 1):
        span = clip.told_span
        parts.append(f"Clip {number}, {span.start_seconds:.1f}s to {span.stop_seconds:.1f}s:\n")
        parts += frames_on_lines(_earlier(run, clip.zero_seconds) for run in clip.runs)
        if clip.caption:
            parts.append(f"Caption of clip {number}: <<<{quote_for_prompt(clip.caption)}>>>\n")
        if clip.text:
            parts.append(f"Text of clip {number}, quoted: <<<{quote_for_prompt(clip.text)}>>>\n")
    parts.append(f"Question: {quote_for_prompt(question)}\n{ASK_INSTRUCTION}")
    return user_prompt(*parts)


def _earlier(run: Frames, seconds: float) -> Frames:
    return replace(run, times=tuple(max(0.0, time - seconds) for time in run.times)) if seconds else run
