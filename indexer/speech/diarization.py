"""Diarization: who speaks when, from vectors of short stretches of speech. Pure, but for the voice model that is given.

Speech is cut into overlapping windows, whose vectors are clustered; each window then goes to the nearest cluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering

from indexer.records import AUDIO_RATE, Samples16, SampleSpan, TimedText, TimeSpan

STEP_SAMPLES = 6_400
"""0.4 s, for each of which one voice is found."""
PAUSE_SECONDS = 0.2
"""A longer silence may separate two turns."""
VOICE_DISTANCE = 0.3
"""Mean cosine distance above which two clusters are two voices. Tuned on conversation.wav and meeting_dev00.wav of
shared/speech; `bench.voices` prints what it gives on all."""
LEAST_VOICE_SECONDS = 3.0
"""A cluster with less speech is no voice: a cough, a laugh, two people at once. It goes to the nearest one."""
CLUSTERED_AT_ONCE = 1500
"""Windows, of 10 minutes of speech: the distances of all pairs take 9 MB. Longer sounds are clustered in parts, and
then the clusters of the parts."""

Vectors = NDArray[np.float32]


class VoiceModel(Protocol):
    """Embeds windows of speech: `indexer.models.voice_embedder.VoiceEmbedder`."""

    name: str
    window_samples: int
    """Length of a window: shorter ones tell voices apart badly, longer ones hold two."""

    def embed(self, windows: NDArray[np.float32]) -> Vectors: ...


@dataclass(frozen=True, slots=True, eq=False)
class VoiceWindows:
    """Stretches of speech of one sound with their vectors."""

    spans: tuple[TimeSpan, ...]
    """Of `STEP_SAMPLES` or less, in order of time."""
    vectors: Vectors
    """(n, dim), unit length, each of the window around its span."""


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """The voices of one video."""

    spans: tuple[TimeSpan, ...]
    labels: tuple[int, ...]
    """For each span the number of its voice, from 0 in order of appearance."""
    vectors: Vectors
    """(voices, dim), unit length."""
    seconds: tuple[float, ...]
    """How long each voice speaks."""


def embed_voice_windows(
    samples: Samples16, speech: Sequence[SampleSpan], *, start_seconds: float, model: VoiceModel
) -> VoiceWindows:
    """The windows of a block of sound.

    Args:
        speech: where somebody speaks, without pauses.
        start_seconds: of the block, player's clock.
    """
    width = model.window_samples
    padded = np.pad(samples, (width, width)).astype(np.float32) / np.float32(32768)
    spans: list[TimeSpan] = []
    windows: list[NDArray[np.float32]] = []
    for start, stop in speech:
        for begin in range(start, stop, STEP_SAMPLES):
            end = min(begin + STEP_SAMPLES, stop)
            left = (begin + end) // 2 - width // 2
            if stop - start >= width:  # inside the speech where that is long enough
                left = min(max(left, start), stop - width)
            windows.append(padded[left + width : left + 2 * width])
            spans.append(TimeSpan(start_seconds + begin / AUDIO_RATE, start_seconds + end / AUDIO_RATE))
    stacked = np.stack(windows) if windows else np.empty((0, width), np.float32)  # (n, window_samples)
    return VoiceWindows(tuple(spans), model.embed(stacked))


def tell_voices_apart(blocks: Sequence[VoiceWindows]) -> Voices | None:
    """The voices of all blocks of a video; None without speech."""
    spans = tuple(span for block in blocks for span in block.spans)
    if not spans:
        return None
    vectors = np.concatenate([block.vectors for block in blocks])
    durations = np.asarray([span.duration_seconds for span in spans])
    centroids = _centroids(vectors, _cluster(vectors))
    nearest = (vectors @ centroids.T).argmax(axis=1)
    seconds = np.bincount(nearest, durations, minlength=len(centroids))
    long_enough = seconds >= LEAST_VOICE_SECONDS
    centroids = centroids[long_enough if long_enough.any() else seconds == seconds.max()]
    nearest = (vectors @ centroids.T).argmax(axis=1)
    order = list(dict.fromkeys(nearest.tolist()))
    labels = tuple(order.index(label) for label in nearest.tolist())
    own = tuple(float(durations[nearest == label].sum()) for label in order)
    return Voices(spans, labels, centroids[order], own)


def assign_voices(texts: Sequence[TimedText], voices: Voices) -> list[int]:
    """For each text the voice that speaks longest in its span; -1 where none does."""
    starts = np.asarray([span.start_seconds for span in voices.spans])
    stops = np.asarray([span.stop_seconds for span in voices.spans])
    labels = np.asarray(voices.labels)
    found: list[int] = []
    for text in texts:
        shared = np.minimum(stops, text.span.stop_seconds) - np.maximum(starts, text.span.start_seconds)
        seconds = np.bincount(labels, np.maximum(shared, 0.0), minlength=len(voices.seconds))
        found.append(int(seconds.argmax()) if seconds.max() > 0 else -1)
    return found


def _cluster(vectors: Vectors) -> NDArray[np.int64]:
    """(n,) number of the cluster of each vector."""
    if len(vectors) <= CLUSTERED_AT_ONCE:
        return _agglomerate(vectors)
    parts = [vectors[n : n + CLUSTERED_AT_ONCE] for n in range(0, len(vectors), CLUSTERED_AT_ONCE)]
    of_parts = [_agglomerate(part) for part in parts]
    centroids = [_centroids(part, labels) for part, labels in zip(parts, of_parts, strict=True)]
    merged = _cluster(np.concatenate(centroids))
    firsts = np.cumsum([0, *(len(found) for found in centroids)])
    return np.concatenate([merged[first + labels] for first, labels in zip(firsts, of_parts, strict=False)])


def _agglomerate(vectors: Vectors) -> NDArray[np.int64]:
    if len(vectors) == 1:
        return np.zeros(1, np.int64)
    options: Any = {"n_clusters": None, "metric": "cosine", "linkage": "average"}
    clustering = AgglomerativeClustering(distance_threshold=VOICE_DISTANCE, **options)
    return np.asarray(clustering.fit_predict(vectors), np.int64)


def _centroids(vectors: Vectors, labels: NDArray[np.int64]) -> Vectors:
    """(clusters, dim), unit length."""
    sums = np.stack([vectors[labels == label].sum(axis=0) for label in range(int(labels.max()) + 1)])
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)
