"""Voice activity detection: sound in, windows in which somebody may be speaking out.

Pure, and not a model: it compares the energy in the speech band with the noise around it. It is tuned for recall: music
and other changing sounds pass, and are left to `indexer.speech.transcript_filters`. Silence and steady noise, in which
speech models invent text, never pass.

Frames of 20 ms are judged in blocks of 5 s, so the windows do not depend on how the sound was divided into pieces.
Memory is bounded by one window and one block.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexer.records import Samples16, SoundPiece, TimeSpan

RATE = 16_000
FRAME = RATE // 50
"""Samples of 20 ms, in which speech coding treats speech as stationary."""
BLOCK = 250
"""Frames that are judged together: 5 s, within which any speaker pauses."""
LONGEST_WINDOW_SECONDS = 30.0
"""The length of Whisper's input (Radford et al. 2022, section 2.1)."""
LOW_HERTZ, HIGH_HERTZ = 200, 3800
"""The band with most of the energy of speech; hum lies below and most hiss above."""
QUIETEST_DB = -60.0
"""Level in the band, of full scale; no deliberately recorded speech is quieter."""
MARGIN_DB = 9.0
"""Least level of speech above the noise."""
NOISE_PERCENTILE = 10
"""Percentile of the frames' levels that estimates the noise: even fast talk pauses for a tenth of the time."""
NOISE_FRAMES = 1500
"""The noise is estimated over the last 30 s and over the block; the lower counts, so speech after a jingle is found."""
MIN_FRAMES = 12
"""0.24 s: anything shorter is a click."""
PAUSE_FRAMES = 75
"""1.5 s: a longer silence ends a window."""
PAD_FRAMES = 12
"""0.24 s of padding on both sides: words begin and end softly."""

VOICE_VERSION = f"voice-1, {MARGIN_DB:g} dB above noise, pauses {PAUSE_FRAMES}"
"""Part of the fingerprint of the speech stage; changes whenever the same sound may give other windows."""

Levels = NDArray[np.float32]
"""(frames,) energy in the speech band, dB of full scale."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceWindow:
    """Sound in which somebody may be speaking."""

    span: TimeSpan
    """At most `LONGEST_WINDOW_SECONDS`, player's clock."""
    samples: Samples16


def band_levels(samples: Samples16) -> Levels:
    """Samples (frames * FRAME,) -> levels (frames,)."""
    frames = samples.reshape(-1, FRAME).astype(np.float32) / 32768  # (frames, FRAME)
    spectrum = np.abs(np.fft.rfft(frames * _TAPER, axis=1)) ** 2  # (frames, FRAME / 2 + 1)
    low, high = LOW_HERTZ * FRAME // RATE, HIGH_HERTZ * FRAME // RATE
    power = spectrum[:, low : high + 1].sum(axis=1) * (2 / (FRAME * float((_TAPER**2).sum())))
    return (10 * np.log10(power + 1e-12)).astype(np.float32)


_TAPER = np.hanning(FRAME).astype(np.float32)


def voiced_frames(block: Levels, before: Levels) -> NDArray[np.bool_]:
    """(frames,) whether each frame of a block is louder than the noise.

    Args:
        before: the levels of up to `NOISE_FRAMES` frames before the block.
    """
    around = np.concatenate([before[-NOISE_FRAMES:], block])
    floor = min(float(np.percentile(around, NOISE_PERCENTILE)), float(np.percentile(block, NOISE_PERCENTILE)))
    return block > max(QUIETEST_DB, floor + MARGIN_DB)


def voice_windows(pieces: Iterable[SoundPiece]) -> Iterator[VoiceWindow]:
    """Windows in order of time, without overlap; a gap in the track ends a window."""
    sound: _Sound | None = None
    for piece in pieces:
        if sound is None or abs(piece.start_seconds - sound.end_seconds) > 1 / RATE:
            if sound is not None:
                yield from sound.finish()
            sound = _Sound(piece.start_seconds)
        yield from sound.feed(piece.samples)
    if sound is not None:
        yield from sound.finish()


@dataclass
class _Sound:
    """Sound without gaps, of which some is not yet assigned to a window or discarded."""

    start_seconds: float
    """Of the first remaining sample."""
    samples: Samples16 = field(default_factory=lambda: np.empty(0, np.int16))
    levels: list[float] = field(default_factory=list[float])
    """Levels of the judged frames among the samples."""
    voiced: list[bool] = field(default_factory=list[bool])
    history: Levels = field(default_factory=lambda: np.empty(0, np.float32))

    @property
    def end_seconds(self) -> float:
        return self.start_seconds + len(self.samples) / RATE

    def feed(self, samples: Samples16) -> Iterator[VoiceWindow]:
        self.samples = np.concatenate([self.samples, samples])
        while len(self.samples) - len(self.voiced) * FRAME >= BLOCK * FRAME:
            self._detect(BLOCK)
            yield from self._windows(is_last=False)

    def finish(self) -> Iterator[VoiceWindow]:
        rest = (len(self.samples) - len(self.voiced) * FRAME) // FRAME
        if rest:
            self._detect(rest)
        yield from self._windows(is_last=True)

    def _detect(self, frames: int) -> None:
        start = len(self.voiced) * FRAME
        block = band_levels(self.samples[start : start + frames * FRAME])
        self.voiced += voiced_frames(block, self.history).tolist()
        self.levels += block.tolist()
        self.history = np.concatenate([self.history, block])[-NOISE_FRAMES:]

    def _windows(self, *, is_last: bool) -> Iterator[VoiceWindow]:
        """Windows whose end is known; discards the sound that is no longer needed."""
        while (found := _first_run(self.voiced, is_last=is_last)) is not None:
            start, stop, is_complete = found
            most = round(LONGEST_WINDOW_SECONDS * RATE) // FRAME
            if stop - start > most:
                stop, is_complete = _quietest(self.levels, start + most // 2, start + most), True
            if not is_complete:
                break
            if sum(self.voiced[start:stop]) >= MIN_FRAMES:
                begin = self.start_seconds + start * FRAME / RATE
                samples = self.samples[start * FRAME : stop * FRAME]
                yield VoiceWindow(TimeSpan(begin, begin + len(samples) / RATE), samples.copy())
            self._discard(stop)
        if found is None:
            self._discard(len(self.voiced) - PAD_FRAMES)

    def _discard(self, frames: int) -> None:
        if frames <= 0:
            return
        self.samples = self.samples[frames * FRAME :].copy()
        self.start_seconds += frames * FRAME / RATE
        del self.levels[:frames]
        del self.voiced[:frames]


def _first_run(voiced: list[bool], *, is_last: bool) -> tuple[int, int, bool] | None:
    """The first run of voiced frames with its pauses and padding: (start, stop, whether its end is known)."""
    places = np.flatnonzero(np.asarray(voiced, bool))
    if not len(places):
        return None
    breaks = np.flatnonzero(np.diff(places) > PAUSE_FRAMES)
    last = int(places[breaks[0]]) if len(breaks) else int(places[-1])
    is_complete = is_last or bool(len(breaks)) or len(voiced) - last > PAUSE_FRAMES
    return max(0, int(places[0]) - PAD_FRAMES), min(len(voiced), last + 1 + PAD_FRAMES), is_complete


def _quietest(levels: list[float], start: int, stop: int) -> int:
    """Where a window that is too long is split: in the middle of its quietest fifth of a second."""
    width = 10
    smooth = np.convolve(np.asarray(levels[start:stop], np.float32), np.ones(width), mode="valid")
    return start + int(np.argmin(smooth)) + width // 2
