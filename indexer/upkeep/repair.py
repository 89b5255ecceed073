"""Repair of a damaged library: what can be read stays, indexes were rebuilt, the rest is listed to be indexed again.

Tags, corrections and names of speakers are never lost: they stand in the journal of videos as well as in the tables.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from indexer.catalog import STAGE_OF_SOURCE, StageName
from indexer.errors import LibraryBrokenError
from indexer.library_place import LibraryPlace
from indexer.records import Video
from indexer.store.collections.collection_files import CollectionFiles
from indexer.store.folder import MAKER_FILE, LibraryFolder
from indexer.store.library import Library
from indexer.store.lock import locked
from indexer.store.maker_file import read_maker
from indexer.store.recovery.audit_checks import Problem
from indexer.store.recovery.file_record import FileRecord
from indexer.store.recovery.table_salvage import Salvage, TableSalvage
from indexer.store.recovery.video_journal import VideoJournal
from indexer.store.rows import decode_videos, encode_videos
from indexer.store.schema import TABLES, ArrowTable, Maker, TableName
from indexer.store.storage.opening import folder_at
from indexer.upkeep.verify import verify_library

_WAY_OUT = "bring an earlier version of its objects back with the store's versioning, or index again into another place"


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair found and did."""

    found: list[Problem]
    """Before the repair."""
    actions: list[str]
    """What was done, in words, in order."""
    to_index: list[Video]
    """Videos of which something must be made again, by path."""
    left: list[Problem]
    """Problems that are still there."""


def repair_library(place: LibraryPlace, *, on_step: Callable[[str], None] = lambda _: None) -> RepairReport:
    """Bring a library into a state without damage. Safe to repeat, also after a crash.

    Args:
        on_step: called with each action in words.

    Raises:
        LibraryMissingError: there is nothing at `place` that was a library.
        LibraryLockedError: another process writes to it.
        LibraryBrokenError: it is not known which models made it: `library.json` and its copy are lost.
        LibraryError: the disk is full, or files cannot be written; or the library lies in an object store.
    """
    folder = folder_at(place, "repaired", _WAY_OUT)
    found = verify_library(folder.path)
    actions: list[str] = []

    def tell(action: str) -> None:
        actions.append(action)
        on_step(action)

    to_index: list[Video] = []
    collections = CollectionFiles(folder)
    of_collections = collections.problems()
    if of_collections:
        tell(collections.repair())
    has_leftovers = any(one.is_leftover for one in found)
    is_damaged = any(one.is_damage and one not in of_collections for one in found)
    if is_damaged or has_leftovers or FileRecord(folder).is_unfinished:
        with locked(folder.path):
            _Files(folder, tell).repair()
        to_index = _repair_rows(folder, tell)
        if has_leftovers:
            tell("removed what an interrupted run had left")
        left = verify_library(folder.path)
    else:
        left = [one for one in found if one not in of_collections] + collections.problems()
    return RepairReport(found, actions, to_index, [one for one in left if one.is_damage])


