"""Videos with sound whose every click has a known time, written here with PyAV."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray
from scipy.signal import lfilter

from indexer.records import AUDIO_RATE, SoundPiece
from tests.helpers.media import TICK, numbered_picture

RATE = 48_000
CLICK_SECONDS = 0.5
"""Clicks come at every multiple of this on the player's clock."""


def clicks(seconds: float, *, rate: int = RATE) -> NDArray[np.float32]:
    """(samples,) silence with a 2 ms burst at each multiple of `CLICK_SECONDS`."""
    sound = np.zeros(round(seconds * rate), np.float32)
    burst = np.sin(np.arange(rate // 500) * 2 * np.pi * 4000 / rate).astype(np.float32) * 0.8
    for place in range(0, len(sound) - len(burst), round(CLICK_SECONDS * rate)):
        sound[place : place + len(burst)] = burst
    return sound


def synthetic_voice(seconds: float, spans: Sequence[tuple[float, float]]) -> NDArray[np.float32]:
    """(samples,) near silence with sung vowels, which pass for a voice, at the given times."""
    random = np.random.default_rng(7)
    sound = random.standard_normal(round(seconds * RATE)).astype(np.float32) * 0.0005
    for start, stop in spans:
        first, last = round(start * RATE), min(round(stop * RATE), len(sound))
        sound[first:last] += _vowels(last - first)
    return sound


def _vowels(count: int) -> NDArray[np.float32]:
    """A gliding pulse train through three resonances (formants) that change five times a second."""
    time = np.arange(count) / RATE
    pitch = 120 * (1 + 0.15 * np.sin(2 * np.pi * 0.9 * time) + 0.03 * np.sin(2 * np.pi * 5 * time))
    source = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0.0)
    source += 0.02 * np.random.default_rng(1).standard_normal(count)
    formants = [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410)]
    sung = np.zeros(count, np.float32)
    step = round(0.18 * RATE)
    for number, first in enumerate(range(0, count, step)):
        vowel = source[first : first + step]
        for hertz, width in zip(formants[number % len(formants)], (80, 90, 120), strict=True):
            radius, angle = np.exp(-np.pi * width / RATE), 2 * np.pi * hertz / RATE
            vowel = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius * radius], vowel)
        sung[first : first + step] = vowel * np.sqrt(np.hanning(len(vowel)))
    return (0.3 * sung / max(1e-9, float(np.abs(sung).max()))).astype(np.float32)


def write_talkie(
    path: Path,
    times_ms: Sequence[int],
    *,
    codec: str = "libx264",
    sound_codec: str = "aac",
    offset_ms: int = 0,
    sound_lag_ms: int = 0,
    container: str | None = None,
    options: dict[str, str] | None = None,
    width: int = 64,
    height: int = 48,
    key_every: int = 12,
    pixel_format: str = "yuv420p",
    given_sound: NDArray[np.float32] | None = None,
    stop_seconds: float | None = None,
) -> Path:
    """Numbered pictures at these times, clicks or the given sound beside them; all moved by `offset_ms` in the file.

    Args:
        sound_lag_ms: the sound's first sample lies so much after the first picture.
        stop_seconds: when the sound stops; None: 0.1 s after the last picture begins.
    """
    stop_seconds = stop_seconds or (times_ms[-1] + 100) / 1000
    whole = clicks(stop_seconds) if given_sound is None else given_sound[: round(stop_seconds * RATE)]
    sound = whole[round(sound_lag_ms * RATE / 1000) :]
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.time_base = stream.time_base = TICK
        stream.codec_context.gop_size = key_every
        audio = output.add_stream(sound_codec, rate=RATE, layout="mono")
        format_name = audio.codec_context.format.name if audio.codec_context.format else "fltp"
        place = 0
        for number, time in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number, width=width, height=height), format="rgb24")
            frame.pts, frame.time_base = time + offset_ms, TICK
            output.mux(stream.encode(frame))
            until = min(len(sound), round((time / 1000 + 0.2) * RATE))
            while place + 1024 <= until:
                _sound(output, audio, sound[place : place + 1024], place, offset_ms + sound_lag_ms, format_name)
                place += 1024
        while place < len(sound):
            _sound(output, audio, sound[place : place + 1024], place, offset_ms + sound_lag_ms, format_name)
            place += 1024
        output.mux(stream.encode(None))
        output.mux(audio.encode(None))
    return path


def _sound(output: object, audio: object, samples: NDArray[np.float32], place: int, lag_ms: int, name: str) -> None:
    frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
    frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
    frame.pts = place + round(lag_ms * RATE / 1000)
    output.mux(audio.encode(frame))  # pyright: ignore


