"""The record of a library's files: their lengths and checksums, and copies of the small ones that lead to all others.

LanceDB never changes a file that it has written, and checks few of them when it reads. So what is recorded when a
writer closes is what must be there until the next one opens. While a writer is at work, and after one was killed, files
may be missing from the record or be gone; those that are in both must still agree.
"""

import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.store.durable_files import checksum, copy_durably, files_below, replace_durably, sync_file, sync_folder
from indexer.store.folder import JOURNAL_FILE, MAKER_FILE, RECOVERY_FOLDER, TABLE_FOLDER, LibraryFolder
from indexer.store.recovery.audit_checks import Problem

_RECORD = "files.json"
_UNFINISHED = "unfinished"
_COPIES = "copies"
_MOST_COPIED_BYTES = 16 << 20
_CHANGING = ("latest_version_hint.json", MAKER_FILE, JOURNAL_FILE)
"""Names of files that are written more than once."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What is recorded of one file."""

    size: int
    modified_ns: int
    """A file with the same length and time is not read again when the record is renewed."""
    crc: int


Record = dict[str, FileState]
"""Path relative to the library, with `/` -> what is recorded."""


class FileRecord:
    """The record of one library."""

    def __init__(self, folder: LibraryFolder) -> None:
        self._folder = folder
        self._place = folder.path / RECOVERY_FOLDER
        self._synced: dict[Path, int] = {}
        """When each file was changed last, nanoseconds, of those that this object has synced."""

    @property
    def library(self) -> Path:
        """The library's folder."""
        return self._folder.path

    @property
    def is_unfinished(self) -> bool:
        """Whether a writer is at work, or was killed before it renewed the record."""
        return (self._place / _UNFINISHED).exists()

    @property
    def is_finished(self) -> bool:
        """Whether the last writer renewed the record; False where there has been none."""
        return (self._place / _RECORD).exists() and not self.is_unfinished

    def begin(self) -> None:
        """Note that files will change. Raises OSError."""
        if self.is_finished:  # files that are as they were then are on the disk
            record = self.read() or {}
            self._synced = {
                path: status.st_ctime_ns
                for name, path, status in self._recorded_files()
                if _is_as_recorded(record.get(name), status)
            }
        self._place.mkdir(exist_ok=True)
        (self._place / _UNFINISHED).touch()
        sync_folder(self._place)

    def sync(self) -> None:
        """Wait until all files of the tables that this object has not synced are on the disk. Raises OSError."""
        found, changed, newest = dict[Path, int](), set[Path](), max(self._synced.values(), default=0)
        for path, status in files_below(self._folder.tables):
            # The time of change, not of modification: a rename keeps the latter. Any other time is a change, since a
            # clock may be set back; a file may change twice within a tick, so the newest are synced again.
            found[path] = status.st_ctime_ns
            if self._synced.get(path) != status.st_ctime_ns or status.st_ctime_ns >= newest:
                sync_file(path)
                changed.add(path.parent)
        for folder in sorted({parent for path in changed for parent in (path, *path.parents)}, reverse=True):
            if folder.is_relative_to(self._folder.path):
                sync_folder(folder)
        self._synced = found

    def finish(self) -> None:
        """Renew the record and its copies, which ends what `begin` began. Raises OSError."""
        self.sync()
        before = self.read() or {}
        now: Record = {}
        for name, path, status in self._recorded_files():
            known = before.get(name)
            is_as_before = _is_as_recorded(known, status)
            # A file that LanceDB never changes and that is another now is damaged, and must stay known as such.
            if known is None or (not is_as_before and path.name in _CHANGING):
                known = FileState(status.st_size, status.st_mtime_ns, checksum(path))
            now[name] = known
        self._copy(now)
        if now != before:
            self._write(now)
        (self._place / _UNFINISHED).unlink(missing_ok=True)
        sync_folder(self._place)

    def forget(self, tables: Collection[str] = ()) -> None:
        """Drop files that are gone, and all of these tables: their names may be given again. Raises OSError."""
        record = self.read() or {}
        folders = tuple(f"{TABLE_FOLDER}/{table}.lance/" for table in tables)
        self._write(
            {
                name: state
                for name, state in record.items()
                if not name.startswith(folders) and (self._folder.path / name).exists()
            }
        )

    def read(self) -> Record | None:
        """The record; None where there is none, or it is damaged."""
        try:
            content = json.loads((self._place / _RECORD).read_bytes())
            return {_inside(name): _state(*numbers) for name, numbers in content["files"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def damaged_files(self) -> list[str]:
        """Names of recorded files that are not as they were written. Reads every recorded file."""
        record, may_change = self.read() or {}, self.is_unfinished
        return [
            name
            for name, state in record.items()
            if _compare(self._folder.path / name, name, state, may_change=may_change)
        ]

    def restore(self, name: str, copy: Path) -> None:
        """Put a copy in a recorded file's place, with the time that is recorded. Raises OSError."""
        copy_durably(copy, self._folder.path / name)

    def problems(self) -> list[Problem]:
        """Files that are damaged, missing or unknown. Reads every recorded file."""
        record = self.read()
        if record is None:
            if self._place.exists() and not self.is_unfinished:
                return [Problem("damaged_file", "", f"{RECOVERY_FOLDER}/{_RECORD} cannot be read")]
            return []
        found: list[Problem] = []
        may_change = self.is_unfinished
        for name, state in record.items():
            problem = _compare(self._folder.path / name, name, state, may_change=may_change)
            found += [problem] if problem else []
        if not may_change and not self.is_unfinished:
            unknown = {name for name, _, _ in self._recorded_files()} - set(record)
            found += [Problem("unknown_file", "", f"{name} was written by other software") for name in unknown]
        copies = {MAKER_FILE, *_leading_files(record)} & set(record)
        # A writer that was killed at its end leaves new copies beside the old record.
        for name in () if may_change else sorted(copies):
            copy, state = self._place / _COPIES / name, record[name]
            if state.size <= _MOST_COPIED_BYTES and not self._is_copied(copy, state):
                found.append(Problem("damaged_file", "", f"{RECOVERY_FOLDER}/{_COPIES}/{name} is no longer a copy"))
        return sorted(found)

    def copy_of(self, name: str) -> Path | None:
        """A copy of a recorded file that is as the record says; None where there is none."""
        state, path = (self.read() or {}).get(name), self._place / _COPIES / name
        return path if state is not None and self._is_copied(path, state) else None

    def _recorded_files(self) -> Iterator[tuple[str, Path, os.stat_result]]:
        for path, status in files_below(self._folder.tables):
            yield path.relative_to(self._folder.path).as_posix(), path, status
        for name in (MAKER_FILE, JOURNAL_FILE):
            path = self._folder.path / name
            if path.exists():
                yield name, path, path.stat()

    def _copy(self, record: Record) -> None:
        """Copy what leads to the data, and drop older copies."""
        wanted = {MAKER_FILE, *_leading_files(record)} & set(record)
        place = self._place / _COPIES
        for path, _ in [*files_below(place)]:
            if path.relative_to(place).as_posix() not in wanted:
                path.unlink()
        for name in wanted:
            source, target = self._folder.path / name, place / name
            if record[name].size > _MOST_COPIED_BYTES or self._is_copied(target, record[name]):
                continue
            copy_durably(source, target)
        for parent, _, _ in os.walk(place):
            sync_folder(Path(parent))

    @staticmethod
    def _is_copied(target: Path, state: FileState) -> bool:
        try:
            return target.stat().st_size == state.size and checksum(target) == state.crc
        except OSError:
            return False

    def _write(self, record: Record) -> None:
        files = {name: [state.size, state.modified_ns, state.crc] for name, state in sorted(record.items())}
        self._place.mkdir(exist_ok=True)
        draft = self._place / (_RECORD + ".part")
        draft.write_text(json.dumps({"files": files}), encoding="utf-8")
        replace_durably(draft, self._place / _RECORD)


def _is_as_recorded(state: FileState | None, status: os.stat_result) -> bool:
    return state is not None and (state.size, state.modified_ns) == (status.st_size, status.st_mtime_ns)


def _inside(name: str) -> str:
    """Raises ValueError for a path that leaves the library."""
    if "\0" in name or not {"", ".", ".."}.isdisjoint(name.split("/")):
        raise ValueError(f"{name!r} is no file of a library")
    return name


def _state(size: int, modified_ns: int, crc: int) -> FileState:
    """Raises TypeError for what are no whole numbers."""
    if not all(type(number) is int for number in (size, modified_ns, crc)):
        raise TypeError("lengths, times and checksums are whole numbers")
    return FileState(size, modified_ns, crc)


def _compare(path: Path, name: str, state: FileState, *, may_change: bool) -> Problem | None:
    try:
        size, modified = path.stat().st_size, path.stat().st_mtime_ns
        if may_change and modified != state.modified_ns:
            return None
        if size != state.size:
            return Problem("damaged_file", "", f"{name} has {size:,} bytes, not {state.size:,}")
        if checksum(path) != state.crc:
            return Problem("damaged_file", "", f"{name}'s content has changed since it was written")
    except FileNotFoundError:
        return None if may_change else Problem("lost_file", "", f"{name} is gone")
    except OSError as error:
        return Problem("damaged_file", "", f"{name} cannot be read: {error.strerror or error}")
    return None


def _leading_files(record: Record) -> Iterator[str]:
    """Of each table the newest manifest with its transaction, and every list of deleted rows."""
    tables = {"/".join(name.split("/")[:2]) for name in record if name.startswith(TABLE_FOLDER + "/")}
    for table in tables:
        versions = sorted(name for name in record if name.startswith(f"{table}/_versions/"))
        # LanceDB numbers manifests downwards, so that the newest comes first in a listing.
        yield from versions[:1]
        yield from (name for name in versions if not name.endswith(".manifest"))
        yield from (name for name in record if name.startswith(f"{table}/_deletions/"))
        transactions = [name for name in record if name.startswith(f"{table}/_transactions/")]
        newest = max(map(_transaction_number, transactions), default=0)
        yield from (name for name in transactions if _transaction_number(name) == newest)


def _transaction_number(name: str) -> int:
    number = name.rpartition("/")[2].partition("-")[0]
    return int(number) if number.isdigit() else -1
