"""Changed frames of a stretch of video -> what was read on them. Leaves out decoding and threads."""

from collections.abc import Callable, Collection, Iterable

from indexer.records import Pixels, SampledFrame
from indexer.screen_policy import ReadingPolicy
from indexer.screen_states import ScreenLine, is_same_screen

STILL_SECONDS = 2.0
"""A picture that rests for so long may hold words meant to be read; one that rests shorter is movement."""
ScreenState = tuple[float, list[ScreenLine]]
"""Presentation time of a frame that was read, and its lines."""


def read_changed_frames(
    frames: Iterable[SampledFrame],
    *,
    read: Callable[[Pixels], list[ScreenLine]],
    cuts: Collection[float],
    stop_seconds: float,
) -> list[ScreenState]:
    """Reads the frames that `ReadingPolicy` finds worth it.

    A frame that is passed over is held until the next one comes: when the picture stood still between them, or the
    stretch ended, long enough for a look to be due, the held frame is that look. When the next look shows other words
    than the last one, the held frame is read as well, so that words begin and end where they do.

    Args:
        frames: frames whose picture changed, in order of time.
        read: what reads a picture.
        cuts: times of frames that open a new scene.
        stop_seconds: where the stretch ends.
    """
    policy = ReadingPolicy()
    states: list[ScreenState] = []
    held: SampledFrame | None = None

    def note(frame: SampledFrame, lines: list[ScreenLine]) -> None:
        policy.saw(frame.time_seconds, has_text=bool(lines))
        states.append((frame.time_seconds, lines))

    def is_due(frame: SampledFrame, until_seconds: float) -> bool:
        rested = until_seconds - frame.time_seconds >= STILL_SECONDS
        return rested and policy.should_read(until_seconds, changed=False)

    for frame in frames:
        if held is not None and is_due(held, frame.time_seconds):
            note(held, read(held.pixels))
            held = None
        if not policy.should_read(frame.time_seconds, changed=True, cut=frame.time_seconds in cuts):
            held = frame
            continue
        lines = read(frame.pixels)
        if held is not None and not is_same_screen(states[-1][1], lines):
            note(held, read(held.pixels))
        note(frame, lines)
        held = None
    if held is not None and is_due(held, stop_seconds):
        note(held, read(held.pixels))
    return states
