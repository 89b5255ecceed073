"""Vectors of a table in memory: cosines with a query, top-k selection and a fixed sample of the rows. Pure."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.store.hits import QueryVector, Similarities
from indexer.store.memory.bounded_cache import BoundedCache
from indexer.store.memory.dot_products import row_products
from indexer.store.rows import decode_vectors
from indexer.store.schema import ArrowTable

CACHED_QUERIES = 16
"""Queries whose products are cached: one search needs them several times, and its next page again."""
Positions = NDArray[np.intp]
"""(n,) positions of rows in a table."""


class RowVectors:
    """The vectors of a table, compared with queries."""

    def __init__(self, table: ArrowTable) -> None:
        vectors = decode_vectors(table)
        self._rows = (
            np.zeros((len(table), 0), np.float32) if vectors is None else vectors.astype(np.float32)
        )  # (n, dim)
        lengths = np.sqrt(np.einsum("ij,ij->i", self._rows, self._rows))
        self.present: Positions = np.flatnonzero(lengths)
        """Of the rows that have a vector: those that were written before a library got its model have none."""
        self._lengths = np.maximum(lengths, 1e-6)  # float16 rounds: a stored vector is not quite of length 1
        self._products: BoundedCache[bytes, Similarities] = BoundedCache(CACHED_QUERIES)

    def products(self, vector: QueryVector) -> Similarities:
        """(n,) inner products with a query (dim,)."""
        query = np.ascontiguousarray(vector, np.float32)
        return self._products.get(query.tobytes(), lambda: row_products(self._rows, query))

    def cosines(self, vector: QueryVector) -> Similarities:
        """(n,) cosines with a query (dim,)."""
        length = float(np.linalg.norm(np.asarray(vector, np.float32)))
        return self.products(vector) / (self._lengths * max(length, 1e-6))


class RowSample:
    """The rows with the smallest lots of `indexer.store.rows.draw_row_lots`: the same in every library of a file."""

    def __init__(self, table: ArrowTable, positions: Positions) -> None:
        lots = table.column("lot").to_numpy()[positions]
        self._positions = positions[np.argsort(lots, kind="stable")]  # rows of equal lots stay in order of their videos

    def first(self, size: int) -> Positions:
        return self._positions[:size]


def row_is_in_videos(positions: Positions, videos: Sequence[str], video_ids: Collection[str] | None) -> Positions:
    """Those of the rows that belong to the given videos; all for None.

    Args:
        videos: the video id of each row of the table.
    """
    if video_ids is None:
        return positions
    wanted = frozenset(video_ids)
    return np.array([position for position in positions.tolist() if videos[position] in wanted], np.intp)


def top_vector_rows(positions: Positions, values: Similarities, limit: int) -> tuple[Positions, Similarities]:
    """Of these rows the `limit` with the greatest values, and the values; earlier rows first where they are equal.

    Args:
        values: (n,) of all rows of the table.
    """
    order = np.argsort(-values[positions], kind="stable")[: max(limit, 0)]
    return positions[order], values[positions[order]]
