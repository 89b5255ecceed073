"""Voice activity detection: synthetic speech of espeak-ng at known times, in noise.

`python -m bench.voice` prints, for each kind of sound around the speech, how much of the spoken time lies in a window
and how much of the rest does too. A pause of up to 1.5 s inside a window counts as rest that was passed on. Needs the
program `espeak-ng`; leaves out what a speech model makes of the windows.
"""

import argparse
import io
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bench.support.table import print_table
from indexer.records import SoundPiece
from indexer.speech.voice_activity import FRAME, RATE, band_levels, voice_windows

VOICES = ("en-gb", "en-us+f3", "de+m3", "fr+f2", "es+m7", "it+f4", "sv", "pl+f1")
SENTENCES = (
    "The harbour is closed on Monday, said the captain.",
    "Please open your books at page forty two.",
    "A red car stops in front of the bakery.",
    "Nobody knew where the second key had gone; we looked for an hour.",
    "Yes.",
    "Seven plus five is twelve, and that is all there is to it.",
)
Sound = NDArray[np.float32]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=4.0, help="of sound for each row")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        print("espeak-ng is not installed; Debian and Ubuntu have a package of that name", file=sys.stderr)
        return 1
    rows: list[list[str]] = []
    for name, level_db in (
        ("silence", None),
        ("hiss", -30.0),
        ("hiss", -20.0),
        ("hiss", -10.0),
        ("hum and hiss", -20.0),
        ("steady chord", -20.0),
        ("plucked notes", -20.0),
    ):
        random = np.random.default_rng(given.seed)
        speech, spoken = _talk(given.minutes * 60, random)
        around = _around(name, len(speech), random)
        loudness = _rms(speech[np.repeat(spoken, FRAME)])
        scale = 0.0 if level_db is None else loudness * 10 ** (level_db / 20) / _rms(around)
        beside = (around * scale).astype(np.float32)
        kept, alone = _kept(speech + beside, len(spoken)), _kept(beside, len(spoken))
        label = name if level_db is None else f"{name}, {level_db:g} dB to the speech"
        rows.append(
            [
                label,
                f"{kept[spoken].mean():.3f}",
                f"{kept[~spoken].mean():.3f}",
                f"{alone.mean():.3f}",
            ]
        )
    print_table(["around the speech", "speech kept", "rest kept", "kept without any speech"], rows)
    return 0


def _talk(seconds: float, random: np.random.Generator) -> tuple[Sound, NDArray[np.bool_]]:
    """Synthesizes sentences with 2 to 12 s between them: (samples,), and (frames,) whether somebody speaks."""
    sound = np.zeros(round(seconds * RATE) // FRAME * FRAME, np.float32)
    place = round(float(random.uniform(1, 5)) * RATE)
    while True:
        said = _say(str(random.choice(SENTENCES)), str(random.choice(VOICES)), int(random.integers(120, 210)))
        if place + len(said) >= len(sound):
            break
        sound[place : place + len(said)] = said * random.uniform(0.3, 1.0)
        place += len(said) + round(float(random.uniform(2, 12)) * RATE)
    levels = band_levels((sound * 32767).astype(np.int16))
    return sound, levels > max(-60.0, float(np.percentile(levels[levels > -60], 95)) - 30)


def _say(text: str, voice: str, pace: int) -> Sound:
    """(samples,) at 16 kHz."""
    made = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(pace), "--stdout", text], check=True, capture_output=True
    ).stdout
    with wave.open(io.BytesIO(made)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(1 << 30), np.int16).astype(np.float32) / 32768
    wanted = np.arange(0, len(samples) / rate, 1 / RATE)
    return np.interp(wanted, np.arange(len(samples)) / rate, samples).astype(np.float32)


def _around(name: str, samples: int, random: np.random.Generator) -> Sound:
    times = np.arange(samples) / RATE
    if name == "silence":
        return np.zeros(samples, np.float32)
    hiss = random.standard_normal(samples)
    if name == "hum and hiss":
        return (hiss + 3 * np.sin(2 * np.pi * 50 * times) + np.sin(2 * np.pi * 150 * times)).astype(np.float32)
    if name == "steady chord":
        return sum((np.sin(2 * np.pi * f * times) for f in (220, 277.2, 329.6, 440)), hiss * 0.01).astype(np.float32)
    if name == "plucked notes":
        beat = times % 0.5
        note = 220 * 2 ** (random.integers(0, 12, size=samples * 2 // RATE + 2) / 12)
        pitch = note[(times / 0.5).astype(int)]
        tones = sum(np.sin(2 * np.pi * k * pitch * beat) / k for k in (1, 2, 3))
        return (tones * np.exp(-6 * beat) + hiss * 0.001).astype(np.float32)
    return hiss.astype(np.float32)


def _kept(sound: Sound, frames: int) -> NDArray[np.bool_]:
    """(frames,) whether each lies in a window."""
    samples = (np.clip(sound, -1, 1) * 32767).astype(np.int16)

    def pieces() -> Iterator[SoundPiece]:
        for start in range(0, len(samples), 5 * RATE):
            yield SoundPiece(start / RATE, samples[start : start + 5 * RATE])

    kept = np.zeros(frames, bool)
    for window in voice_windows(pieces()):
        first, last = window.span.start_seconds * RATE / FRAME, window.span.stop_seconds * RATE / FRAME
        kept[round(first) : round(last)] = True
    return kept


def _rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound**2)))


if __name__ == "__main__":
    raise SystemExit(main())
