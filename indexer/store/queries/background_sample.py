"""A fixed sample of the library: what a query is like in general here. The same in every library of the same files."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import TextSource
from indexer.store.hits import Background, Similarities
from indexer.store.memory.dot_products import row_products
from indexer.store.reader import Reading, all_of, equals
from indexer.store.rows import read_vectors
from indexer.store.schema import ArrowTable, TableName


@dataclass(frozen=True, slots=True)
class _Sample:
    vectors: Similarities
    """(n, dim)"""
    texts: tuple[str, ...]
    """n of them; none of frames."""


class Sampling(Reading):
    """Safe from any thread, as `Reading`."""

    def background(self, vector: NDArray[np.floating[Any]], *, what: Background, size: int = 1000) -> Similarities:
        """(n,) cosines between a query and a fixed sample of the library's vectors; n is `size`, or all there are.

        The sample depends on the rows' keys alone: the same in every library made from the same files.
        """
        if not (self.maker.picture_dim if what == "frames" else self.maker.text_dim):
            return np.empty(0, np.float32)
        if what == "frames":
            if (frames := self._kept_frames()) is not None:
                return frames.background(vector, size)
        elif (texts := self._kept_texts()) is not None:
            return texts.background(vector, what, size)
        return row_products(self._sample(what, size).vectors, vector)

    def sampled_texts(self, source: TextSource, *, size: int = 1000) -> tuple[str, ...]:
        """The texts of the sample with which `background` compares, in its order; none without a text model."""
        if not self.maker.text_dim:
            return ()
        if (texts := self._kept_texts()) is not None:
            return texts.sampled(source, size)
        return self._sample(source, size).texts

    def _sample(self, what: Background, size: int) -> _Sample:
        """Kept until the table changes."""
        table: TableName = "frames" if what == "frames" else "texts"

        def read() -> _Sample:
            rows = self._few_lots(table, None if table == "frames" else equals("source", what), size)
            texts = () if table == "frames" else tuple(rows.column("text").to_pylist())
            return _Sample(np.asarray(read_vectors(rows), np.float32), texts)

        return self._while_same(f"{size} of {what}", table, read)

    def _few_lots(self, table: TableName, where: str | None, size: int) -> ArrowTable:
        """The `size` rows with the smallest lots."""
        count = self._count(table, where)
        # Half as many again plus a few: that fewer than `size` fall below the bound is as good as impossible.
        bound = min(2**32 - 1, int((1.5 * size + 50) / max(count, 1) * 2**32))
        columns = ["video_id", "lot", "vector", *(["text"] if table == "texts" else [])]
        rows = self._rows(table, all_of(where, f"lot <= {bound}"), columns)
        return rows.sort_by([("lot", "ascending"), ("video_id", "ascending")]).slice(0, size)
