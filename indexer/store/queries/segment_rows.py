"""Rows of given segments."""

from collections.abc import Collection

import pyarrow as pa

from indexer.store.filters import where_in_segments
from indexer.store.hits import SegmentKey
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.schema import ArrowTable, TableName
from indexer.store.tables import Tables


def fetch_segment_rows(
    tables: Tables,
    memory: InMemoryTables,
    table: TableName,
    keys: Collection[SegmentKey],
    *,
    where: str,
    columns: list[str],
) -> ArrowTable:
    """The rows of these segments, and maybe others, in no particular order.

    Args:
        where: the same as a filter, for a table that has just changed.
    """
    locator = memory.row_locator(table)
    ids = _row_ids(tables, table, keys) if locator is None else locator.row_ids(keys)
    rows = tables.rows_by_id(table, ids, columns)
    return tables.rows(table, where, columns) if rows is None else rows


def _row_ids(tables: Tables, table: TableName, keys: Collection[SegmentKey]) -> list[int]:
    """Ids of the rows of these segments, distinct, in a table without a row locator.

    The filter lets through every wanted index in every wanted video, sixty rows for each of 150 segments: their keys
    are read in a quarter of the time of their vectors.
    """
    query = tables.query(table).where(where_in_segments(keys)).select(["video_id", "segment_index"]).with_row_id()
    rows = tables.fetch(f"reading {table}", query)
    names, indices = zip(*set(keys), strict=True)
    wanted = pa.table({"video_id": names, "segment_index": pa.array(indices, pa.int32())})
    found = rows.join(wanted, keys=wanted.column_names, join_type="inner")
    return found.column("_rowid").to_pylist()
