"""Values computed from tables, cached until their table changes; and snapshots, which check for changes once.

Checking the version of a table costs 0.3 ms, and one search reads cached values fifteen times.
"""

import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from indexer.store.schema import TABLES, TableName
from indexer.store.tables import Tables

Value = TypeVar("Value")


class TableValues(Protocol):
    """What a reader needs of a cache: `TableCache` or a `Snapshot` of one."""

    def get(
        self,
        key: str,
        table: TableName,
        load: Callable[[], Value],
        *,
        extend: Callable[[Value], Value | None] | None = None,
    ) -> Value:
        """The value that `load` computes from the rows of a table, cached under a key.

        Args:
            extend: makes it of the value for an earlier version; None where that cannot be.
        """
        ...

    def snapshot(self) -> "Snapshot":
        """A new snapshot, which has seen nothing yet."""
        ...


class TableCache:
    """Checks the version of a table at each call. One per open library, shared by its threads and snapshots."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._values: dict[str, tuple[int, Any]] = {}  # key -> version of the table, value
        self._loading: dict[TableName, threading.Lock] = {name: threading.Lock() for name in TABLES}

    def get(
        self,
        key: str,
        table: TableName,
        load: Callable[[], Value],
        *,
        extend: Callable[[Value], Value | None] | None = None,
    ) -> Value:
        # The version is read before the rows: they may be newer than it says, never older.
        return self.get_at(self.version(table), key, table, load, extend)

    def get_at(
        self,
        version: int,
        key: str,
        table: TableName,
        load: Callable[[], Value],
        extend: Callable[[Value], Value | None] | None = None,
    ) -> Value:
        """As `get`, for the version that the caller has seen."""
        cached = self._values.get(key)
        if cached is None or cached[0] != version:
            with self._loading[table]:  # of many threads that search, one loads
                cached = self._values.get(key)
                if cached is None or cached[0] != version:
                    value = None if cached is None or extend is None else extend(cached[1])
                    cached = (version, load() if value is None else value)
                    self._values[key] = cached
        return cached[1]

    def version(self, table: TableName) -> int:
        return self._tables.version(table)

    def snapshot(self) -> "Snapshot":
        return Snapshot(self)


class Snapshot:
    """For one search: each table's version and each value as first seen. Safe from several threads.

    Threads that see something first at the same time agree on what one of them has seen (`dict.setdefault` is atomic).
    """

    def __init__(self, cache: TableCache) -> None:
        self._cache = cache
        self._versions: dict[TableName, int] = {}
        self._values: dict[str, Any] = {}

    def get(
        self,
        key: str,
        table: TableName,
        load: Callable[[], Value],
        *,
        extend: Callable[[Value], Value | None] | None = None,
    ) -> Value:
        if key in self._values:
            return self._values[key]
        return self._values.setdefault(key, self._cache.get_at(self._version(table), key, table, load, extend))

    def snapshot(self) -> "Snapshot":
        return self._cache.snapshot()

    def _version(self, table: TableName) -> int:
        if table in self._versions:
            return self._versions[table]
        return self._versions.setdefault(table, self._cache.version(table))
