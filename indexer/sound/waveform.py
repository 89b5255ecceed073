"""Waveforms: the peaks of a span of sound in, a small picture of them out. Pure.

One scale serves a whole recording, so a loud segment looks louder than a quiet one.
"""

import numpy as np

from indexer.records import Pixels, TimeSpan
from indexer.sound.levels import BIN_SECONDS, Levels

WIDTH, HEIGHT = 320, 180
"""Of the picture, pixels; as wide as thumbnails of videos, and 16:9 as most of them."""
BARS = 64
_STEP = WIDTH // BARS
_BAR = 3
"""Width of a bar, pixels; the rest of a step is a gap."""
_MARGIN = 20
"""Above and below the highest bar, pixels."""
_BACKGROUND, _COLOUR, _AXIS = (18, 22, 26), (98, 203, 183), (52, 62, 68)
"""RGB: those of the page's player."""
LOUD_PERCENTILE = 99
"""Percentile of a recording's peaks that is drawn at full height; a single crack does not flatten the rest."""
LEAST_LOUD = 0.02
"""A recording whose loudest parts are quieter is drawn as quiet: its noise is not blown up."""


def loudest_peak(peaks: Levels) -> float:
    """The peak that is drawn at full height in the waveforms of a recording."""
    heard = peaks[peaks > 0]
    return max(LEAST_LOUD, float(np.percentile(heard, LOUD_PERCENTILE)) if len(heard) else 0.0)


def draw_waveform(peaks: Levels, span: TimeSpan, *, loudest: float) -> Pixels:
    """(HEIGHT, WIDTH, 3) a bar for each of `BARS` equal parts of the span, as high as its greatest peak.

    Args:
        peaks: (bins,) of the whole recording, 0 to 1.
        loudest: of `loudest_peak`.
    """
    heights = np.clip(_greatest(peaks, span) / loudest, 0, 1) ** 0.7  # (BARS,) quiet sound stays visible
    halves = np.maximum(1, np.rint(heights * (HEIGHT / 2 - _MARGIN))).astype(int)
    picture = np.full((HEIGHT, WIDTH, 3), _BACKGROUND, np.uint8)
    picture[HEIGHT // 2 - 1 : HEIGHT // 2 + 1] = _AXIS
    left = (_STEP - _BAR) // 2
    for bar, half in enumerate(halves):
        columns = slice(bar * _STEP + left, bar * _STEP + left + _BAR)
        picture[HEIGHT // 2 - half : HEIGHT // 2 + half, columns] = _COLOUR if half > 1 else _AXIS
    return picture


def _greatest(peaks: Levels, span: TimeSpan) -> Levels:
    """(BARS,) the greatest peak of each part of a span; 0 after the end of the peaks."""
    edges = np.linspace(span.start_seconds, span.stop_seconds, BARS + 1) / BIN_SECONDS
    firsts, stops = np.floor(edges[:-1]).astype(int), np.ceil(edges[1:]).astype(int)
    parts = (peaks[first : max(stop, first + 1)] for first, stop in zip(firsts, stops, strict=True))
    return np.array([part.max(initial=0.0) for part in parts], np.float32)
