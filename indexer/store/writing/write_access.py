"""What a library owns only while it is open for writing."""

from dataclasses import dataclass

from indexer.store.database_errors import convert_errors
from indexer.store.memory.in_memory_tables import InMemoryTables
from indexer.store.memory.table_cache import TableValues
from indexer.store.reader import Reader
from indexer.store.recovery.row_counts import count_rows
from indexer.store.recovery.video_journal import VideoJournal, journal_entries
from indexer.store.storage.protocol import WriterGuard
from indexer.store.tables import Tables
from indexer.store.thumbnails import Thumbnails
from indexer.store.writing.crash_recovery import CrashRecovery
from indexer.store.writing.maintenance import Maintenance
from indexer.store.writing.table_writer import TableWriter
from indexer.store.writing.writer import Writer
from indexer.store.writing.written_files import WrittenFiles, written_files


@dataclass(frozen=True, slots=True)
class WriteAccess:
    """The writer's lock, held, and the parts that need it."""

    lock: WriterGuard
    writer: Writer
    maintenance: Maintenance
    record: WrittenFiles
    journal: VideoJournal
    recovery: CrashRecovery
    tables: Tables

    def close(self) -> None:
        """Remove half of what was written, wait until everything else is on the disk, renew the record of files, and
        release the lock.

        Raises:
            LibraryError: the disk is full or fails, or the lease is lost; the lock is released all the same.
        """
        whole = False
        try:
            self.lock.check()
            with convert_errors(self.tables.folder.path, "closing it"):
                self.recovery.remove_leftovers_of(self.writer.touched)
                self.journal.rewrite_if_long(self.tables.count("videos"))
                self.record.finish()
            whole = True
        finally:
            self.lock.release(whole=whole)


def open_write_access(tables: Tables, cache: TableValues, lock: WriterGuard) -> WriteAccess:
    """Prepare the tables for writing: add missing columns and full-text indexes, and remove what a killed writer left.

    Args:
        lock: held by the caller.
    """
    record, journal = written_files(tables.folder, lock), VideoJournal(tables.folder, tables.maker)
    with tables.errors("opening it for writing"):
        was_closed = record.is_finished
        record.begin()
    tables.add_late_columns()
    tables.fit_vector_columns(tables.maker)
    reader = Reader(tables, InMemoryTables(tables, cache, None), cache)
    thumbnails, table_writer = Thumbnails(tables.folder), TableWriter(tables, lock)
    maintenance = Maintenance(tables, table_writer.commits, lock)
    maintenance.ensure_text_indexes()
    recovery = CrashRecovery(tables, table_writer, thumbnails)
    recovery.empty_staging()
    if not was_closed:
        recovery.remove_leftovers()
    if not journal.exists:
        with tables.errors("beginning the journal"):
            journal.rewrite(journal_entries(reader.videos(), count_rows(tables)))
    writer = Writer(table_writer, thumbnails, journal, record, tables.maker, lock)
    return WriteAccess(lock, writer, maintenance, record, journal, recovery, tables)
