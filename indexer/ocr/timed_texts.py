"""Timed texts of a screen: lines read from frames in, texts with their spans and boxes out. Pure.

Lines that appear and disappear together are one text. Where some words of a line appear later than others, as in typed
and moving lines, each lasting state of the line is a text: the words that are visible then, until the first of them
disappears.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from itertools import takewhile

from indexer.ocr.line_tracking import FrameLines, LineTrack, boxes_over_time, track_lines
from indexer.ocr.lines import is_similar_line, line_letters_key
from indexer.records import TextBox, TimedText, TimeSpan

MAX_TEXT_CHARACTERS = 400
"""A screen with more text becomes several texts, because one vector of a whole page represents none of its parts well.

Measured with all-MiniLM-L6-v2 on the real queries of tests/, retrieved by meaning: of 11 paraphrases 8 were found,
against 7 for whole screens; of 24 literal queries 24, against 22. Limits from 120 to 400 characters did equally well;
400 makes the fewest rows.
"""
TOGETHER_SECONDS = 0.55
"""Lines whose times differ by no more appear and disappear together: less than the step at 1 frame a second."""
STATE_SECONDS = 0.9
"""States of a growing line that follow each other faster count as one."""
REMAINING_SECONDS = 1.5
"""Words that stay only so much longer than the rest of their line belong to a line that scrolls out of the picture."""
UNRELIABLE_SECONDS = 3.0
"""A line never read reliably is accepted if it was read twice or stayed for so long; noise does neither."""
MOVED = 0.01
"""Share of the picture by which a box must move to be recorded again."""
WORD_RATIO = 0.75
"""Least share of letters in common of two readings of one word."""


@dataclass(frozen=True, slots=True)
class _LineText:
    """A line, or a state of one, with the span in which it can be read."""

    text: str
    start_seconds: float
    stop_seconds: float
    order: tuple[int, int]
    """Number of the frame, and place in its reading order."""
    boxes: tuple[TextBox, ...]


def collect_screen_texts(frames: Iterable[FrameLines], stop_seconds: float) -> list[TimedText]:
    """Texts in order of time, each with its boxes; long ones are split.

    A text starts at the time of the first frame that shows it, and stops at that of the first frame that does not.
    Texts of the last frame stop at `stop_seconds`. Frames that were not read show what the frame before them shows.

    Args:
        frames: every frame that was read, in order of time.
        stop_seconds: end of the video.
    """
    frames = list(frames)
    times = [time_seconds for time_seconds, _ in frames]
    times.append(max(stop_seconds, times[-1]) if times else stop_seconds)
    tracks = [track for track in track_lines(frames) if _is_credible(track, times)]
    items = [item for track in tracks for item in _line_texts(track, times)]
    items.sort(key=lambda item: (item.start_seconds, item.stop_seconds, item.order))
    texts = [text for block in _group_together(items) for text in _texts(block)]
    return sorted(texts, key=lambda text: text.span)


def _is_credible(track: LineTrack, times: Sequence[float]) -> bool:
    if any(observation.line.is_reliable for observation in track.observations) or len(track.observations) > 1:
        return True
    return times[track.last.frame + 1] - times[track.last.frame] >= UNRELIABLE_SECONDS


def _line_texts(track: LineTrack, times: Sequence[float]) -> list[_LineText]:
    words = track.best.text.split()
    first, last = _word_frames(track, words)
    items: list[_LineText] = []
    for frame in _growth_steps(first, times):
        there = [n for n, own in enumerate(first) if own <= frame]
        stop = min(last[n] for n in there) + 1
        if items and items[-1].text == " ".join(words[n] for n in there):
            continue
        observations = [observation for observation in track.observations if frame <= observation.frame < stop]
        if not observations:  # words that disappear before others appear
            continue
        boxes = tuple(TextBox(0, times[at], *box) for at, box in boxes_over_time(observations, moved=MOVED))
        text = " ".join(words[n] for n in there)
        items.append(_LineText(text, times[frame], times[stop], (observations[0].frame, observations[0].order), boxes))
    return [*items, *_remaining_words(track, words, first, last, times)]


def _remaining_words(
    track: LineTrack, words: Sequence[str], first: Sequence[int], last: Sequence[int], times: Sequence[float]
) -> list[_LineText]:
    """The words of a line that stay long after its other words are gone, with their whole span."""
    whole = min(last) + 1
    there = [n for n, own in enumerate(last) if own >= whole]
    since = max((first[n] for n in there), default=0)
    observations = [observation for observation in track.observations if observation.frame >= since]
    if not there or times[track.last.frame + 1] - times[whole] < REMAINING_SECONDS:
        return []
    stop = min(last[n] for n in there) + 1
    boxes = tuple(TextBox(0, times[at], *box) for at, box in boxes_over_time(observations, moved=MOVED) if at < stop)
    order = (observations[0].frame, observations[0].order)
    return [_LineText(" ".join(words[n] for n in there), times[observations[0].frame], times[stop], order, boxes)]


def _word_frames(track: LineTrack, words: Sequence[str]) -> tuple[list[int], list[int]]:
    """For each word of the best reading, the numbers of the first and last frame in which it was read."""
    frames = [observation.frame for observation in track.observations]
    if track.is_counter:
        return [frames[0]] * len(words), [frames[-1]] * len(words)
    keys = [line_letters_key(word) for word in words]
    first, last = [frames[-1]] * len(words), [frames[0]] * len(words)
    for observation in track.observations:
        read = observation.line.key
        own = [line_letters_key(word) for word in observation.line.text.split()]
        is_whole = (
            len(own) == len(keys) and len(read) + 1 >= len(track.best.key) and is_similar_line(read, track.best.key)
        )
        for n, key in enumerate(keys):
            if is_whole or not key or key in own or key in read or _any_similar(key, own):
                first[n], last[n] = min(first[n], observation.frame), max(last[n], observation.frame)
    return first, last


def _any_similar(key: str, others: Sequence[str]) -> bool:
    return len(key) > 2 and any(
        abs(len(key) - len(other)) <= len(key) // 4 + 1
        and SequenceMatcher(None, key, other, autojunk=False).ratio() >= WORD_RATIO
        for other in others
    )


def _growth_steps(first: Sequence[int], times: Sequence[float]) -> list[int]:
    """Numbers of the frames at which a line had grown, the last one among them, at least `STATE_SECONDS` apart."""
    steps: list[int] = []
    for frame in sorted(set(first), reverse=True):
        if not steps or times[steps[-1]] - times[frame] >= STATE_SECONDS:
            steps.append(frame)
    return steps[::-1]


def _group_together(items: Sequence[_LineText]) -> list[list[_LineText]]:
    """Groups of lines that appear and disappear together, in reading order; `items` are in order of their start."""
    blocks: list[list[_LineText]] = []
    for item in items:
        near = takewhile(partial(_starts_together, item), reversed(blocks))
        fit = next((block for block in near if _stops_together(item, block)), None)
        if fit is None:
            blocks.append([item])
        else:
            fit.append(item)
    return [sorted(block, key=lambda item: item.order) for block in blocks]


def _starts_together(item: _LineText, block: Sequence[_LineText]) -> bool:
    return item.start_seconds - block[0].start_seconds <= TOGETHER_SECONDS


def _stops_together(item: _LineText, block: Sequence[_LineText]) -> bool:
    return abs(item.stop_seconds - block[0].stop_seconds) <= TOGETHER_SECONDS


def _texts(block: Sequence[_LineText]) -> list[TimedText]:
    """Joins lines to texts of at most `MAX_TEXT_CHARACTERS`, unless a single line is longer."""
    start, stop = min(item.start_seconds for item in block), max(item.stop_seconds for item in block)
    parts: list[list[_LineText]] = []
    for item in block:
        if parts and sum(len(other.text) + 1 for other in parts[-1]) + len(item.text) <= MAX_TEXT_CHARACTERS:
            parts[-1].append(item)
        else:
            parts.append([item])
    return [
        TimedText(
            TimeSpan(start, stop),
            "\n".join(item.text for item in part),
            boxes=tuple(replace(box, line=n) for n, item in enumerate(part) for box in item.boxes),
        )
        for part in parts
    ]


MIN_SCENES = 4
"""In a video with fewer scenes, a title that stays cannot be distinguished from scenery."""
SCENERY_SHARE = 0.8
"""Text that is visible in this share of a video's scenes, and of its time, is scenery."""


def mark_scenery_texts(texts: Sequence[TimedText], scenes: Sequence[TimeSpan]) -> list[TimedText]:
    """The texts, with those marked as scenery that stand in nearly every scene.

    Args:
        scenes: spans between scene cuts, in order; a still picture is one scene, however long.
    """
    if len(scenes) < MIN_SCENES:
        return list(texts)
    spans: dict[str, list[TimeSpan]] = {}
    for text in texts:
        spans.setdefault(line_letters_key(text.text), []).append(text.span)
    total = sum(scene.duration_seconds for scene in scenes)
    scenery = {key for key, own in spans.items() if _is_everywhere(own, scenes, total)}
    return [replace(text, is_scenery=line_letters_key(text.text) in scenery) for text in texts]


def _is_everywhere(spans: Sequence[TimeSpan], scenes: Sequence[TimeSpan], total_seconds: float) -> bool:
    if sum(span.duration_seconds for span in spans) < SCENERY_SHARE * total_seconds:
        return False
    shared = [sum(span.intersection_seconds(scene) for span in spans) for scene in scenes]
    met = sum(seconds >= scene.duration_seconds / 2 for seconds, scene in zip(shared, scenes, strict=True))
    return met >= SCENERY_SHARE * len(scenes)