def click_times(pieces: Iterable[SoundPiece]) -> list[float]:
    """When the clicks of decoded sound begin, seconds."""
    found: list[float] = []
    for piece in pieces:
        for place in np.flatnonzero(np.abs(piece.samples.astype(np.int32)) > 8000):
            moment = piece.start_seconds + place / AUDIO_RATE
            if not found or moment - found[-1] > CLICK_SECONDS / 2:
                found.append(float(moment))
    return found


def heard_clicks(path: Path) -> tuple[list[float], float]:
    """(when the clicks begin, when the sound stops), seconds on the file's own clock."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        pieces: list[tuple[float, NDArray[np.float32]]] = []
        resampler = av.AudioResampler("fltp", "mono", RATE)
        for frame in container.decode(stream):
            begin = frame.time
            pieces += [(begin, ready.to_ndarray()[0]) for ready in resampler.resample(frame)]
    stop = pieces[-1][0] + len(pieces[-1][1]) / RATE
    sound = np.zeros(round(stop * RATE) + 1024, np.float32)
    for begin, samples in pieces:
        place = round(begin * RATE)
        kept = samples[max(0, -place) :]
        sound[max(0, place) : max(0, place) + len(kept)] = kept[: len(sound) - max(0, place)]
    loud = np.flatnonzero(np.abs(sound) > 0.25) / RATE
    found: list[float] = []
    for moment in loud:
        if not found or moment - found[-1] > CLICK_SECONDS / 2:
            found.append(float(moment))
    return found, stop


def remuxed_talks(recording: Path, folder: Path) -> dict[str, float]:
    """One recording as the sound of several videos; returns their names, and how much later each begins to speak."""
    folder.mkdir()
    sound = read_sound(recording)
    late = np.concatenate([np.zeros(3 * RATE, np.float32), sound])
    milliseconds = range(0, round(len(late) / RATE * 1000), 200)
    write_talkie(folder / "talk.mp4", milliseconds, given_sound=sound)
    write_talkie(folder / "late.mkv", milliseconds, given_sound=late, sound_lag_ms=3000)
    write_talkie(folder / "hours.ts", milliseconds, given_sound=sound, offset_ms=36_000_000, container="mpegts")
    return {"talk.mp4": 0.0, "late.mkv": 3.0, "hours.ts": 0.0}


def read_sound(recording: Path, *, rate: int = RATE) -> NDArray[np.float32]:
    """(samples,) of a sound file, mono."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    with av.open(str(recording)) as opened:
        frames = [frame for given in [*opened.decode(audio=0), None] for frame in resampler.resample(given)]
    return np.concatenate([np.asarray(frame.to_ndarray(), np.float32)[0] for frame in frames])


def write_recording(
    path: Path,
    sound: NDArray[np.float32],
    *,
    sound_codec: str = "aac",
    container: str | None = None,
    rate: int = RATE,
    lag_ms: int = 0,
    gap: tuple[float, float] | None = None,
    cover: NDArray[np.uint8] | None = None,
    tags: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A file with sound alone.

    Args:
        rate: of the sound in Hz.
        lag_ms: the sound's first sample lies so much after 0 in the file.
        gap: (time, seconds) of a hole in the track: what comes from that time on is moved.
        cover: attached as a picture.
    """
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        output.metadata.update(tags or {})
        picture = _add_cover(output, cover)
        audio = output.add_stream(sound_codec, rate=rate, layout="mono")
        audio.bit_rate = 96_000
        if picture is not None:
            output.mux(picture)
        size = audio.codec_context.frame_size or 1024
        whole = audio.codec_context.format is not None and audio.codec_context.format.name.startswith("s16")
        for place in range(0, len(sound), size):
            piece = sound[None, place : place + size]
            samples = (piece * 32767).astype(np.int16) if whole else piece
            frame = av.AudioFrame.from_ndarray(samples, format="s16" if whole else "fltp", layout="mono")
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            hole = gap[1] if gap is not None and place / rate >= gap[0] else 0.0
            frame.pts = place + round((lag_ms / 1000 + hole) * rate)
            output.mux(audio.encode(frame))
        output.mux(audio.encode(None))
    return path


def _add_cover(output: av.container.OutputContainer, cover: NDArray[np.uint8] | None) -> av.packet.Packet | None:
    if cover is None:
        return None
    stream = output.add_stream("mjpeg", rate=1)
    stream.height, stream.width, stream.pix_fmt = cover.shape[0], cover.shape[1], "yuvj420p"
    stream.disposition = Disposition.attached_pic
    frame = av.VideoFrame.from_ndarray(cover, format="rgb24")
    frame.pts = 0
    (packet,) = [*stream.encode(frame), *stream.encode(None)]
    return packet
