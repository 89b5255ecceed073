"""The segmenter of sound: its level over time in, spans that end in pauses out. Pure."""

import itertools

import numpy as np
from numpy.typing import NDArray

from indexer.records import Segment, TimeSpan

VERSION = "sound-1"
"""Part of the picture stage's fingerprint of a sound file; changes whenever the same sound would give other spans."""
PAUSE_SECONDS = 0.5
"""Over which the level is averaged: a pause between sentences, while one between words is shorter."""
EQUAL_DB = 1.0
"""Places whose levels differ by less are equally quiet."""
SILENCE_DB = -60.0
"""Quieter sound is silence, whatever a codec makes of it; no deliberately recorded speech is as quiet."""


def segment_sound(
    levels: NDArray[np.floating], *, bin_seconds: float, duration_seconds: float, min_seconds: float, max_seconds: float
) -> list[Segment]:
    """Segments of one recording, in order of time, without gap or overlap, from 0 to the duration.

    Each ends in the quietest pause of the second half of its longest span, and of equal ones in the latest: at the end
    of a long silence, shortly before the next words.

    Args:
        levels: (bins,) dB, from 0 on.
        bin_seconds: length of a bin.
        duration_seconds: when the last sound stops.
        min_seconds: no span is shorter, unless the recording is.
        max_seconds: no span is longer; at least twice `min_seconds`.

    Raises:
        ValueError: the duration is not positive.
    """
    if not duration_seconds > 0:
        raise ValueError(f"a duration must be positive, got {duration_seconds}")
    loudness = _averages(np.maximum(levels, SILENCE_DB), max(1, round(PAUSE_SECONDS / bin_seconds)))
    edges = [0.0]
    while duration_seconds - edges[-1] > max_seconds + 1e-9:
        low = edges[-1] + max(min_seconds, max_seconds / 2)
        high = min(edges[-1] + max_seconds, duration_seconds - min_seconds)
        edges.append(_quietest(loudness, low, max(low, high), bin_seconds))
    return [
        Segment(index, TimeSpan(start, stop))
        for index, (start, stop) in enumerate(itertools.pairwise([*edges, duration_seconds]))
    ]


def _averages(levels: NDArray[np.floating], width: int) -> NDArray[np.float64]:
    """(bins,) the mean level of `width` bins around each."""
    padded = np.pad(levels.astype(np.float64), (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, np.ones(width) / width, mode="valid")


def _quietest(loudness: NDArray[np.float64], low: float, high: float, bin_seconds: float) -> float:
    """The middle of the last of the quietest bins between two times."""
    first, stop = int(np.ceil(low / bin_seconds)), int(high / bin_seconds)
    window = loudness[first:stop]
    if not len(window):
        return high
    place = first + int(np.flatnonzero(window <= window.min() + EQUAL_DB)[-1])
    return (place + 0.5) * bin_seconds
