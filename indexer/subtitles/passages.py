"""Passages: the cues over which one sentence is spread, joined again. Pure.

Half a sentence embeds badly, because its meaning is in the other half. Spans stay exact: from the start of the first
cue to the stop of the last.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from indexer.records import TimedText, TimeSpan

MAX_PASSAGE_CHARACTERS = 200
"""About 40 tokens: two sentences, so that one vector still represents one thought."""
MAX_PASSAGE_SECONDS = 15.0
"""Half of the longest segment, so that a hit points to a moment."""
MAX_GAP_SECONDS = 1.0
"""After a longer silence the sentence is over."""
MAX_OVERLAP_SECONDS = 0.3
MAX_OVERLAP_SHARE = 0.25
"""Cues that overlap for longer, or by more of the shorter one, are two speakers, or a sign and a speaker."""

_SENTENCE_END = re.compile(r"(?<![.…])[.!?。！？؟।][\"'”’»)\]]*$|[)\]♪♫]$")
"""The end of a sentence, of a description in brackets, or of a line of a song. An ellipsis continues the sentence."""
_NEW_START = re.compile(r"^(?:[-–—]\s*\w|>>|[(\[♪♫])")
"""Another speaker, a description in brackets, a song."""


def join_passages(cues: Sequence[TimedText]) -> list[TimedText]:
    """Passages in order of their start, each of one or more whole cues with their words in order, on one line.

    A passage of several cues has at most `MAX_PASSAGE_CHARACTERS` and lasts at most `MAX_PASSAGE_SECONDS`.
    """
    passages: list[TimedText] = []
    for cue in sorted(cues, key=lambda cue: (cue.span.start_seconds, cue.span.stop_seconds)):
        flat = replace(cue, text=" ".join(cue.text.split()))
        if passages and _continues(passages[-1], flat):
            passages[-1] = _joined(passages[-1], flat)
        elif flat.text:
            passages.append(flat)
    return passages


def _continues(passage: TimedText, cue: TimedText) -> bool:
    gap = cue.span.start_seconds - passage.span.stop_seconds
    shorter = min(passage.span.duration_seconds, cue.span.duration_seconds)
    joined = _joined(passage, cue)
    return (
        -min(MAX_OVERLAP_SECONDS, MAX_OVERLAP_SHARE * shorter) <= gap <= MAX_GAP_SECONDS
        and (cue.language, cue.voice) == (passage.language, passage.voice)
        and not _SENTENCE_END.search(passage.text)
        and not _NEW_START.match(cue.text)
        and len(joined.text) <= MAX_PASSAGE_CHARACTERS
        and joined.span.duration_seconds <= MAX_PASSAGE_SECONDS
    )


def _joined(passage: TimedText, cue: TimedText) -> TimedText:
    stop = max(passage.span.stop_seconds, cue.span.stop_seconds)
    span = TimeSpan(passage.span.start_seconds, stop)
    return replace(passage, span=span, text=f"{passage.text} {cue.text}", words=passage.words + cue.words)
