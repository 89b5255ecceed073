"""Encoding of the AAC track of an MP4, with every sample at its exact time.

Runs in the media worker. Gaps in the source become silence and overlaps are dropped, so that the n-th sample plays at
n / rate.
"""

import av
import av.audio.resampler
import numpy as np
from numpy.typing import NDArray

from indexer.decode.worker.av_types import AudioFrame, AudioStream, OutputContainer

Samples = NDArray[np.float32]
"""(channels, samples), -1 to 1."""
AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_SLACK_SECONDS = 0.04
"""Smaller deviations are not gaps: times may be rounded (Matroska counts milliseconds), and nobody hears the shift."""
_PIECE_SAMPLES = 1024


class AudioEncoder:
    """An AAC track. Samples before 0 and from `stop_seconds` on are dropped."""

    def __init__(self, output: OutputContainer, source: AudioStream | None, *, stop_seconds: float) -> None:
        """
        Args:
            source: its sample rate and channels are kept. None for audio from several files: 48 kHz stereo.
        """
        rate = source.rate if source is not None and source.rate in AAC_RATES else 48000
        channels = 1 if source is not None and source.codec_context.channels == 1 else 2
        self._rate, self._channels = rate, channels
        self._layout = "mono" if channels == 1 else "stereo"
        self._output = output
        self._stream = output.add_stream("aac", rate=rate, layout=self._layout)
        self._stream.bit_rate = 96_000 * channels
        self._stop = max(1, round(stop_seconds * rate)) if stop_seconds < float("inf") else 1 << 62
        self._written = 0
        self._resampler: av.audio.resampler.AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None
        self._next = 0
        """Index of the next resampled sample, while the source has no gap."""

    @property
    def is_full(self) -> bool:
        return self._written >= self._stop

    def add(self, seconds: float, frame: AudioFrame) -> None:
        """Add audio that starts at `seconds` in the output, which may be negative."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        index = round(seconds * self._rate)
        if self._resampler is None or shape != self._shape or abs(index - self._next) > _SLACK_SECONDS * self._rate:
            self._drain()
            self._resampler = av.audio.resampler.AudioResampler("fltp", self._layout, self._rate)
            self._shape, self._next = shape, index
        frame.pts = None
        for ready in self._resampler.resample(frame):
            self._put(ready)

    def finish(self, stop_seconds: float) -> None:
        """Pad with silence to the end of the video, and flush the encoder."""
        self._drain()
        stop = min(self._stop, round(stop_seconds * self._rate))
        if self._written < stop:
            self._fill(stop)
        self._output.mux(self._stream.encode(None))

    def _drain(self) -> None:
        if self._resampler is not None:
            for ready in self._resampler.resample(None):
                self._put(ready)
        self._resampler = None

    def _put(self, frame: AudioFrame) -> None:
        samples = np.asarray(frame.to_ndarray(), np.float32)
        begin, self._next = self._next, self._next + samples.shape[1]
        if begin > self._written:
            self._fill(min(begin, self._stop))
        samples = samples[:, max(0, self._written - begin) : max(0, self._stop - begin)]
        self._write(samples)

    def _fill(self, stop: int) -> None:
        while self._written < stop:
            count = min(_PIECE_SAMPLES * 64, stop - self._written)
            self._write(np.zeros((self._channels, count), np.float32))

    def _write(self, samples: Samples) -> None:
        if not samples.shape[1]:
            return
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts = self._rate, self._written
        self._written += samples.shape[1]
        self._output.mux(self._stream.encode(frame))
