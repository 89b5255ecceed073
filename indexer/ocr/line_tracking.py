"""Readings from look to look -> tracks: one line of text followed while it stands, moves, fades or is typed. Pure.

A line is the same as one of the look before when its words are, wherever it went; when it stands where that one stood
and goes on from it (typed text); or when one is a part of the other at the edge of the picture (text that runs in and
out). What is gone for no longer than `MISSED_SECONDS` was overlooked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from indexer.ocr.lines import Box, ScreenLine, is_alike, is_counting, is_reading_of

MISSED_SECONDS = 2.0
"""A text that is gone for no longer was overlooked: the same sign is not put up twice within two seconds."""
COUNTER_SECONDS = 1.5
"""Digits that stood for less are those of a clock or a counter, which is one line however it counts."""
NEAR = 0.02
"""Share of the picture by which the beginning of a line that stands still may seem to move."""
EDGE = 0.02
"""A box so near to the picture's edge may be cut off by it."""
LEAST_PART = 2
"""Letters of a part that is cut off."""
FARTHEST = 0.6
"""Share of the picture that a line may move from look to look when it is not read quite the same."""
SHORT_LETTERS = 4
"""Lines with fewer letters are in too many places: they are the same only where they stand."""
SLIPPED_LETTERS = 2
"""Letters lost or added in a line that moved, and was not read quite the same."""
PART_SHARE = 0.6
"""Letters that must still be read of a line that something covers."""

Look = tuple[float, Sequence[ScreenLine]]
"""Time of a frame that was read, seconds, and its lines in reading order."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A track's line in one look."""

    look: int
    """Number of the look."""
    order: int
    """Place of the line in that look's reading order."""
    line: ScreenLine


@dataclass(slots=True)
class Track:
    """One line over time."""

    sightings: list[Sighting] = field(default_factory=list[Sighting])
    is_counter: bool = False

    @property
    def last(self) -> Sighting:
        """Where it was seen last."""
        return self.sightings[-1]

    @property
    def best(self) -> ScreenLine:
        """The reading with the most letters, surely read; the first of a counter."""
        if self.is_counter:
            return self.sightings[0].line
        return max(self.sightings, key=lambda seen: len(seen.line.text) * seen.line.confidence).line


def follow(looks: Sequence[Look]) -> list[Track]:
    """Tracks in the order in which they began; `looks` are in order of time."""
    tracks: list[Track] = []
    open_tracks: list[Track] = []
    for number, (time_seconds, lines) in enumerate(looks):
        open_tracks = [
            track
            for track in open_tracks
            if track.last.look + 1 >= number or time_seconds - looks[track.last.look + 1][0] <= MISSED_SECONDS
        ]
        taken = _pairs(open_tracks, lines, looks, time_seconds)
        for order, line in enumerate(lines):
            track = taken.get(order)
            if track is None:
                track = Track()
                tracks.append(track)
                open_tracks.append(track)
            elif is_counting(track.last.line.text, line.text):
                track.is_counter = True
            track.sightings.append(Sighting(number, order, line))
    return tracks


def _pairs(
    tracks: Sequence[Track], lines: Sequence[ScreenLine], looks: Sequence[Look], time_seconds: float
) -> dict[int, Track]:
    """Place of a line -> the track that it goes on with; the likeliest pairs first."""
    taken: dict[int, Track] = {}
    free = {id(track): track for track in tracks}
    for rule in (_is_same, _is_slip, _counts, _goes_on, _is_cut_off):
        found: list[tuple[float, int, int]] = []
        for key, track in free.items():
            stood_seconds = time_seconds - looks[track.sightings[-1].look][0]
            found += [
                (_distance(track.last.line.box, line.box), order, key)
                for order, line in enumerate(lines)
                if order not in taken and rule(track, line, stood_seconds)
            ]
        for _, order, key in sorted(found, key=lambda item: item[:2]):
            if order not in taken and key in free:
                taken[order] = free.pop(key)
    return taken


def _is_same(track: Track, line: ScreenLine, _: float) -> bool:
    old = track.last.line
    if old.text != line.text and (old.key != line.key or not is_reading_of(old, line)):
        return False
    return len(line.key) >= SHORT_LETTERS or _meet(old.box, line.box)


def _is_slip(track: Track, line: ScreenLine, _: float) -> bool:
    old = track.last.line
    if _distance(old.box, line.box) > FARTHEST:
        return False
    # Elsewhere a longer line with the same words is another one, as the title of the next slide.
    if not _meet(old.box, line.box) and abs(len(old.key) - len(line.key)) > SLIPPED_LETTERS:
        return False
    return is_reading_of(track.last.line, line) or (not track.is_counter and is_reading_of(track.best, line))


def _counts(track: Track, line: ScreenLine, stood_seconds: float) -> bool:
    old = track.last.line
    is_quick = track.is_counter or stood_seconds < COUNTER_SECONDS
    return is_quick and is_counting(old.text, line.text) and _meet(old.box, line.box)


def _goes_on(track: Track, line: ScreenLine, _: float) -> bool:
    """A line that is being typed, taken back, or partly covered: it begins where it began."""
    old, new = track.last.line, line
    if abs(old.box[0] - new.box[0]) > NEAR or not _share_row(old.box, new.box):
        return False
    short, long = sorted((old, new), key=lambda line: len(line.key))
    if not 0 < len(short.key) < len(long.key) or not _begins(long, short):
        return False
    return short is old or len(short.key) >= PART_SHARE * len(long.key)


def _is_cut_off(track: Track, line: ScreenLine, _: float) -> bool:
    """One is a part of the other, which runs in or out of the picture."""
    old = track.last.line
    if not (_at_edge(old.box) or _at_edge(line.box)) or _distance(old.box, line.box) > FARTHEST:
        return False
    short, long = sorted((old.key, line.key), key=len)
    if len(short) < LEAST_PART:
        return False
    inner = short[1:-1] if len(short) > LEAST_PART + 2 else short  # letters at the edge are halves
    return inner in long


def _begins(long: ScreenLine, short: ScreenLine) -> bool:
    head = long.key[: len(short.key)]
    if head == short.key:
        return True
    half_written = not short.text[-1].isdigit() and len(head) > 1 and head[:-1] == short.key[:-1]
    return half_written or (len(head) >= SHORT_LETTERS and is_alike(head, short.key))


def _at_edge(box: Box) -> bool:
    return min(box[0], box[1]) < EDGE or max(box[2], box[3]) > 1 - EDGE


def _share_row(one: Box, other: Box) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared > 0.5 * min(one[3] - one[1], other[3] - other[1])


def _meet(one: Box, other: Box) -> bool:
    return _share_row(one, other) and min(one[2], other[2]) > max(one[0], other[0])


def _distance(one: Box, other: Box) -> float:
    """How far the nearer of both ends of a line moved, plus how far it moved up or down."""
    return min(abs(one[0] - other[0]), abs(one[2] - other[2])) + abs(one[1] - other[1])


def boxes_over_time(sightings: Iterable[Sighting], *, moved: float) -> list[tuple[int, Box]]:
    """(look, box) of a track, each where it is farther than `moved` from the one before."""
    kept: list[tuple[int, Box]] = []
    for seen in sightings:
        box = seen.line.box
        if not kept or max(abs(a - b) for a, b in zip(kept[-1][1], box, strict=True)) > moved:
            kept.append((seen.look, box))
    return kept
