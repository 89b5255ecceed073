"""Audio of a file as mono at 16 kHz, front to back with true times, in bounded memory.

Runs in the decoder child. Leaves out speech recognition.

An audio track has its own timestamps, which may start before or after the video's, and have gaps and jumps. Audio is
resampled in runs: within a run, samples are contiguous; a run ends where timestamps deviate from the sample count.
Times of samples rise strictly: overlapping audio is dropped.
"""

from collections.abc import Callable, Iterator

import av
import av.error
import numpy as np

from indexer.decode.protocol import AUDIO_CHUNK_SAMPLES
from indexer.decode.worker.av_types import AudioFrame, InputContainer, Packet
from indexer.decode.worker.stream_selection import choose_audio_stream, has_decoder
from indexer.records import AUDIO_RATE, Samples16

MAX_DRIFT_SECONDS = 0.1
"""A timestamp farther from the end of the samples so far starts a new run. Timestamps in whole milliseconds and
clock drift stay within it."""
_MAX_READ_ERRORS = 32
"""Consecutive failed reads after which reading stops."""


class AudioTrackReader:
    """The audio track of an open container, as chosen by `choose_audio_stream`."""

    def __init__(self, container: InputContainer, start_seconds: float, on_progress: Callable[[], None]) -> None:
        """
        Args:
            start_seconds: container time of 0 on the player's clock, as in `VideoProbe`.
        """
        self._container = container
        self._start = start_seconds
        self._on_progress = on_progress
        self._stream = choose_audio_stream(container)
        self._bad_packets = 0
        self._is_cut = False
        self.packets = 0
        """Read so far."""
        self.reason = ""
        """What the decoder said of the last damage."""
        self.stop_seconds = 0.0
        """Time on the player's clock up to which samples were yielded; none lie before 0."""

    @property
    def found(self) -> bool:
        """Whether the file has an audio track."""
        return self._stream is not None

    def warnings(self) -> tuple[str, ...]:
        """After reading: descriptions of the damage, for users."""
        detail = f" ({self.reason})" if self.reason else ""
        lines: list[str] = []
        if self._stream is not None and not has_decoder(self._stream):
            lines.append("the audio cannot be decoded: FFmpeg has no decoder for its codec")
        if self._is_cut:
            lines.append(f"the audio is damaged or truncated after {self.stop_seconds:.1f} s{detail}")
        if self._bad_packets:
            lines.append(f"{self._bad_packets} of {self.packets} audio packets are unreadable{detail}")
        return tuple(lines)

    def pieces(self) -> Iterator[tuple[float, Samples16]]:
        """(time of the first sample, samples): rising times from 0 on, at most `AUDIO_CHUNK_SAMPLES` samples each."""
        if self._stream is None or not has_decoder(self._stream):
            return
        pending: list[Samples16] = []
        begin = 0.0
        for seconds, samples in self._without_overlaps():
            end = begin + sum(map(len, pending)) / AUDIO_RATE
            if pending and abs(seconds - end) > 0.5 / AUDIO_RATE:
                yield from _chunks(begin, pending)
                pending = []
            begin = begin if pending else seconds
            pending.append(samples)
            while sum(map(len, pending)) >= AUDIO_CHUNK_SAMPLES:
                joined = np.concatenate(pending)
                yield begin, joined[:AUDIO_CHUNK_SAMPLES]
                pending, begin = [joined[AUDIO_CHUNK_SAMPLES:]], begin + AUDIO_CHUNK_SAMPLES / AUDIO_RATE
        yield from _chunks(begin, pending)

    def _without_overlaps(self) -> Iterator[tuple[float, Samples16]]:
        for seconds, samples in self._resampled():
            early = max(0, round((self.stop_seconds - seconds) * AUDIO_RATE))
            new_samples = samples[early:]
            if len(new_samples):
                begin = seconds + early / AUDIO_RATE
                self.stop_seconds = begin + len(new_samples) / AUDIO_RATE
                yield begin, new_samples

    def _resampled(self) -> Iterator[tuple[float, Samples16]]:
        """Samples run by run. Times count from the first frame of the run."""
        resampler: av.AudioResampler | None = None
        anchor, given, taken_seconds = 0.0, 0, 0.0
        for frame in self._frames():
            at = anchor + taken_seconds if frame.pts is None else float(frame.pts * self._tick) - self._start
            if resampler is None or abs(at - anchor - taken_seconds) > MAX_DRIFT_SECONDS:
                yield from _flushed(resampler, anchor + given / AUDIO_RATE)
                resampler, anchor, given, taken_seconds = _resampler(), at, 0, 0.0
            try:
                ready = resampler.resample(frame)
            except (av.error.FFmpegError, ValueError):  # the sample rate or layout changes here
                yield from _flushed(resampler, anchor + given / AUDIO_RATE)
                resampler, anchor, given, taken_seconds = _resampler(), at, 0, 0.0
                ready = self._resample_or_skip(resampler, frame)
            taken_seconds += frame.samples / frame.sample_rate if frame.sample_rate else 0.0
            for piece in ready:
                samples = piece.to_ndarray()[0].astype(np.int16, copy=False)
                yield anchor + given / AUDIO_RATE, samples
                given += len(samples)
        yield from _flushed(resampler, anchor + given / AUDIO_RATE)

    def _resample_or_skip(self, resampler: av.AudioResampler, frame: AudioFrame) -> list[AudioFrame]:
        try:
            return resampler.resample(frame)
        except (av.error.FFmpegError, ValueError) as error:
            self._bad_packets += 1
            self.reason = str(getattr(error, "strerror", None) or error)
            return []

    @property
    def _tick(self) -> float:
        assert self._stream is not None
        return float(self._stream.time_base or 0)

    def _frames(self) -> Iterator[AudioFrame]:
        assert self._stream is not None
        for packet in self._read_packets():
            self._on_progress()
            self.packets += packet is not None
            try:
                yield from self._stream.decode(packet)  # pyright: ignore[reportArgumentType] - None drains
            except av.error.EOFError:
                continue
            except (av.error.FFmpegError, ValueError) as error:
                self._bad_packets += 1
                self.reason = str(getattr(error, "strerror", None) or error)

    def _read_packets(self) -> Iterator[Packet | None]:
        """Packets of the track, then None to flush the decoder. Reading continues after damaged packets."""
        failures = 0
        while failures < _MAX_READ_ERRORS:
            try:
                for packet in self._container.demux(self._stream):
                    failures = 0
                    if packet.size or packet.dts is not None:
                        yield packet
                break
            except (av.error.FFmpegError, OSError) as error:
                failures += 1
                self.reason = str(getattr(error, "strerror", None) or error)
        else:
            self._is_cut = True
        yield None


def _resampler() -> av.AudioResampler:
    return av.AudioResampler(format="s16", layout="mono", rate=AUDIO_RATE)


def _flushed(resampler: av.AudioResampler | None, seconds: float) -> Iterator[tuple[float, Samples16]]:
    """The samples left in a resampler at the end of a run."""
    if resampler is None:
        return
    try:
        ready = resampler.resample(None)
    except (av.error.FFmpegError, ValueError):  # the resampler received no frame
        return
    for piece in ready:
        samples = piece.to_ndarray()[0].astype(np.int16, copy=False)
        yield seconds, samples
        seconds += len(samples) / AUDIO_RATE


def _chunks(begin: float, pending: list[Samples16]) -> Iterator[tuple[float, Samples16]]:
    joined = np.concatenate(pending) if pending else np.empty(0, np.int16)
    for offset in range(0, len(joined), AUDIO_CHUNK_SAMPLES):
        yield begin + offset / AUDIO_RATE, joined[offset : offset + AUDIO_CHUNK_SAMPLES]
