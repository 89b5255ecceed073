"""Frame refinement: decodes frames of the best candidates for an image, and finds the one that matches it best.

The library holds one thumbnail a segment and the vectors of about one frame a second; the frame of an image may lie
between them.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.errors import VideoError
from indexer.models.frame_pairs import frame_on_screen
from indexer.records import SampledFrame, TimeSpan
from indexer.store.hits import SegmentKey
from search.by_example.template_matching import Template, TemplateMatch, match_templates

FRAMES_PER_SECOND = 8
"""Within 1/16 s, moving things have hardly moved."""
REACH_SECONDS = 1.0
"""To either side of a sampled frame: the frame of an image lies within this time of a sampled one."""
DECODED_SIDE = 192
"""Longer side of the decoded frames in pixels; larger than what is compared, so that scaling twice does no harm."""
FINE_FRAMES = 3
"""Frames of a candidate that are also compared at scales in between: those that match best at the others."""
PARALLEL_VIDEOS = 2
"""Videos decoded at once, each in a process of its own."""


@dataclass(frozen=True, slots=True)
class RefinementCandidate:
    """A segment that an image may be from."""

    key: SegmentKey
    video: str
    """Path."""
    span: TimeSpan
    around: tuple[float, ...]
    """Presentation times of the sampled frames around which frames are decoded, seconds."""

    def times(self) -> list[float]:
        """Times of the frames to decode, inside the segment, in order."""
        reach = round(REACH_SECONDS * FRAMES_PER_SECOND)
        steps = {round(time * FRAMES_PER_SECOND) + step for time in self.around for step in range(-reach, reach + 1)}
        times = {step / FRAMES_PER_SECOND for step in steps} | set(self.around)
        inside = [time for time in times if self.span.start_seconds <= time < self.span.stop_seconds]
        return sorted(inside) or [self.span.start_seconds]


@dataclass(frozen=True, slots=True)
class FrameMatch:
    """The frame of a segment that an image matches best."""

    template: TemplateMatch
    time_seconds: float
    """Inside the segment."""


def refine_frame_matches(
    templates: Sequence[Template], candidates: Sequence[RefinementCandidate], *, settings: Settings
) -> dict[SegmentKey, FrameMatch]:
    """The best frame of each candidate; without those whose files have vanished or cannot be read.

    Args:
        templates: of the image, by `make_templates`.
        settings: limits of decoding.
    """
    by_video: dict[str, list[RefinementCandidate]] = {}
    for candidate in candidates:
        by_video.setdefault(candidate.video, []).append(candidate)

    def match_video(item: tuple[str, list[RefinementCandidate]]) -> dict[SegmentKey, FrameMatch]:
        video, own = item
        times = sorted({time for candidate in own for time in candidate.times()})
        try:
            with open_video(Path(video), settings=settings, times=times, max_side=DECODED_SIDE) as reader:
                frames = list(reader.frames())
        except VideoError:
            return {}
        return {one.key: _best_frame(templates, one, frames) for one in own} if frames else {}

    with ThreadPoolExecutor(PARALLEL_VIDEOS) as pool:
        found: dict[SegmentKey, FrameMatch] = {}
        for matches in pool.map(match_video, by_video.items()):
            found |= matches
    return found


def _best_frame(
    templates: Sequence[Template], candidate: RefinementCandidate, frames: Sequence[SampledFrame]
) -> FrameMatch:
    # A frame stays on screen until the next one: each is compared once, however many times fall on it.
    on_screen = (frame_on_screen(frames, time) for time in candidate.times())
    pixels_at = {frame.time_seconds: frame.pixels for frame in on_screen if frame is not None}
    coarse = {time: match_templates(templates, pixels) for time, pixels in pixels_at.items()}
    best = sorted(pixels_at, key=lambda time: (coarse[time], -time), reverse=True)[:FINE_FRAMES]
    fine = {time: match_templates(templates, pixels_at[time], finely=True) for time in best}
    time = max(best, key=lambda time: (fine[time], -time))  # the earliest of equal matches
    return FrameMatch(fine[time], max(time, candidate.span.start_seconds))
