"""Changed frames of a stretch of video -> what was read on them. Leaves out decoding and threads."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from indexer.ocr.lines import ScreenLine, is_same_screen
from indexer.records import Pixels, SampledFrame

TEXTLESS_FRAMES = 3
"""Read frames in a row without a word, after which only a look now and then is taken."""
LOOK_SECONDS = 2.0
"""Time between looks: words that stay for as long are met by one, since the frames between changed, too."""
RARE_LOOK_SECONDS = 3.0
"""Time between looks after a long time without words; titles and signs stay for 3 seconds to be readable."""
LONG_TEXTLESS_SECONDS = 60.0

_ROUNDING_SECONDS = 1e-3


class ReadingPolicy:
    """Says which frames of one video are worth reading; ask in order of time.

    While words are found, and after `TEXTLESS_FRAMES` reads without any, a changed frame is read `LOOK_SECONDS` after
    the last look (`RARE_LOOK_SECONDS` once `LONG_TEXTLESS_SECONDS` went by without words), or at a cut: a new scene
    may bring a sign. A frame skipped so is caught up with when the picture then stands still; whoever reads also goes
    back to it when the next look shows other words.
    """

    def __init__(self) -> None:
        self._textless_reads = 0
        self._last_read_seconds: float | None = None
        self._last_text_seconds: float | None = None
        self._is_owed = False

    def should_read(self, time_seconds: float, changed: bool, *, cut: bool = False) -> bool:
        """Whether to read the frame at `time_seconds` (player's clock).

        Args:
            changed: its picture differs from the last changed one, see `ChangeDetector.changed`.
            cut: it shows another scene, see `ChangeDetector.is_cut`.
        """
        if not (changed or self._is_owed):
            return False
        if cut or self._last_read_seconds is None or 0 < self._textless_reads < TEXTLESS_FRAMES:
            return True
        since_look = time_seconds - self._last_read_seconds
        self._is_owed = since_look < self._look_seconds(time_seconds) - _ROUNDING_SECONDS
        return not self._is_owed

    def saw(self, time_seconds: float, has_text: bool) -> None:
        """Tell what a frame that was read showed."""
        self._last_read_seconds = time_seconds
        self._is_owed = False
        if has_text or self._last_text_seconds is None:
            self._last_text_seconds = time_seconds
        self._textless_reads = 0 if has_text else self._textless_reads + 1

    def _look_seconds(self, time_seconds: float) -> float:
        textless_seconds = time_seconds - (self._last_text_seconds or 0.0)
        return RARE_LOOK_SECONDS if textless_seconds >= LONG_TEXTLESS_SECONDS else LOOK_SECONDS


STILL_SECONDS = 2.0
"""A picture that rests for so long may hold words meant to be read; one that rests shorter is movement."""
SMALL_SHARE = 0.15
"""Of a picture; a change no larger is read at once, which costs less than the looks that a moving picture is given."""
HELD_FRAMES = 4
"""Frames kept that were passed over, of some 3 MB each."""
ScreenState = tuple[float, list[ScreenLine]]
"""Presentation time of a frame that was read, and its lines."""


class Watch(Protocol):
    """Reads pictures one after the other; `indexer.ocr.incremental_reader.ScreenWatch`."""

    def share(self, pixels: Pixels) -> float: ...

    def read(self, pixels: Pixels) -> list[ScreenLine]: ...


def read_changed_frames(
    frames: Iterable[SampledFrame],
    *,
    watch: Watch,
    cuts: Collection[float],
) -> list[ScreenState]:
    """Reads the frames that `ReadingPolicy` finds worth it, and those that are other ones in a small part only.

    Frames that are passed over are held until the next one comes: when the picture stood still between them, long
    enough for a look to be due, or the stretch ended, the last held frame is that look. When the next look shows other
    words than the last one, the frame between that first showed others is looked for by halving.

    Args:
        frames: frames whose picture changed, in order of time.
        watch: what reads a picture.
        cuts: times of frames that open a new scene.

    Returns:
        What was read, in order of time.
    """
    policy = ReadingPolicy()
    states: list[ScreenState] = []
    held: deque[SampledFrame] = deque(maxlen=HELD_FRAMES)

    def note(frame: SampledFrame, lines: list[ScreenLine]) -> None:
        policy.saw(frame.time_seconds, has_text=bool(lines))
        states.append((frame.time_seconds, lines))

    def rest(until_seconds: float) -> None:
        rested = bool(held) and until_seconds - held[-1].time_seconds >= STILL_SECONDS
        if rested and policy.should_read(until_seconds, changed=False):
            look(held.pop())

    def look(frame: SampledFrame) -> None:
        lines = watch.read(frame.pixels)
        if held and not is_same_screen(states[-1][1], lines):
            states.extend(_between(list(held), watch, states[-1][1]))
        note(frame, lines)
        held.clear()

    for frame in frames:
        rest(frame.time_seconds)
        cut = frame.time_seconds in cuts
        if policy.should_read(frame.time_seconds, changed=True, cut=cut) or watch.share(frame.pixels) <= SMALL_SHARE:
            look(frame)
        else:
            held.append(frame)
    if held:  # the last picture of a stretch, however short it stands: nothing after it would tell what it showed
        look(held.pop())
    return states


def _between(held: Sequence[SampledFrame], watch: Watch, before: Sequence[ScreenLine]) -> list[ScreenState]:
    """Looks at held frames until it is known which of them first showed other words than `before`."""
    low, high = 0, len(held)
    found: list[ScreenState] = []
    while low < high:
        middle = (low + high) // 2
        lines = watch.read(held[middle].pixels)
        found.append((held[middle].time_seconds, lines))
        if is_same_screen(before, lines):
            low = middle + 1
        else:
            high = middle
    return sorted(found, key=lambda state: state[0])
