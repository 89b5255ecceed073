"""`FakeReranker`: approves of the texts that hold a word, for tests of what is done with a reranker's judgement."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class FakeReranker:
    """Log odds of 5 for a text with the word, of -5 for any other. Remembers what it read."""

    def __init__(self, word: str) -> None:
        self._word = word
        self.read: list[str] = []

    @property
    def name(self) -> str:
        return f"fake-reranker {self._word}"

    def rerank_logits(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        self.read += texts
        return np.array([5.0 if self._word in text.lower() else -5.0 for text in texts], np.float64)
