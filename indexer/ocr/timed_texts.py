"""Looks at a screen -> texts with the span in which each can be read, and where it stands. Pure.

Lines that come and go together are one text. A line of which some words come later than others, as typed and moving
ones, is a text for each state that lasted: its words as far as they were there, from then until the first of them is
gone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from itertools import takewhile

from indexer.ocr.line_tracking import Look, Track, boxes_over_time, follow
from indexer.ocr.lines import is_alike, key_of
from indexer.records import TextBox, TimedText, TimeSpan

LONGEST_TEXT_CHARACTERS = 400
"""Longer screens are several texts: a vector of a whole page stands for none of its parts.

Measured with all-MiniLM-L6-v2 on the real queries of tests/: of 11 asked by meaning 8 against 7 for whole screens, of
24 asked by words, but by meaning alone, 24 against 22; 120 to 400 characters did alike, so the fewest rows.
"""
TOGETHER_SECONDS = 0.55
"""Lines whose ends differ by no more come and go together: less than a sample at 1 frame a second."""
STATE_SECONDS = 0.9
"""States of a growing line that follow each other faster are one."""
LEFT_OVER_SECONDS = 1.5
"""Words that outlive the rest of their line by less are those of a line that runs out of the picture."""
UNSURE_SECONDS = 3.0
"""A line that was never surely read counts when it was read twice, or stood for so long: noise does neither."""
MOVED = 0.01
"""Share of the picture by which a box must move to be kept anew."""
WORD_RATIO = 0.75
"""Letters in common of two readings of one word."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A line with the span in which it can be read."""

    text: str
    start_seconds: float
    stop_seconds: float
    order: tuple[int, int]
    """Look and place in it."""
    boxes: tuple[TextBox, ...]


def collect_screen_texts(looks: Iterable[Look], stop_seconds: float) -> list[TimedText]:
    """Texts in order of time, each with its boxes; long ones as several.

    A text starts at the time of the frame that first showed it and stops at that of the first frame that did not; what
    the last frame shows stops at `stop_seconds`. A frame that is not among the looks shows what the one before showed.

    Args:
        looks: time on the player's clock and lines of every frame that was read, in order of time.
        stop_seconds: end of the video.
    """
    seen = list(looks)
    times = [time_seconds for time_seconds, _ in seen]
    times.append(max(stop_seconds, times[-1]) if times else stop_seconds)
    items = [item for track in follow(seen) if _counts(track, times) for item in _items(track, times)]
    items.sort(key=lambda item: (item.start_seconds, item.stop_seconds, item.order))
    texts = [text for block in _blocks(items) for text in _texts(block)]
    return sorted(texts, key=lambda text: text.span)


def _counts(track: Track, times: Sequence[float]) -> bool:
    if any(seen.line.is_sure for seen in track.sightings) or len(track.sightings) > 1:
        return True
    return times[track.last.look + 1] - times[track.last.look] >= UNSURE_SECONDS


def _items(track: Track, times: Sequence[float]) -> list[_Item]:
    words = track.best.text.split()
    first, last = _word_looks(track, words)
    items: list[_Item] = []
    for look in _states(first, times):
        there = [n for n, own in enumerate(first) if own <= look]
        stop = min(last[n] for n in there) + 1
        if items and items[-1].text == " ".join(words[n] for n in there):
            continue
        sightings = [seen for seen in track.sightings if look <= seen.look < stop]
        if not sightings:  # words that are gone before others come
            continue
        boxes = tuple(TextBox(0, times[at], *box) for at, box in boxes_over_time(sightings, moved=MOVED))
        text = " ".join(words[n] for n in there)
        items.append(_Item(text, times[look], times[stop], (sightings[0].look, sightings[0].order), boxes))
    return [*items, *_left_over(track, words, first, last, times)]


def _left_over(
    track: Track, words: Sequence[str], first: Sequence[int], last: Sequence[int], times: Sequence[float]
) -> list[_Item]:
    """The words that stay for long after others of their line are gone, with all of their time."""
    whole = min(last) + 1
    there = [n for n, own in enumerate(last) if own >= whole]
    sightings = [seen for seen in track.sightings if seen.look >= max((first[n] for n in there), default=0)]
    if not there or times[track.last.look + 1] - times[whole] < LEFT_OVER_SECONDS:
        return []
    stop = min(last[n] for n in there) + 1
    boxes = tuple(TextBox(0, times[at], *box) for at, box in boxes_over_time(sightings, moved=MOVED) if at < stop)
    order = (sightings[0].look, sightings[0].order)
    return [_Item(" ".join(words[n] for n in there), times[sightings[0].look], times[stop], order, boxes)]


