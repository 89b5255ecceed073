"""Sound levels: the peak and the mean power of each twentieth of a second of a recording, in bounded memory. Pure.

Ten hours take about 6 MB. Silence, the time before the first sound and gaps have the level 0.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexer.records import AUDIO_RATE, SoundPiece

BIN_SECONDS = 0.05
"""Short enough for the pause between two words, which lasts 0.1 s or more."""
_BIN = round(AUDIO_RATE * BIN_SECONDS)
_FULL_SCALE = 32_768.0
QUIETEST_DB = -90.0
"""Level of digital silence: the noise of 16 bits."""
Levels = NDArray[np.float32]
"""(bins,) one value for each `BIN_SECONDS`, from 0 on the player's clock."""


@dataclass
class SoundLevels:
    """Collects the levels of pieces of sound, in any number and length."""

    _peaks: Levels = field(default_factory=lambda: np.zeros(1024, np.float32))
    _powers: Levels = field(default_factory=lambda: np.zeros(1024, np.float32))
    _count: int = 0

    def add(self, piece: SoundPiece) -> None:
        """Adds a piece, which starts at 0 or later."""
        if not len(piece.samples):
            return
        first = round(piece.start_seconds * AUDIO_RATE)
        bins = np.arange(first // _BIN, (first + len(piece.samples) - 1) // _BIN + 1)
        self._make_room(int(bins[-1]) + 1)
        starts = np.maximum(bins * _BIN - first, 0)
        values = piece.samples.astype(np.float32) / _FULL_SCALE
        self._peaks[bins] = np.maximum(self._peaks[bins], np.maximum.reduceat(np.abs(values), starts))
        self._powers[bins] += np.add.reduceat(values**2, starts) / _BIN

    def peaks(self) -> Levels:
        """Greatest absolute sample of each bin, 0 to 1."""
        return self._peaks[: self._count]

    def decibels(self) -> Levels:
        """Mean power of each bin, dB of full scale, at least `QUIETEST_DB`."""
        return 10 * np.log10(np.maximum(self._powers[: self._count], np.float32(10 ** (QUIETEST_DB / 10))))

    def _make_room(self, count: int) -> None:
        self._count = max(self._count, count)
        missing = self._count - len(self._peaks)
        if missing > 0:
            more = np.zeros(max(missing, len(self._peaks)), np.float32)
            self._peaks, self._powers = np.concatenate([self._peaks, more]), np.concatenate([self._powers, more])
