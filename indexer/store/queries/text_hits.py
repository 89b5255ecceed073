"""Rows of the table `texts` as hits."""

from collections.abc import Callable
from typing import Any, Literal

from indexer.catalog import TextSource
from indexer.records import TimeSpan
from indexer.store.filters import where_equals
from indexer.store.hits import Similarities, TextHit, sort_hits_by_similarity
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.memory.table_cache import TableValues
from indexer.store.schema import ArrowTable
from indexer.store.tables import Tables

TEXT_HIT_COLUMNS = ["video_id", "segment_index", "start_seconds", "stop_seconds", "text", "is_scenery"]
"""The columns of `text_hit`."""


class TextHits:
    """Runs queries that rank texts, for tables that are not held in memory."""

    def __init__(self, tables: Tables, memory: InMemoryTables, values: TableValues) -> None:
        self._tables = tables
        self._memory = memory
        self._values = values

    def has_source(self, source: TextSource) -> bool:
        """Whether there is any text of a source."""
        return self._values.get(
            f"any {source}", "texts", lambda: self._tables.count("texts", where_equals("source", source)) > 0
        )

    def fetch(self, measure: Literal["_distance", "_score"], make_query: Callable[[], Any]) -> list[TextHit]:
        """The texts that a query finds, best first.

        Args:
            measure: the column that the query ranks by.
            make_query: returns a new query without selected columns.
        """

        def similarities(rows: ArrowTable) -> Similarities:
            values = rows.column(measure).to_numpy()
            return values if measure == "_score" else 1.0 - values

        if (locator := self._memory.text_locator()) is not None:
            rows = self._tables.fetch("searching texts", make_query().select([measure]).with_row_id())
            hits = locator.hits(rows.column("_rowid").to_numpy(), similarities(rows))
            if hits is not None:  # otherwise the table has just changed
                return hits
        rows = self._tables.fetch("searching texts", make_query().select([*TEXT_HIT_COLUMNS, measure]))
        return sort_hits_by_similarity(
            [text_hit(row, value) for row, value in zip(rows.to_pylist(), similarities(rows).tolist(), strict=True)]
        )


def text_hit(row: dict[str, Any], similarity: float) -> TextHit:
    span = TimeSpan(row["start_seconds"], row["stop_seconds"])
    return TextHit(row["video_id"], row["segment_index"], span, row["text"], similarity, row["is_scenery"])
