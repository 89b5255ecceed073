"""Counting the rows that a library holds of each video."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from indexer.store.schema import ArrowTable
from indexer.store.tables import Tables


def count_rows(tables: Tables) -> Mapping[str, Mapping[str, int]]:
    """By video id the number of its `segments` and `frames`, and of its texts by source; kinds without rows are absent.

    Raises:
        LibraryBrokenError: a table cannot be read.
    """
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for table in ("segments", "frames"):
        for row in _counted(tables.rows(table, columns=["video_id"]), ["video_id"]):
            found[row["video_id"]][table] = row["count_all"]
    for row in _counted(tables.rows("texts", columns=["video_id", "source"]), ["video_id", "source"]):
        found[row["video_id"]][row["source"]] = row["count_all"]
    return found


def _counted(rows: ArrowTable, columns: list[str]) -> list[dict[str, Any]]:
    return rows.group_by(columns).aggregate([([], "count_all")]).to_pylist()
