"""Line tracking: one line of text followed from frame to frame while it stands, moves, fades or is typed. Pure.

A line continues a line of the frame before if it has the same words, wherever it moved; if it stands in the same place
and extends it (typed text); or if one is a part of the other at the edge of the picture (text that scrolls in or out).
A line that is missing for no longer than `MISSED_SECONDS` was overlooked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from indexer.ocr.lines import Box, FrameLines, ScreenLine, is_reading_of_line, is_similar_line, lines_differ_in_digits

MISSED_SECONDS = 2.0
"""A text that is missing for no longer was overlooked: the same sign does not appear twice within two seconds."""
COUNTER_SECONDS = 1.5
"""Digits that change sooner belong to a clock or a counter, which is one line whatever it shows."""
NEAR = 0.02
"""Share of the picture by which the start of a line that stands still may appear to move."""
EDGE = 0.02
"""A box this near to the edge of the picture may be cut off by it."""
MIN_PART_LETTERS = 2
"""Fewest letters of a part that is cut off."""
MAX_MOVE = 0.6
"""Share of the picture that a line may move from frame to frame if its readings differ slightly."""
SHORT_LETTERS = 4
"""Shorter lines are too common: they are the same only in the same place."""
SLIPPED_LETTERS = 2
"""Most letters lost or added in a line that moved and whose readings differ slightly."""
PART_SHARE = 0.6
"""Least share of letters that must still be read of a partly covered line."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The line of a track in one frame."""

    frame: int
    """Number of the frame among those that were read."""
    order: int
    """Place of the line in the frame's reading order."""
    line: ScreenLine


@dataclass(slots=True)
class LineTrack:
    """One line over time."""

    observations: list[Observation] = field(default_factory=list[Observation])
    is_counter: bool = False

    @property
    def last(self) -> Observation:
        """The newest observation."""
        return self.observations[-1]

    @property
    def best(self) -> ScreenLine:
        """The reading with the most letters, weighted by confidence; of a counter, the first reading."""
        if self.is_counter:
            return self.observations[0].line
        lines = [observation.line for observation in self.observations]
        return max(lines, key=lambda line: len(line.text) * line.confidence)


def track_lines(frames: Sequence[FrameLines]) -> list[LineTrack]:
    """Tracks in order of their start; `frames` are in order of time."""
    tracks: list[LineTrack] = []
    open_tracks: list[LineTrack] = []
    for number, (time_seconds, lines) in enumerate(frames):
        open_tracks = [
            track
            for track in open_tracks
            if track.last.frame + 1 >= number or time_seconds - frames[track.last.frame + 1][0] <= MISSED_SECONDS
        ]
        taken = _match_tracks(open_tracks, lines, frames, time_seconds)
        for order, line in enumerate(lines):
            track = taken.get(order)
            if track is None:
                track = LineTrack()
                tracks.append(track)
                open_tracks.append(track)
            elif lines_differ_in_digits(track.last.line.text, line.text):
                track.is_counter = True
            track.observations.append(Observation(number, order, line))
    return tracks


def _match_tracks(
    tracks: Sequence[LineTrack], lines: Sequence[ScreenLine], frames: Sequence[FrameLines], time_seconds: float
) -> dict[int, LineTrack]:
    """Matches lines to tracks, by the strictest rule first: index of a line -> the track that it continues."""
    taken: dict[int, LineTrack] = {}
    free = {id(track): track for track in tracks}
    for rule in (_is_same, _is_slip, _is_next_count, _is_continued, _is_cut_off):
        found: list[tuple[float, int, int]] = []
        for key, track in free.items():
            unchanged_seconds = time_seconds - frames[track.observations[-1].frame][0]
            found += [
                (_distance(track.last.line.box, line.box), order, key)
                for order, line in enumerate(lines)
                if order not in taken and rule(track, line, unchanged_seconds)
            ]
        for _, order, key in sorted(found, key=lambda item: item[:2]):
            if order not in taken and key in free:
                taken[order] = free.pop(key)
    return taken


def _is_same(track: LineTrack, line: ScreenLine, _: float) -> bool:
    old = track.last.line
    if old.text != line.text and (old.key != line.key or not is_reading_of_line(old, line)):
        return False
    return len(line.key) >= SHORT_LETTERS or _overlap(old.box, line.box)


def _is_slip(track: LineTrack, line: ScreenLine, _: float) -> bool:
    old = track.last.line
    if _distance(old.box, line.box) > MAX_MOVE:
        return False
    # A longer line with the same words in another place is another line, as the title of the next slide.
    if not _overlap(old.box, line.box) and abs(len(old.key) - len(line.key)) > SLIPPED_LETTERS:
        return False
    return is_reading_of_line(track.last.line, line) or (not track.is_counter and is_reading_of_line(track.best, line))


def _is_next_count(track: LineTrack, line: ScreenLine, unchanged_seconds: float) -> bool:
    old = track.last.line
    is_quick = track.is_counter or unchanged_seconds < COUNTER_SECONDS
    return is_quick and lines_differ_in_digits(old.text, line.text) and _overlap(old.box, line.box)


def _is_continued(track: LineTrack, line: ScreenLine, _: float) -> bool:
    """A line that is being typed, deleted, or partly covered: its start stays in place."""
    old, new = track.last.line, line
    if abs(old.box[0] - new.box[0]) > NEAR or not _share_row(old.box, new.box):
        return False
    short, long = sorted((old, new), key=lambda line: len(line.key))
    if not 0 < len(short.key) < len(long.key) or not _starts_with(long, short):
        return False
    return short is old or len(short.key) >= PART_SHARE * len(long.key)


def _is_cut_off(track: LineTrack, line: ScreenLine, _: float) -> bool:
    """One is a part of the other, which scrolls in or out of the picture."""
    old = track.last.line
    if not (_at_edge(old.box) or _at_edge(line.box)) or _distance(old.box, line.box) > MAX_MOVE:
        return False
    short, long = sorted((old.key, line.key), key=len)
    if len(short) < MIN_PART_LETTERS:
        return False
    inner = short[1:-1] if len(short) > MIN_PART_LETTERS + 2 else short  # letters at the edge are cut in half
    return inner in long


def _starts_with(long: ScreenLine, short: ScreenLine) -> bool:
    head = long.key[: len(short.key)]
    if head == short.key:
        return True
    half_written = not short.text[-1].isdigit() and len(head) > 1 and head[:-1] == short.key[:-1]
    return half_written or (len(head) >= SHORT_LETTERS and is_similar_line(head, short.key))


def _at_edge(box: Box) -> bool:
    return min(box[0], box[1]) < EDGE or max(box[2], box[3]) > 1 - EDGE


def _share_row(one: Box, other: Box) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared > 0.5 * min(one[3] - one[1], other[3] - other[1])


def _overlap(one: Box, other: Box) -> bool:
    return _share_row(one, other) and min(one[2], other[2]) > max(one[0], other[0])


def _distance(one: Box, other: Box) -> float:
    """How far the nearer end of a line moved horizontally, plus how far the line moved vertically."""
    return min(abs(one[0] - other[0]), abs(one[2] - other[2])) + abs(one[1] - other[1])


def boxes_over_time(observations: Iterable[Observation], *, moved: float) -> list[tuple[int, Box]]:
    """(frame number, box) of a track; a box is listed if it differs by more than `moved` from the one listed before."""
    boxes: list[tuple[int, Box]] = []
    for observation in observations:
        box = observation.line.box
        if not boxes or max(abs(a - b) for a, b in zip(boxes[-1][1], box, strict=True)) > moved:
            boxes.append((observation.frame, box))
    return boxes
