"""What a library owns only while it is open for writing."""

from dataclasses import dataclass

from indexer.store.lock import WriterLock
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.memory.table_cache import TableValues
from indexer.store.reader import Reader
from indexer.store.tables import Tables
from indexer.store.thumbnails import Thumbnails
from indexer.store.writing.crash_recovery import CrashRecovery
from indexer.store.writing.maintenance import Maintenance
from indexer.store.writing.table_writer import TableWriter
from indexer.store.writing.writer import Writer


@dataclass(frozen=True, slots=True)
class WriteAccess:
    """The writer's lock, held, and the parts that need it."""

    lock: WriterLock
    writer: Writer
    maintenance: Maintenance


def open_write_access(tables: Tables, cache: TableValues, lock: WriterLock) -> WriteAccess:
    """Prepare the tables for writing: add missing columns and full-text indexes, and remove what a crash left.

    Args:
        lock: held by the caller.
    """
    tables.add_late_columns()
    reader = Reader(tables, InMemoryTables(tables, cache, None), cache)
    thumbnails, table_writer = Thumbnails(tables.folder), TableWriter(tables)
    maintenance = Maintenance(tables, table_writer.commits)
    maintenance.ensure_text_indexes()
    CrashRecovery(tables, reader, table_writer, thumbnails).remove_leftovers()
    return WriteAccess(lock, Writer(tables.maker, table_writer, thumbnails), maintenance)
