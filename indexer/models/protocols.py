"""The protocols of models, as indexing and search use them. Each implementation passes the same contract test."""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from indexer.models.transcript import TranscriptLine
from indexer.records import Pixels, Samples16, SampleSpan

Vectors = NDArray[np.float16]
"""(n, dim), every row of unit length."""


@runtime_checkable
class PictureModel(Protocol):
    """Embeds pictures, and queries that describe them, in one space."""

    @property
    def name(self) -> str:
        """Model, weights and their fingerprint, as the library records them."""
        ...

    @property
    def dim(self) -> int: ...

    @property
    def batch_frames(self) -> int:
        """Pictures in a batch, chosen by device."""
        ...

    def prepare(self, pixels: Pixels) -> NDArray[np.float32]:
        """(height, width, 3) uint8 RGB -> the model's input (3, size, size). Thread-safe; runs no model."""
        ...

    def embed_prepared(self, inputs: NDArray[np.float32]) -> Vectors:
        """(n, 3, size, size) -> (n, dim). Thread-safe. The vector of a picture does not depend on its batch."""
        ...

    def embed_queries(self, queries: Sequence[str]) -> Vectors:
        """n descriptions -> (n, dim) in the space of the pictures."""
        ...


@runtime_checkable
class TextModel(Protocol):
    """Embeds texts so that texts of similar meaning have similar vectors."""

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """n texts -> (n, dim). The vector of a text does not depend on its batch."""
        ...

    def embed_queries(self, queries: Sequence[str]) -> Vectors:
        """n queries -> (n, dim) in the space of the documents."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """Reads a query and a text together, and scores how likely the text answers the query."""

    @property
    def name(self) -> str: ...

    def rerank_logits(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """n texts -> (n,) log odds that each answers the query. Thread-safe.

        Raises:
            ModelBrokenError: the model returns no numbers.
        """
        ...


@runtime_checkable
class SpeechModel(Protocol):
    """Transcribes speech."""

    @property
    def name(self) -> str:
        """Model, weights and their fingerprint, as the library records them."""
        ...

    def transcribe(
        self, sound: Samples16, speech: Sequence[SampleSpan], *, language: str = "", hotwords: str = ""
    ) -> Iterator[TranscriptLine]:
        """Lines of a sound (samples,) at 16 kHz in order of time, as they are recognised.

        Spans lie inside the sound. Decoding is deterministic: the same sound gives the same words. Closing the iterator
        stops the model within one window of 30 s.

        Args:
            speech: where somebody speaks, see `indexer.speech.voice_activity.find_speech`; the rest is not read.
            language: the spoken language, as `de`, one that the model knows; empty: it is detected.
            hotwords: names and terms that may be said, separated by spaces.

        Raises:
            DeviceMemoryError: the device has too little memory.
        """
        ...
