"""Cues -> passages: the pieces of one sentence that were shown one after another, put together again.

Pure. Half a sentence embeds badly: its meaning is in the other half. Times stay exact, from the first cue's start to
the last one's stop.
"""

import re
from collections.abc import Sequence

from indexer.records import TimedText, TimeSpan

LONGEST_PASSAGE_CHARACTERS = 200
"""About 40 word pieces: two sentences, so that a vector still stands for one thought."""
LONGEST_PASSAGE_SECONDS = 15.0
"""Half of the longest segment, so that a hit points to a moment."""
MOST_GAP_SECONDS = 1.0
"""A speaker who is silent for longer has finished."""
MOST_OVERLAP_SECONDS = 0.3
MOST_OVERLAP_SHARE = 0.25
"""Captions that share the screen for longer, or for more of the shorter one, are two voices, or a sign and a voice."""

_ENDS = re.compile(r"(?<![.…])[.!?。！？؟।][\"'”’»)\]]*$|[)\]♪♫]$")
"""A finished sentence, a remark in brackets, a line of a song. Three dots say that it goes on."""
_BEGINS_ANEW = re.compile(r"^(?:[-–—]\s*\w|>>|[(\[♪♫])")
"""Another speaker, a remark, a song."""


def join_passages(cues: Sequence[TimedText]) -> list[TimedText]:
    """Passages in order of their start, each of one or more whole cues with their words in order, on one line.

    A passage of several cues has at most `LONGEST_PASSAGE_CHARACTERS` and lasts at most `LONGEST_PASSAGE_SECONDS`.
    """
    passages: list[TimedText] = []
    for cue in sorted(cues, key=lambda cue: (cue.span.start_seconds, cue.span.stop_seconds)):
        flat = TimedText(cue.span, " ".join(cue.text.split()), cue.language)
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
        -min(MOST_OVERLAP_SECONDS, MOST_OVERLAP_SHARE * shorter) <= gap <= MOST_GAP_SECONDS
        and cue.language == passage.language
        and not _ENDS.search(passage.text)
        and not _BEGINS_ANEW.match(cue.text)
        and len(joined.text) <= LONGEST_PASSAGE_CHARACTERS
        and joined.span.duration_seconds <= LONGEST_PASSAGE_SECONDS
    )


def _joined(passage: TimedText, cue: TimedText) -> TimedText:
    stop = max(passage.span.stop_seconds, cue.span.stop_seconds)
    return TimedText(TimeSpan(passage.span.start_seconds, stop), f"{passage.text} {cue.text}", passage.language)
