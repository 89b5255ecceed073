"""The voice embedder: stretches of speech in, vectors out that are near each other where the same person speaks.

The GE2E voice encoder (Wan et al. 2018) with the weights of the package resemblyzer, whose own code needs a compiler to
be installed, and a namespace that SciPy is about to remove. The network is PyTorch's LSTM, as there; the mel
spectrogram is that of transformers, and equals librosa's within 1e-5.
"""

import threading
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from indexer.errors import ModelBrokenError
from indexer.models.weights.voice_models import VOICE_PACKAGE
from indexer.records import AUDIO_RATE

WINDOW_SAMPLES = 25_600
"""1.6 s, the length with which the encoder was trained."""
DIM = 256
_MELS, _HIDDEN, _LAYERS = 40, 256, 3
_FRAME_SAMPLES, _HOP_SAMPLES = 400, 160
_FRAMES = WINDOW_SAMPLES // _HOP_SAMPLES
_LOUDNESS_DB = -30.0
"""Quieter sound is amplified to this mean level, as resemblyzer does."""
_BATCH = 64

VoiceVectors = NDArray[np.float32]
"""(n, DIM), every row of unit length."""


def load_voice_embedder() -> "VoiceEmbedder":
    """Loads the encoder.

    Raises:
        ModelMissingError: the package is not installed.
        ModelBrokenError: its file is not the original, or cannot be loaded.
    """
    weights = VOICE_PACKAGE.find()
    network = _VoiceEncoder()
    try:
        # A pickle: only tensors are read from it.
        stored: Any = torch.load(weights.directory / VOICE_PACKAGE.weights_file, map_location="cpu", weights_only=True)
        known = network.state_dict()
        network.load_state_dict({name: value for name, value in stored["model_state"].items() if name in known})
    except Exception as error:
        raise ModelBrokenError(f"the voice model in {weights.directory} cannot be loaded: {error}") from error
    return VoiceEmbedder(network.eval(), f"{weights.name} {weights.fingerprint} torch {version('torch')}")


class VoiceEmbedder:
    """A loaded voice encoder, on the processor. Thread-safe."""

    window_samples = WINDOW_SAMPLES

    def __init__(self, network: "_VoiceEncoder", name: str) -> None:
        self._network, self.name = network, name
        self._lock = threading.Lock()

    def embed(self, windows: NDArray[np.float32]) -> VoiceVectors:
        """(n, WINDOW_SAMPLES) sound at 16 kHz, of full scale 1 -> (n, DIM)."""
        if not len(windows):
            return np.empty((0, DIM), np.float32)
        mels = np.stack([_mel_spectrogram(window) for window in windows])  # (n, _FRAMES, _MELS)
        with self._lock, torch.inference_mode():
            batches = [self._network(torch.from_numpy(mels[n : n + _BATCH])) for n in range(0, len(mels), _BATCH)]
            return torch.cat(batches).numpy()


class _VoiceEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(_MELS, _HIDDEN, _LAYERS, batch_first=True)
        self.linear = nn.Linear(_HIDDEN, DIM)

    def forward(self, mels: torch.Tensor) -> torch.Tensor:
        """(n, frames, _MELS) -> (n, DIM)."""
        _, (hidden, _) = self.lstm(mels)
        vectors = torch.relu(self.linear(hidden[-1]))
        return vectors / vectors.norm(dim=1, keepdim=True).clamp(min=1e-6)


def _mel_spectrogram(window: NDArray[np.float32]) -> NDArray[np.float32]:
    """(WINDOW_SAMPLES,) -> (_FRAMES, _MELS): power, not its logarithm."""
    from transformers.audio_utils import spectrogram, window_function

    power: Any = spectrogram(
        _amplified(window),
        window_function(_FRAME_SAMPLES, "hann"),
        frame_length=_FRAME_SAMPLES,
        hop_length=_HOP_SAMPLES,
        power=2.0,
        pad_mode="constant",
        mel_filters=_mel_filters(),
    )
    return np.ascontiguousarray(np.asarray(power, np.float32).T[:_FRAMES])


@cache
def _mel_filters() -> Any:
    """(frequencies, _MELS), as librosa makes them."""
    from transformers.audio_utils import mel_filter_bank

    return mel_filter_bank(
        num_frequency_bins=_FRAME_SAMPLES // 2 + 1,
        num_mel_filters=_MELS,
        min_frequency=0.0,
        max_frequency=AUDIO_RATE / 2,
        sampling_rate=AUDIO_RATE,
        norm="slaney",
        mel_scale="slaney",
    )


def _amplified(window: NDArray[np.float32]) -> NDArray[np.float32]:
    level = float(np.sqrt(np.mean(np.square(window, dtype=np.float64))))
    wanted = 10 ** (_LOUDNESS_DB / 20)
    return window * np.float32(wanted / level) if 0 < level < wanted else window
