"""Rows of given segments."""

from collections.abc import Collection

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
        where: the same as a filter, for a table without a row locator or one that has just changed.
    """
    locator = memory.row_locator(table)
    rows = None if locator is None else tables.rows_by_id(table, locator.row_ids(keys), columns)
    return tables.rows(table, where, columns) if rows is None else rows
