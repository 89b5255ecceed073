"""Voice activity: sound -> the stretches in which somebody may be speaking, as windows that a speech model hears whole.

Pure. Not a model: energy in the band of speech against the noise around it. It is made to miss nothing: music and other
loud things that come and go pass, and are left to the model's own judgement (`speech_policy`). What never passes is
silence and steady noise, in which speech models invent text.

Sound is looked at in frames of 20 ms, in blocks of 5 s, so the windows do not depend on how the sound was cut into
pieces; memory is bounded by one window and one block.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexer.records import Samples16, SoundPiece, TimeSpan

RATE = 16_000
FRAME = RATE // 50
"""Samples of 20 ms, in which speech is taken as steady in speech coding."""
BLOCK = 250
"""Frames that are judged together: 5 s, within which a speaker pauses."""
LONGEST_WINDOW_SECONDS = 30.0
"""What Whisper hears at once (Radford et al. 2022, section 2.1)."""
LOW_HERTZ, HIGH_HERTZ = 200, 3800
"""Where speech has its energy; hum lies below and most hiss above."""
QUIETEST_DB = -60.0
"""Of full scale, in the band: below it nothing is speech that anybody recorded on purpose."""
MARGIN_DB = 9.0
"""Speech stands out from the noise by so much."""
FLOOR_SHARE = 10
"""Percentile of the frames that tells the noise: even fast talk has a tenth of pauses."""
FLOOR_FRAMES = 1500
"""The noise is that of the last 30 s or of the block, the lower of the two: after a jingle speech is found at once."""
SHORTEST_FRAMES = 12
"""0.24 s: shorter is a click."""
PAUSE_FRAMES = 75
"""1.5 s: a longer silence ends a window."""
PAD_FRAMES = 12
"""0.24 s on both sides: words begin and end softly."""

VOICE_VERSION = f"voice-1, {MARGIN_DB:g} dB above noise, pauses {PAUSE_FRAMES}"
"""Changes whenever the same sound may give other windows."""

Levels = NDArray[np.float32]
"""(frames,) energy in the band of speech, dB of full scale."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceWindow:
    """Sound in which somebody may be speaking."""

    span: TimeSpan
    """At most `LONGEST_WINDOW_SECONDS`, player's clock."""
    samples: Samples16


def band_levels(samples: Samples16) -> Levels:
    """(frames * FRAME,) -> (frames,)."""
    frames = samples.reshape(-1, FRAME).astype(np.float32) / 32768  # (frames, FRAME)
    spectrum = np.abs(np.fft.rfft(frames * _SHAPE, axis=1)) ** 2  # (frames, FRAME / 2 + 1)
    low, high = LOW_HERTZ * FRAME // RATE, HIGH_HERTZ * FRAME // RATE
    power = spectrum[:, low : high + 1].sum(axis=1) * (2 / (FRAME * float((_SHAPE**2).sum())))
    return (10 * np.log10(power + 1e-12)).astype(np.float32)


_SHAPE = np.hanning(FRAME).astype(np.float32)


def voiced_frames(block: Levels, before: Levels) -> NDArray[np.bool_]:
    """(frames,) whether each frame of a block stands out from the noise.

    Args:
        before: the levels of up to `FLOOR_FRAMES` frames before the block.
    """
    around = np.concatenate([before[-FLOOR_FRAMES:], block])
    floor = min(float(np.percentile(around, FLOOR_SHARE)), float(np.percentile(block, FLOOR_SHARE)))
    return block > max(QUIETEST_DB, floor + MARGIN_DB)


def voice_windows(pieces: Iterable[SoundPiece]) -> Iterator[VoiceWindow]:
    """Windows in order, which never overlap; a pause of the track ends one."""
    stretch: _Stretch | None = None
    for piece in pieces:
        if stretch is None or abs(piece.start_seconds - stretch.end_seconds) > 1 / RATE:
            if stretch is not None:
                yield from stretch.finish()
            stretch = _Stretch(piece.start_seconds)
        yield from stretch.feed(piece.samples)
    if stretch is not None:
        yield from stretch.finish()


@dataclass
class _Stretch:
    """Sound without a break, and what of it is not decided yet."""

    start_seconds: float
    """Of the first sample that is still kept."""
    samples: Samples16 = field(default_factory=lambda: np.empty(0, np.int16))
    levels: list[float] = field(default_factory=list[float])
    """Of the judged frames among the samples."""
    voiced: list[bool] = field(default_factory=list[bool])
    history: Levels = field(default_factory=lambda: np.empty(0, np.float32))

    @property
    def end_seconds(self) -> float:
        return self.start_seconds + len(self.samples) / RATE

    def feed(self, samples: Samples16) -> Iterator[VoiceWindow]:
        self.samples = np.concatenate([self.samples, samples])
        while len(self.samples) - len(self.voiced) * FRAME >= BLOCK * FRAME:
            self._judge(BLOCK)
            yield from self._windows(is_last=False)

    def finish(self) -> Iterator[VoiceWindow]:
        rest = (len(self.samples) - len(self.voiced) * FRAME) // FRAME
        if rest:
            self._judge(rest)
        yield from self._windows(is_last=True)

    def _judge(self, frames: int) -> None:
        start = len(self.voiced) * FRAME
        block = band_levels(self.samples[start : start + frames * FRAME])
        self.voiced += voiced_frames(block, self.history).tolist()
        self.levels += block.tolist()
        self.history = np.concatenate([self.history, block])[-FLOOR_FRAMES:]

    def _windows(self, *, is_last: bool) -> Iterator[VoiceWindow]:
        """Windows whose end is known; what they need no more is forgotten."""
        while (found := _first_run(self.voiced, is_last=is_last)) is not None:
            start, stop, is_whole = found
            most = round(LONGEST_WINDOW_SECONDS * RATE) // FRAME
            if stop - start > most:
                stop, is_whole = _quietest(self.levels, start + most // 2, start + most), True
            if not is_whole:
                break
            if sum(self.voiced[start:stop]) >= SHORTEST_FRAMES:
                begin = self.start_seconds + start * FRAME / RATE
                kept = self.samples[start * FRAME : stop * FRAME]
                yield VoiceWindow(TimeSpan(begin, begin + len(kept) / RATE), kept.copy())
            self._forget(stop)
        if found is None:
            self._forget(len(self.voiced) - PAD_FRAMES)

    def _forget(self, frames: int) -> None:
        if frames <= 0:
            return
        self.samples = self.samples[frames * FRAME :].copy()
        self.start_seconds += frames * FRAME / RATE
        del self.levels[:frames]
        del self.voiced[:frames]


def _first_run(voiced: list[bool], *, is_last: bool) -> tuple[int, int, bool] | None:
    """The first run of voiced frames, with pauses of up to `PAUSE_FRAMES` and its padding: (start, stop, is whole)."""
    places = np.flatnonzero(np.asarray(voiced, bool))
    if not len(places):
        return None
    breaks = np.flatnonzero(np.diff(places) > PAUSE_FRAMES)
    last = int(places[breaks[0]]) if len(breaks) else int(places[-1])
    is_whole = is_last or bool(len(breaks)) or len(voiced) - last > PAUSE_FRAMES
    return max(0, int(places[0]) - PAD_FRAMES), min(len(voiced), last + 1 + PAD_FRAMES), is_whole


def _quietest(levels: list[float], start: int, stop: int) -> int:
    """Where a window that is too long is cut: in the middle of the quietest fifth of a second."""
    width = 10
    smooth = np.convolve(np.asarray(levels[start:stop], np.float32), np.ones(width), mode="valid")
    return start + int(np.argmin(smooth)) + width // 2
