"""Replacing and deleting rows of one table in one commit."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from indexer.store.filters import where_all, where_equals, where_one_of
from indexer.store.folder import temporary_files_in
from indexer.store.schema import KEYS, VECTOR, ArrowTable, TableName, table_schema
from indexer.store.tables import Tables


class TableWriter:
    """Commits to the tables of one library, and counts the commits."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.commits: Counter[TableName] = Counter()
        """Commits to each table since it was last compacted."""

    def replace(
        self, name: TableName, parts: Sequence[ArrowTable], video_ids: Sequence[str], *, source: str | None = None
    ) -> None:
        """Put rows in place of all that these videos had there, in one commit; none where nothing changes.

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
        table = self._tables.table(name)
        had_rows = self._tables.count(name, old) > 0
        with self._tables.errors(f"writing {name}"), temporary_files_in(self._tables.folder.staging()):
            if len(rows) and not had_rows:
                table.add(rows)  # appending reads no existing rows, where a merge reads every key
            elif len(rows):
                merge: Any = table.merge_insert(list(KEYS[name])).when_matched_update_all()
                merge = merge.when_not_matched_insert_all().when_not_matched_by_source_delete(old)
                merge.execute(rows, on_bad_vectors="null" if _lacks_vectors(rows) else "error")
            elif had_rows:
                table.delete(old)
            else:
                return
        self.commits[name] += 1

    def delete(self, name: TableName, where: str) -> None:
        """Delete the rows that meet a condition; no commit where there are none."""
        if not self._tables.count(name, where):
            return
        with self._tables.errors(f"deleting from {name}"):
            self._tables.table(name).delete(where)
        self.commits[name] += 1


def _lacks_vectors(rows: ArrowTable) -> bool:
    """Whether a row has no vector, which LanceDB takes for a bad one unless told otherwise."""
    return VECTOR in rows.column_names and rows.column(VECTOR).null_count > 0
