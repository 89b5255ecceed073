"""A few candidates for an image, looked at in their files: which of their frames agrees with it best, and when it is.

The library keeps one picture a segment and the vectors of a frame a second; what an image shows may lie between them.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.errors import VideoError
from indexer.models.frame_pairs import on_screen
from indexer.records import SampledFrame, TimeSpan
from search.by_example.template_matching import Fit, Part, fit
from search.retrieval.types import SegmentKey

FRAMES_PER_SECOND = 8
"""What moves has hardly moved after 1/16 s."""
REACH_SECONDS = 1.0
"""To either side of a sampled frame: what an image shows is sampled within this time of it."""
FRAME_MAX_SIDE = 192
"""Pixels of the longer side; more than are compared, so that a picture is not scaled down twice to the same size."""
FINELY = 3
"""Frames of a candidate that are compared at scales in between: those that fit best at the others."""
SIDE_BY_SIDE = 2
"""Videos read at once: each is a process of its own."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where an image may be from."""

    key: SegmentKey
    video: str
    """Path."""
    span: TimeSpan
    around: tuple[float, ...]
    """Presentation times of the sampled frames near which to look, seconds."""

    def times(self) -> list[float]:
        """When to look, inside the segment, in order."""
        reach = round(REACH_SECONDS * FRAMES_PER_SECOND)
        steps = {round(time * FRAMES_PER_SECOND) + step for time in self.around for step in range(-reach, reach + 1)}
        times = {step / FRAMES_PER_SECOND for step in steps} | set(self.around)
        inside = [time for time in times if self.span.start_seconds <= time < self.span.stop_seconds]
        return sorted(inside) or [self.span.start_seconds]


@dataclass(frozen=True, slots=True)
class Sighting:
    """The frame that an image fits best."""

    fit: Fit
    time_seconds: float
    """Inside the segment."""


def look_closer(
    parts: Sequence[Part], candidates: Sequence[Candidate], *, settings: Settings
) -> dict[SegmentKey, Sighting]:
    """The best frame of each candidate; without those whose files have vanished or cannot be read.

    Args:
        parts: of the image, by `likeness.parts_of`.
        settings: the limits of reading.
    """
    by_video: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_video.setdefault(candidate.video, []).append(candidate)

    def look(item: tuple[str, list[Candidate]]) -> dict[SegmentKey, Sighting]:
        video, own = item
        times = sorted({time for candidate in own for time in candidate.times()})
        try:
            with open_video(Path(video), settings=settings, times=times, max_side=FRAME_MAX_SIDE) as reader:
                frames = list(reader.frames())
        except VideoError:
            return {}
        return {one.key: _best(parts, one, frames) for one in own} if frames else {}

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found: dict[SegmentKey, Sighting] = {}
        for sightings in pool.map(look, by_video.items()):
            found |= sightings
    return found


def _best(parts: Sequence[Part], candidate: Candidate, frames: Sequence[SampledFrame]) -> Sighting:
    # A frame is on screen until the next: each is compared once, however often it was asked for.
    found = (on_screen(frames, time) for time in candidate.times())
    shown = {frame.time_seconds: frame.pixels for frame in found if frame is not None}
    coarse = {time: fit(parts, pixels) for time, pixels in shown.items()}
    best = sorted(shown, key=lambda time: (coarse[time], -time), reverse=True)[:FINELY]
    fine = {time: fit(parts, shown[time], finely=True) for time in best}
    time = max(best, key=lambda time: (fine[time], -time))  # the first of those that fit as well
    return Sighting(fine[time], max(time, candidate.span.start_seconds))