class _Files:
    """Repair of files and tables, before the library can be opened."""

    def __init__(self, folder: LibraryFolder, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._tell = tell
        self._record = FileRecord(folder)
        self._rewritten: set[TableName] = set()

    def repair(self) -> None:
        damaged = self._record.damaged_files()
        lost = [name for name in damaged if not self._restore(name)]
        maker = self._maker(is_lost=MAKER_FILE in lost)
        salvage, journal = TableSalvage(self._folder, maker), VideoJournal(self._folder, maker)
        for table in TABLES:
            with_lost_index = any(name.startswith(f"lance/{table}.lance/_indices/") for name in lost)
            self._repair_table(table, salvage, journal, maker, with_lost_index=with_lost_index)
        self._record.forget(self._rewritten)
        self._record.begin()  # the writer that opens next looks at every row
        content = journal.read()
        if content.damaged_lines or not journal.exists or not content.entries:
            # The tables are whole by now; the writer begins a new journal from them.
            self._tell("started a new journal of videos")
            journal.remove()

    def _restore(self, name: str) -> bool:
        """Put a copy in place of a damaged file. Otherwise remove it, so that nothing reads it."""
        path, copy = self._folder.path / name, self._record.copy_of(name)
        if copy is not None:
            self._record.restore(name, copy)
            self._tell(f"restored {name} from its copy")
            return True
        if name != MAKER_FILE and not name.endswith(".journal"):
            path.unlink(missing_ok=True)
        return False

    def _maker(self, *, is_lost: bool) -> Maker:
        try:
            return read_maker(self._folder)
        except LibraryBrokenError as error:
            if not is_lost:
                raise
            raise LibraryBrokenError(
                f"{error}. There is no copy of {MAKER_FILE} either, so it is not known which models made the library"
            ) from error

    def _repair_table(
        self, table: TableName, salvage: TableSalvage, journal: VideoJournal, maker: Maker, *, with_lost_index: bool
    ) -> None:
        newest = salvage.newest_version(table)
        found = salvage.examine(table)
        is_older = salvage.newest_version(table) != newest
        if found.row_numbers is None:
            self._tell(f"the table of {table} could not be read and is empty now")
        elif found.lost_rows:
            self._tell(f"{found.lost_rows:,} rows of {table} could not be read")
        elif is_older:
            self._tell(f"the newest state of {table} could not be read; an older one is used")
        if table == "videos" and (not found.is_whole or is_older):
            self._rewrite(table, self._videos(salvage.rows(found), journal, maker), salvage)
        elif not found.is_whole:
            self._rewrite(table, salvage.rows(found), salvage)
        elif with_lost_index:
            self._rebuild_indexes(found, salvage)

    def _rewrite(self, table: TableName, parts: Iterator[ArrowTable], salvage: TableSalvage) -> None:
        salvage.rewrite(table, parts)
        self._rewritten.add(table)

    def _rebuild_indexes(self, found: Salvage, salvage: TableSalvage) -> None:
        if not salvage.drop_indexes(found.name):
            self._rewrite(found.name, salvage.rows(found), salvage)
        self._tell(f"the search indexes of {found.name} were rebuilt")

    def _videos(self, rows: Iterator[ArrowTable], journal: VideoJournal, maker: Maker) -> Iterator[ArrowTable]:
        """The journal's videos, which are never older than the table's, and those that only the table has."""
        content = journal.read()
        in_table = {video.video_id: video for part in rows for video in decode_videos(part)}
        videos = {video_id: entry.video for video_id, entry in content.entries.items()}
        if content.damaged_lines or not journal.exists:
            videos = {**in_table, **videos}
        if back := len(set(videos) - set(in_table)):
            self._tell(f"restored {back:,} videos from the journal")
        yield encode_videos([*videos.values()], maker)


def _repair_rows(folder: LibraryFolder, tell: Callable[[str], None]) -> list[Video]:
    """Remove stages of which something is lost. Returns their videos, by path.

    Opening the library for writing has removed rows without a video and rows of stages that are not complete.
    """
    dropped: dict[str, Video] = {}
    with Library.open_to_change(folder.path) as library:
        wrong: defaultdict[str, list[Problem]] = defaultdict(list)
        for problem in library.audit():
            if problem.is_damage:
                wrong[problem.video_id].append(problem)
        for video in library.videos():
            if stages := _stages_of(wrong.get(video.video_id, ()), video):
                dropped[video.video_id] = _drop_stages(library, video, stages)
        library.maintain()
    if dropped:
        tell(f"{len(dropped):,} videos lost data and must be indexed again")
    return sorted(dropped.values(), key=lambda video: video.path)


def _stages_of(problems: Sequence[Problem], video: Video) -> set[StageName]:
    """The stages whose rows or thumbnails a problem is about; all where it does not say."""
    found: set[StageName] = set()
    for problem in problems:
        found |= {problem.stage} if problem.stage else set(video.stages)
    return found & set(video.stages)


def _drop_stages(library: Library, video: Video, stages: set[StageName]) -> Video:
    """The video without these stages, as it is in the library now."""
    if "picture" in stages:
        library.write_pictures([(video.video_id, [], [])])
    library.write_texts([(video.video_id, source, []) for source, stage in STAGE_OF_SOURCE.items() if stage in stages])
    left = {stage: fingerprint for stage, fingerprint in video.stages.items() if stage not in stages}
    changed = replace(video, stages=left)
    library.put_videos([changed])
    return changed
