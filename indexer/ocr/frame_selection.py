"""Frame selection: which of the changed frames of a video are read, and the lines read on them.

Decoding and threads are elsewhere (`indexer.pipeline.stages.screen_text_worker`).
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from indexer.ocr.lines import FrameLines, ScreenLine, is_same_screen
from indexer.records import Pixels, SampledFrame

TEXTLESS_FRAMES = 3
"""After so many read frames in a row without a word, frames are read only now and then."""
READ_INTERVAL_SECONDS = 2.0
"""Interval between reads. Words that stay for so long are met by one of them, as the frames between changed, too."""
RARE_READ_INTERVAL_SECONDS = 3.0
"""Interval after a long time without words; titles and signs stay for 3 seconds to be readable."""
LONG_TEXTLESS_SECONDS = 60.0

_ROUNDING_SECONDS = 1e-3


class ReadingPolicy:
    """Decides which frames of one video are read; ask in order of time.

    While words are found, and after `TEXTLESS_FRAMES` reads without any, a changed frame is read if
    `READ_INTERVAL_SECONDS` passed since the last read (`RARE_READ_INTERVAL_SECONDS` once `LONG_TEXTLESS_SECONDS` passed
    without words), or at a scene cut: a new scene may bring a sign. A frame that is skipped is postponed until the
    picture stands still. The caller also goes back to it when the next read shows other words.
    """

    def __init__(self) -> None:
        self._textless_reads = 0
        self._last_read_seconds: float | None = None
        self._last_text_seconds: float | None = None
        self._is_postponed = False

    def should_read(self, time_seconds: float, changed: bool, *, cut: bool = False) -> bool:
        """Whether to read the frame at `time_seconds` (player's clock).

        Args:
            changed: its picture differs from the last changed frame, see `ChangeDetector.changed`.
            cut: it shows another scene, see `ChangeDetector.is_cut`.
        """
        if not (changed or self._is_postponed):
            return False
        if cut or self._last_read_seconds is None or 0 < self._textless_reads < TEXTLESS_FRAMES:
            return True
        since_read = time_seconds - self._last_read_seconds
        self._is_postponed = since_read < self._interval_seconds(time_seconds) - _ROUNDING_SECONDS
        return not self._is_postponed

    def record_read(self, time_seconds: float, has_text: bool) -> None:
        """Records a frame that was read, and whether it shows words."""
        self._last_read_seconds = time_seconds
        self._is_postponed = False
        if has_text or self._last_text_seconds is None:
            self._last_text_seconds = time_seconds
        self._textless_reads = 0 if has_text else self._textless_reads + 1

    def _interval_seconds(self, time_seconds: float) -> float:
        textless_seconds = time_seconds - (self._last_text_seconds or 0.0)
        return RARE_READ_INTERVAL_SECONDS if textless_seconds >= LONG_TEXTLESS_SECONDS else READ_INTERVAL_SECONDS


STILL_SECONDS = 2.0
"""A picture that stands still for so long may show words meant to be read; one that does so for less is movement."""
SMALL_SHARE = 0.15
"""A change of no more than this share of the picture is read at once; it costs less than the regular reads."""
HELD_FRAMES = 4
"""Skipped frames that are kept, of about 3 MB each."""


class FrameReader(Protocol):
    """What reads pictures in order: `indexer.ocr.incremental_reader.IncrementalReader`."""

    def changed_share(self, pixels: Pixels) -> float: ...

    def read(self, pixels: Pixels) -> list[ScreenLine]: ...


def read_changed_frames(
    frames: Iterable[SampledFrame],
    *,
    reader: FrameReader,
    cuts: Collection[float],
) -> list[FrameLines]:
    """Reads the frames that `ReadingPolicy` selects, and those of which only a small part changed.

    Skipped frames are held until the next frame comes. If the picture stood still between them for long enough that a
    read is due, or the video ends, the last held frame is read. If the next read shows other words than the one before,
    the first held frame with other words is found by bisection.

    Args:
        frames: frames whose picture changed, in order of time.
        reader: reads a picture.
        cuts: times of frames that begin a new scene.

    Returns:
        Every frame that was read, in order of time.
    """
    policy = ReadingPolicy()
    states: list[FrameLines] = []
    held: deque[SampledFrame] = deque(maxlen=HELD_FRAMES)

    def record(frame: SampledFrame, lines: list[ScreenLine]) -> None:
        policy.record_read(frame.time_seconds, has_text=bool(lines))
        states.append((frame.time_seconds, lines))

    def read_if_still(until_seconds: float) -> None:
        stood_still = bool(held) and until_seconds - held[-1].time_seconds >= STILL_SECONDS
        if stood_still and policy.should_read(until_seconds, changed=False):
            read(held.pop())

    def read(frame: SampledFrame) -> None:
        lines = reader.read(frame.pixels)
        if held and not is_same_screen(states[-1][1], lines):
            states.extend(_between(list(held), reader, states[-1][1]))
        record(frame, lines)
        held.clear()

    for frame in frames:
        read_if_still(frame.time_seconds)
        cut = frame.time_seconds in cuts
        is_selected = policy.should_read(frame.time_seconds, changed=True, cut=cut)
        if is_selected or reader.changed_share(frame.pixels) <= SMALL_SHARE:
            read(frame)
        else:
            held.append(frame)
    if held:  # no frame after the last one would show its words
        read(held.pop())
    return states


def _between(held: Sequence[SampledFrame], reader: FrameReader, before: Sequence[ScreenLine]) -> list[FrameLines]:
    """Bisects held frames for the first one that shows other words than `before`; returns the frames that were read."""
    low, high = 0, len(held)
    found: list[FrameLines] = []
    while low < high:
        middle = (low + high) // 2
        lines = reader.read(held[middle].pixels)
        found.append((held[middle].time_seconds, lines))
        if is_same_screen(before, lines):
            low = middle + 1
        else:
            high = middle
    return sorted(found, key=lambda state: state[0])
