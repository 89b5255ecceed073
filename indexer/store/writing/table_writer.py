"""Replacing and deleting rows of one table in one commit."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from indexer.store.filters import where_all, where_equals, where_one_of
from indexer.store.folder import temporary_files_in
from indexer.store.schema import KEYS, ArrowTable, TableName, table_schema
from indexer.store.storage.protocol import WriterGuard
from indexer.store.tables import Tables


class TableWriter:
    """Commits to the tables of one library, and counts the commits."""

    def __init__(self, tables: Tables, lock: WriterGuard) -> None:
        self._tables = tables
        self._lock = lock
        self.commits: Counter[TableName] = Counter()
        """Commits to each table since it was last compacted."""

    def replace(
        self, name: TableName, parts: Sequence[ArrowTable], video_ids: Sequence[str], *, source: str | None = None
    ) -> None:
        """Put rows in place of all that these videos had there; no commit where nothing changes.

        New rows are added, then the old ones are deleted by their row ids, which are smaller: for an instant a reader
        sees both. A merge would be one commit, and read the keys of the whole table. It is what rows of `videos` are
        replaced by, of which there are few.

        Args:
            parts: the new rows, as tables.
            source: replace texts of this source only.

        Raises:
            ValueError: a video is named twice, which would make duplicate keys.
        """
        if len(set(video_ids)) != len(video_ids):
            raise ValueError(f"each video may be written once a call, got {sorted(video_ids)}")
        if not video_ids:
            return
        rows = pa.concat_tables([table_schema(name, self._tables.maker).empty_table(), *parts])
        old = where_all(where_one_of("video_id", video_ids), where_equals("source", source) if source else None)
        self._lock.check()
        with self._tables.errors(f"writing {name}"), temporary_files_in(self._tables.folder.staging()):
            if name == "videos":
                merge: Any = self._tables.table(name).merge_insert(list(KEYS[name])).when_matched_update_all()
                merge.when_not_matched_insert_all().execute(rows)
                self.commits[name] += 1
            else:
                self._add_then_delete(name, rows, old)

    def _add_then_delete(self, name: TableName, rows: ArrowTable, old: str) -> None:
        table = self._tables.table(name)
        last = self._tables.last_row_id(name, old)
        if len(rows):
            table.add(rows)
            self.commits[name] += 1
        if last is not None:
            self._lock.check()
            table.delete(where_all(old, f"_rowid <= {last}"))
            self.commits[name] += 1

    def delete(self, name: TableName, where: str) -> None:
        """Delete the rows that meet a condition; no commit where there are none."""
        if not self._tables.count(name, where):
            return
        self._lock.check()
        with self._tables.errors(f"deleting from {name}"):
            self._tables.table(name).delete(where)
        self.commits[name] += 1
