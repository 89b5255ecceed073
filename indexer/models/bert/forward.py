"""The forward pass of BERT for one text, in float64. Pure."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from indexer.models.bert.checkpoint import BertShape

Array = NDArray[np.float64]
_erf = np.frompyfunc(math.erf, 1, 1)


class BertEncoder:
    """An encoder of token numbers: (n,) -> (dim,), the mean over the tokens of the last layer (Devlin et al., 2018)."""

    def __init__(self, shape: BertShape, weights: Mapping[str, NDArray[Any]]) -> None:
        """
        Raises:
            KeyError: a weight is missing.
        """
        self._shape = shape
        self._threads = ThreadpoolController()
        embeddings = "embeddings.{}.weight"
        # Left in float32: one row is read for each token.
        self._words = weights[embeddings.format("word_embeddings")]
        self._positions = weights[embeddings.format("position_embeddings")]
        self._kind = weights[embeddings.format("token_type_embeddings")][0]
        names = ("embeddings.LayerNorm.", *(f"encoder.layer.{layer}." for layer in range(shape.layers)))
        self._weights = {
            name: np.asarray(value, np.float64) for name, value in weights.items() if name.startswith(names)
        }
        for name in _names(shape.layers):
            _ = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]

    @property
    def dim(self) -> int:
        return int(self._words.shape[1])

    def encode(self, tokens: NDArray[np.int64]) -> Array:
        """(n,) -> (dim,), not of unit length."""
        # A query is too short for several threads, which would only wait for each other.
        with self._threads.limit(limits=1, user_api="blas"):
            return self._encode(tokens)

    def _encode(self, tokens: NDArray[np.int64]) -> Array:
        rows = self._words[tokens] + self._positions[: len(tokens)].astype(np.float64) + self._kind  # (n, dim)
        hidden = self._normalize(rows, "embeddings.LayerNorm")
        for layer in range(self._shape.layers):
            name = f"encoder.layer.{layer}"
            attended = self._linear(self._attend(hidden, f"{name}.attention.self"), f"{name}.attention.output.dense")
            hidden = self._normalize(hidden + attended, f"{name}.attention.output.LayerNorm")
            inner = _gelu(self._linear(hidden, f"{name}.intermediate.dense"))  # (n, 4 dim)
            hidden = self._normalize(hidden + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        return hidden.mean(axis=0)

    def _attend(self, hidden: Array, name: str) -> Array:
        queries, keys, values = (
            self._linear(hidden, f"{name}.{part}").reshape(len(hidden), self._shape.heads, -1).swapaxes(0, 1)
            for part in ("query", "key", "value")
        )  # each (heads, n, dim / heads)
        scores = queries @ keys.swapaxes(1, 2) / math.sqrt(queries.shape[2])  # (heads, n, n)
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        mixed = weights / weights.sum(axis=2, keepdims=True) @ values
        return mixed.swapaxes(0, 1).reshape(hidden.shape)

    def _linear(self, rows: Array, name: str) -> Array:
        return rows @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normalize(self, rows: Array, name: str) -> Array:
        centred = rows - rows.mean(axis=1, keepdims=True)
        variance = (centred * centred).mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt(variance + self._shape.layer_norm_epsilon)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


_LAYER = (
    *("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"),
    *("attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm"),
)


def _names(layers: int) -> list[str]:
    """Of all parts with a weight and a bias."""
    return ["embeddings.LayerNorm", *(f"encoder.layer.{layer}.{part}" for layer in range(layers) for part in _LAYER)]


def _gelu(values: Array) -> Array:
    return 0.5 * values * (1.0 + np.asarray(_erf(values / math.sqrt(2.0)), np.float64))
