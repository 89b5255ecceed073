"""Inner products of a query vector with many rows. Pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def row_products(rows: NDArray[np.floating[Any]], vector: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """(n, dim), (dim,) -> (n,) inner products. Each is summed by itself, so equal rows give equal products.

    `rows @ vector` is slower: BLAS splits even so small a product among threads, which then spin while they wait for
    the next. In a search of 100,000 segments, with a dozen products of 0.02 ms, that took half of all processor time.
    """
    return np.einsum("ij,j->i", np.asarray(rows, np.float32), np.ascontiguousarray(vector, np.float32))
