"""Everything that is wrong with a library: its files, then what its tables say."""

from indexer.errors import LibraryBrokenError, LibraryMissingError
from indexer.library_place import LibraryPlace
from indexer.store.collections.collection_files import CollectionFiles
from indexer.store.folder import TABLE_FOLDER, LibraryFolder
from indexer.store.library import Library
from indexer.store.recovery.audit_checks import Problem
from indexer.store.recovery.file_record import FileRecord
from indexer.store.recovery.video_journal import count_damaged_lines
from indexer.store.storage.opening import storage_at
from indexer.store.storage.protocol import Storage


def verify_library(place: LibraryPlace) -> list[Problem]:
    """Problems of a library, sorted; empty when all is well. Reads every file, so it takes as long as the disk does.

    Beside a writer, what it has not finished looks like what an interrupted one leaves (`Problem.is_leftover`).

    Raises:
        LibraryMissingError: there is nothing at `place` that was a library.
        LibraryError: no permission to read it.
    """
    storage = storage_at(place)
    problems = file_problems(storage)
    if any(f" {TABLE_FOLDER}/" in f" {one.detail}" for one in problems):
        # Reading a damaged table can bring LanceDB down; a repair has to come first in any case.
        return [*problems, Problem("unchecked", "", "rows were not checked, since files of the tables are damaged")]
    try:
        with Library.open(place) as library:
            problems += library.audit()
    except LibraryMissingError:
        if not problems:
            raise
    except LibraryBrokenError as error:
        problems.append(Problem("unreadable", "", str(error)))
    return sorted(problems)


def file_problems(storage: Storage) -> list[Problem]:
    """Problems of a library's files alone; an object store checks its own as it reads them."""
    problems = FileRecord(storage).problems() if isinstance(storage, LibraryFolder) else []
    if lines := count_damaged_lines(storage):
        problems.append(Problem("damaged_file", "", f"{lines} lines of the journal of videos cannot be read"))
    return [*problems, *CollectionFiles(storage).problems()]
