"""`FakeTextModel`: a text model for tests that need vectors and not their meaning."""

import hashlib
from collections.abc import Sequence

import numpy as np

from indexer.models.protocols import Vectors


class FakeTextModel:
    """Adds up one pseudo-random direction per word: texts that share words lie near each other."""

    def __init__(self, *, dim: int = 32) -> None:
        self._dim = dim

    @property
    def name(self) -> str:
        return f"fake-text {self._dim}"

    @property
    def dim(self) -> int:
        return self._dim

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """n texts -> (n, dim) unit length."""
        if not texts:
            return np.zeros((0, self._dim), np.float16)
        rows = np.stack([self._direction(text) for text in texts])  # (n, dim)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)

    def embed_queries(self, queries: Sequence[str]) -> Vectors:
        return self.embed_documents(queries)

    def _direction(self, text: str) -> np.ndarray:
        words = text.lower().split() or [""]
        return np.sum([self._word(word) for word in words], axis=0)

    def _word(self, word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "big")
        return np.random.default_rng(seed).standard_normal(self._dim)
