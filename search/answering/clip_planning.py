"""Choice of the frames that a model is shown of a moment, and of their sizes. Pure.

Times are drawn by inverse transform sampling of the relevance curve (BOLT, Liu et al. 2025: "Boost Large
Vision-Language Model Without Training for Long-form Video Understanding"): where the picture answers the query,
they lie close together; a flat curve gives an even spread. A few frames are shown large and more of them small
(Q-Frame, Zhang et al. 2025: "Query-aware Frame Selection and Multi-Resolution Adaptation for Video-LLMs").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from indexer.models.frame_pairs import PAIR_SECONDS, PictureSize
from indexer.records import TimeSpan, Video
from search.results import SimilarityCurve

SHARPNESS = 2.0
"""Power to which the curve is raised: how far relevance draws times together."""
LEAST_DENSITY = 0.15
"""Density of a part that answers nothing; 1 at the top of the curve."""
LARGE_SHARE = 0.25
"""Share of the times whose frames are shown large."""


@dataclass(frozen=True, slots=True)
class ClipCandidate:
    """A moment that may be shown."""

    video: str
    """Path of the file."""
    video_id: str
    span: TimeSpan
    curve: SimilarityCurve
    """Relevance inside the span; may be empty."""
    width: int
    height: int
    """Pixels of the video's pictures; 0 where it has none."""
    text: str = ""
    """What is written or said in the span; empty where the question does not need it and there are pictures."""
    caption: str = ""
    """Its captions in the library."""

    @property
    def has_pictures(self) -> bool:
        """False for sound alone, of which only the text can be shown."""
        return self.width > 0

    @classmethod
    def of(
        cls, video: Video, span: TimeSpan, *, curve: SimilarityCurve = (), text: str = "", caption: str = ""
    ) -> Self:
        """A span of a video of the library."""
        width, height = (video.probe.width, video.probe.height) if video.probe else (16, 9)
        return cls(video.path, video.video_id, span, tuple(curve), width, height, text, caption)


@dataclass(frozen=True, slots=True)
class PlannedPair:
    """A frame pair to be shown."""

    start_seconds: float
    relevance: float
    """0 to 1, of the curve's range."""
    size: PictureSize


@dataclass(frozen=True, slots=True)
class PlannedClip:
    """A candidate with the frames that are shown of it."""

    candidate: ClipCandidate
    pairs: tuple[PlannedPair, ...]
    """In order of time."""


def sample_clip_times(span: TimeSpan, curve: SimilarityCurve, count: int) -> list[tuple[float, float]]:
    """(start in seconds, relevance 0 to 1) of `count` pairs, or fewer where they would overlap; in order of time."""
    last = max(span.start_seconds, span.stop_seconds - PAIR_SECONDS)
    room = last - span.start_seconds
    count = max(1, min(count, int(room / PAIR_SECONDS) + 1))
    if room <= 0:
        return [(span.start_seconds, 1.0)]
    grid = np.linspace(span.start_seconds, last, max(64, 4 * count))  # (n,)
    relevance = _relevance(curve, grid)  # (n,)
    density = LEAST_DENSITY + (1 - LEAST_DENSITY) * relevance**SHARPNESS
    reached = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    wanted = (np.arange(count) + 0.5) / count * reached[-1]
    times = _apart(np.interp(wanted, reached, grid), span.start_seconds, last)
    return [(float(time), float(np.interp(time, grid, relevance))) for time in times]


def with_picture_sizes(
    times: Sequence[tuple[float, float]], *, large: PictureSize, small: PictureSize
) -> tuple[PlannedPair, ...]:
    """The most relevant quarter large, at least one; the others small."""
    many = max(1, round(LARGE_SHARE * len(times)))
    best = sorted(range(len(times)), key=lambda place: (-times[place][1], place))[:many]
    return tuple(
        PlannedPair(time, relevance, large if place in best else small) for place, (time, relevance) in enumerate(times)
    )


def _relevance(curve: SimilarityCurve, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curve on the grid, scaled from 0 at its lowest to 1 at its highest; 1 throughout for a flat curve."""
    if len(curve) < 2:
        return np.ones_like(grid)
    times, values = np.array(curve, np.float64).T  # (frames,)
    shown = np.interp(grid, times, values)
    low, high = float(shown.min()), float(shown.max())
    return (shown - low) / (high - low) if high - low > 1e-6 else np.ones_like(grid)


def _apart(times: NDArray[np.float64], first: float, last: float) -> NDArray[np.float64]:
    """The times, moved as little as needed so that no two pairs overlap."""
    moved = times.copy()
    for place in range(1, len(moved)):
        moved[place] = max(moved[place], moved[place - 1] + PAIR_SECONDS)
    if len(moved):
        moved[-1] = min(moved[-1], last)
    for place in range(len(moved) - 2, -1, -1):
        moved[place] = min(moved[place], moved[place + 1] - PAIR_SECONDS)
    return np.clip(moved, first, last)
