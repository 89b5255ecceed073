"""Everything that is wrong with a library: its files, then what its tables say."""

from pathlib import Path

from indexer.errors import LibraryBrokenError, LibraryMissingError
from indexer.store.collections.collection_files import CollectionFiles
from indexer.store.folder import TABLE_FOLDER, LibraryFolder
from indexer.store.library import Library
from indexer.store.recovery.audit_checks import Problem
from indexer.store.recovery.file_record import FileRecord
from indexer.store.recovery.video_journal import count_damaged_lines


def verify_library(path: Path) -> list[Problem]:
    """Problems of a library, sorted; empty when all is well. Reads every file, so it takes as long as the disk does.

    Beside a writer, what it has not finished looks like what an interrupted one leaves (`Problem.is_leftover`).

    Raises:
        LibraryMissingError: there is nothing at `path` that was a library.
        LibraryError: no permission to read it.
    """
    folder = LibraryFolder(Path(path).absolute())
    problems = file_problems(folder)
    if any(f" {TABLE_FOLDER}/" in f" {one.detail}" for one in problems):
        # Reading a damaged table can bring LanceDB down; a repair has to come first in any case.
        return [*problems, Problem("unchecked", "", "rows were not checked, since files of the tables are damaged")]
    try:
        with Library.open(folder.path) as library:
            problems += library.audit()
    except LibraryMissingError:
        if not problems:
            raise
    except LibraryBrokenError as error:
        problems.append(Problem("unreadable", "", str(error)))
    return sorted(problems)


def file_problems(folder: LibraryFolder) -> list[Problem]:
    """Problems of a library's files alone."""
    problems = FileRecord(folder).problems()
    if lines := count_damaged_lines(folder):
        problems.append(Problem("damaged_file", "", f"{lines} lines of the journal of videos cannot be read"))
    return [*problems, *CollectionFiles(folder).problems()]
