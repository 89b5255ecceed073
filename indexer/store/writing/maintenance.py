"""Indexes and compaction: what is built, refreshed and compacted, and when.

All thresholds are counts of rows, fragments or versions, never wall time: the same run makes the same decisions. Left
out: the queries that use the indexes (`indexer.store.queries`).
"""

from collections import Counter
from datetime import timedelta
from typing import Any

from lancedb.index import FTS, Bitmap, BTree, IvfRq
from lancedb.table import Table

from indexer.store.folder import temporary_files_in
from indexer.store.queries.tokenizer import TOKEN_OPTIONS, WORD_TOKENIZER
from indexer.store.schema import TABLES, TableName
from indexer.store.storage.protocol import WriterGuard
from indexer.store.tables import Tables

VECTOR_INDEX_ROWS = 100_000
"""From here a vector index pays: a flat search of 100,000 x 512 takes about 80 ms on two cores, an indexed one 8."""
SCALAR_INDEX_ROWS = 20_000
"""From here looking up one video without an index costs more than a millisecond or two."""
VECTOR_BITS = 4
"""Bits per dimension in the vector index. Measured with 100,000 x 512 of `bench.support.synthetic_vectors`, recall@10
with 100 candidates re-measured: 1 bit 0.92, 2 bits 0.995, 3 and more 1.000, all at the same latency; with 2,000
candidates for 1,000 results: 0.89, 0.98, 0.999, 1.000. IVF_SQ has the same recall, but is
half as large again and slower."""
TRAINING_ITERATIONS = 15
TRAINING_SAMPLE = 64
"""Rows per partition. With 15 iterations far less work than LanceDB's 50 over 256 rows per partition, at
the same recall."""
GROWTH = 2
"""The vector index is retrained when the table has grown by this factor. Until then new rows become an index of their
own over the same partitions. LanceDB splits partitions of more than four times 4,096 rows, and assigns those of
64 others anew for each, which costs more than training: 80,000 rows added to 360,000 took 37 s, training all 25 s."""
STALE_SHARE = 0.05
"""An index is refreshed when more than this share of the rows, and more than `STALE_ROWS`, are missing from it."""
STALE_ROWS = 2_000
SMALL_FRAGMENTS = 24
"""Small fragments that trigger compaction; every commit adds one."""
OLD_VERSIONS = 100
"""Versions that trigger compaction and pruning."""
KEEP_VERSIONS = timedelta(minutes=10)
"""Younger versions are not pruned: a reader uses one version for the length of a query."""
KEEP_VERSIONS_FORCED = timedelta(minutes=1)
"""The same with `force`, as in `reelseek optimize`."""

VECTOR_INDEX = "vector"
VIDEO_INDEX = "video"
SOURCE_INDEX = "source"
WORDS_INDEX = "words"
LETTERS_INDEX = "letters"


class Maintenance:
    """For the one writer of a library, and not beside other writes; readers continue meanwhile."""

    def __init__(self, tables: Tables, commits: Counter[TableName], lock: WriterGuard) -> None:
        """
        Args:
            commits: to each table since it was last compacted; reset by `maintain`.
        """
        self._tables = tables
        self._commits = commits
        self._lock = lock

    def ensure_text_indexes(self) -> None:
        """Create the full-text indexes, which LanceDB needs even for an empty table.

        Rows that are not yet in an index are searched one by one.
        """
        self._lock.check()
        table = self._tables.table("texts")
        with self._tables.errors("creating the full-text indexes"):
            present = {index.name for index in table.list_indices()}
            if WORDS_INDEX not in present:
                words = FTS(base_tokenizer=WORD_TOKENIZER, **TOKEN_OPTIONS)
                table.create_index("terms", config=words, name=WORDS_INDEX)
            if LETTERS_INDEX not in present:
                trigrams = FTS(base_tokenizer="ngram", ngram_min_length=3, ngram_max_length=3, **TOKEN_OPTIONS)
                table.create_index("letters", config=trigrams, name=LETTERS_INDEX)

    def maintain(self, *, force: bool) -> None:
        """Build indexes that pay, refresh stale ones, compact fragments and prune old versions, where due.

        Cheap when nothing is due (about a millisecond a table), so it may be called after every video. `force` does
        everything now, and keeps old versions for a shorter time.
        """
        for name in TABLES:
            self._lock.check()
            with self._tables.errors(f"maintaining {name}"), temporary_files_in(self._tables.folder.staging()):
                self._maintain_table(name, self._tables.table(name), force=force)

    def _maintain_table(self, name: TableName, table: Table, *, force: bool) -> None:
        stats: Any = table.stats()
        rows, small = stats["num_rows"], stats["fragment_stats"]["num_small_fragments"]
        due = force or small >= SMALL_FRAGMENTS or self._commits[name] >= OLD_VERSIONS
        if due or any(_is_stale(index, rows) for index in table.list_indices()):
            _build_vector_index(name, table, rows)  # first, or new rows would go into an index that is then replaced
            # Only this process may write, so a file that belongs to no version was left by a crash.
            keep = KEEP_VERSIONS_FORCED if force else KEEP_VERSIONS
            table.optimize(cleanup_older_than=keep, delete_unverified=force)
            self._commits[name] = 0
        _build_indexes(name, table, rows)


def vector_index_kind(tables: Tables, name: TableName) -> str:
    """The kind of a table's vector index, as `IVF_RQ`; empty where it has none."""
    with tables.errors(f"reading the indexes of {name}"):
        kinds = {index.name: str(index.index_type) for index in tables.table(name).list_indices()}
    return next((kind for index, kind in kinds.items() if index.startswith(VECTOR_INDEX)), "")


def _build_indexes(name: TableName, table: Table, rows: int) -> None:
    present = {index.name: index for index in table.list_indices()}
    if name != "videos" and rows >= SCALAR_INDEX_ROWS and VIDEO_INDEX not in present:
        table.create_index("video_id", config=BTree(), name=VIDEO_INDEX)
    if name == "texts" and rows >= SCALAR_INDEX_ROWS and SOURCE_INDEX not in present:
        table.create_index("source", config=Bitmap(), name=SOURCE_INDEX)
    _build_vector_index(name, table, rows)


def _build_vector_index(name: TableName, table: Table, rows: int) -> None:
    present = {index.name: index for index in table.list_indices()}
    has_vectors = name in ("frames", "texts") and "vector" in table.schema.names
    if has_vectors and rows >= VECTOR_INDEX_ROWS and rows >= GROWTH * _trained_rows(present):
        config = IvfRq(
            distance_type="cosine",
            num_bits=VECTOR_BITS,
            max_iterations=TRAINING_ITERATIONS,
            sample_rate=TRAINING_SAMPLE,
        )
        table.create_index("vector", config=config, replace=True, name=f"{VECTOR_INDEX}_{rows}")
        for old in present:
            if old.startswith(VECTOR_INDEX):
                table.drop_index(old)


def _trained_rows(indexes: dict[str, Any]) -> int:
    """Rows that the vector index was trained on, which its name records; 0 without an index."""
    return max((int(name.rpartition("_")[2]) for name in indexes if name.startswith(VECTOR_INDEX)), default=0)


def _is_stale(index: Any, rows: int) -> bool:
    missing = index.num_unindexed_rows or 0
    return missing > max(STALE_ROWS, STALE_SHARE * rows)