def _word_looks(track: Track, words: Sequence[str]) -> tuple[list[int], list[int]]:
    """For each word of the best reading, the looks in which it was read first and last."""
    looks = [seen.look for seen in track.sightings]
    if track.is_counter:
        return [looks[0]] * len(words), [looks[-1]] * len(words)
    keys = [key_of(word) for word in words]
    first, last = [looks[-1]] * len(words), [looks[0]] * len(words)
    for seen in track.sightings:
        read = seen.line.key
        own = [key_of(word) for word in seen.line.text.split()]
        is_whole = len(own) == len(keys) and len(read) + 1 >= len(track.best.key) and is_alike(read, track.best.key)
        for n, key in enumerate(keys):
            if is_whole or not key or key in own or key in read or _any_alike(key, own):
                first[n], last[n] = min(first[n], seen.look), max(last[n], seen.look)
    return first, last


def _any_alike(key: str, others: Sequence[str]) -> bool:
    return len(key) > 2 and any(
        abs(len(key) - len(other)) <= len(key) // 4 + 1
        and SequenceMatcher(None, key, other, autojunk=False).ratio() >= WORD_RATIO
        for other in others
    )


def _states(first: Sequence[int], times: Sequence[float]) -> list[int]:
    """The looks at which a line had grown, the last one among them, apart by `STATE_SECONDS`."""
    kept: list[int] = []
    for look in sorted(set(first), reverse=True):
        if not kept or times[kept[-1]] - times[look] >= STATE_SECONDS:
            kept.append(look)
    return kept[::-1]


def _blocks(items: Sequence[_Item]) -> list[list[_Item]]:
    """Items that come and go together, in reading order; `items` are in order of their start."""
    blocks: list[list[_Item]] = []
    for item in items:
        near = takewhile(partial(_starts_with, item), reversed(blocks))
        fit = next((block for block in near if _stops_with(item, block)), None)
        if fit is None:
            blocks.append([item])
        else:
            fit.append(item)
    return [sorted(block, key=lambda item: item.order) for block in blocks]


def _starts_with(item: _Item, block: Sequence[_Item]) -> bool:
    return item.start_seconds - block[0].start_seconds <= TOGETHER_SECONDS


def _stops_with(item: _Item, block: Sequence[_Item]) -> bool:
    return abs(item.stop_seconds - block[0].stop_seconds) <= TOGETHER_SECONDS


def _texts(block: Sequence[_Item]) -> list[TimedText]:
    """Lines joined to texts of at most `LONGEST_TEXT_CHARACTERS`, unless one line alone is longer."""
    start, stop = min(item.start_seconds for item in block), max(item.stop_seconds for item in block)
    parts: list[list[_Item]] = []
    for item in block:
        if parts and sum(len(other.text) + 1 for other in parts[-1]) + len(item.text) <= LONGEST_TEXT_CHARACTERS:
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


LEAST_SCENES = 4
"""Of a video; with fewer a title that stays cannot be told from scenery."""
SCENERY_SHARE = 0.8
"""Share of a video's scenes, and of its time, in which the same words stand that are scenery."""


def mark_scenery(texts: Sequence[TimedText], scenes: Sequence[TimeSpan]) -> list[TimedText]:
    """The texts, those marked that stand in nearly every scene.

    Args:
        scenes: spans between changes of the scene, in order; a still picture is one scene, however long.
    """
    if len(scenes) < LEAST_SCENES:
        return list(texts)
    spans: dict[str, list[TimeSpan]] = {}
    for text in texts:
        spans.setdefault(key_of(text.text), []).append(text.span)
    total = sum(scene.duration_seconds for scene in scenes)
    scenery = {key for key, own in spans.items() if _is_everywhere(own, scenes, total)}
    return [replace(text, is_scenery=key_of(text.text) in scenery) for text in texts]


def _is_everywhere(spans: Sequence[TimeSpan], scenes: Sequence[TimeSpan], total_seconds: float) -> bool:
    if sum(span.duration_seconds for span in spans) < SCENERY_SHARE * total_seconds:
        return False
    shared = [sum(span.intersection_seconds(scene) for span in spans) for scene in scenes]
    met = sum(seconds >= scene.duration_seconds / 2 for seconds, scene in zip(shared, scenes, strict=True))
    return met >= SCENERY_SHARE * len(scenes)
