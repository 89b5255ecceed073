"""Which tokens of a reply are copied from which tokens of the prompt: times, a sign's words, a spoken number. Pure.

A tiny model takes long to learn by itself that it must copy, so one attention head is supervised with these.
"""

import json
from bisect import bisect_right
from collections.abc import Sequence

from demo.vlm.clips.clip_sampler import PlannedClip

Span = tuple[int, int]
Copy = tuple[int, int, int]
"""(offset in the reply, offset in the prompt, length), in characters."""


def copied_spans(prompt: str, reply: str, plan: Sequence[PlannedClip]) -> list[Copy]:
    """Finds what a reply copies from the prompt that shows the planned clips."""
    value = json.loads(reply)
    moments = [(one["clip"], f"{one['start']:.1f}", f"{one['stop']:.1f}") for one in value["moments"]]
    copies: list[Copy] = []
    at = 0
    if value["answer"].startswith("From ") and moments:
        for clip, start, stop in moments:
            for time in (start, stop):
                at = reply.index(f" {time}s", at) + 1
                copies.append((at, _time_offset(prompt, plan, clip, time, first=time == start), len(time)))
    elif moments:
        source = _text_offset(prompt, moments[0][0], value["answer"])
        if source is not None:
            copies.append((reply.index(value["answer"]), source, len(value["answer"])))
    at = reply.index('"moments"')
    for clip, start, stop in moments:
        for name, time in (("start", start), ("stop", stop)):
            at = reply.index(f'"{name}": {time}', at) + len(name) + 4
            copies.append((at, _time_offset(prompt, plan, clip, time, first=name == "start"), len(time)))
    return copies


def _header(prompt: str, clip: int) -> int:
    return prompt.index(f"Clip {clip}, ") + len(f"Clip {clip}, ")


def _time_offset(prompt: str, plan: Sequence[PlannedClip], clip: int, time: str, *, first: bool) -> int:
    """Offset of a time: in the clip's first line, or before the pair that shows the change of scene."""
    begin = _header(prompt, clip)
    start, stop = f"{plan[clip - 1].start:.1f}", f"{plan[clip - 1].stop:.1f}"
    if first and time == start:
        return begin
    if not first and time == stop:
        return begin + len(f"{start}s to ")
    return prompt.index(f"\n{time}s ", begin) + 1


def _text_offset(prompt: str, clip: int, words: str) -> int | None:
    """Offset of the answer's words in the clip's quoted text, or in its caption if they occur there once."""
    for line, is_once in ((f"Text of clip {clip}, quoted: <<<", False), (f"Caption of clip {clip}: <<<", True)):
        opening = prompt.find(line)
        if opening < 0:
            continue
        begin = opening + len(line)
        stop = prompt.index(">>>", begin)
        found = prompt.find(words, begin, stop)
        if found >= 0 and not (is_once and prompt.count(words, begin, stop) > 1):
            return found
    return None


def copied_tokens(copies: Sequence[Copy], reply: Sequence[Span], prompt: Sequence[Span]) -> list[tuple[int, int]]:
    """Converts characters to tokens: (token of the reply, token of the prompt).

    Args:
        reply, prompt: [start, stop) characters of each token.
    """
    starts = [start for start, _ in prompt]
    return [
        (token, bisect_right(starts, source + max(start, at) - at) - 1)
        for at, source, size in copies
        for token, (start, stop) in enumerate(reply)
        if start < at + size and stop > at
    ]
