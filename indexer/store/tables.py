"""The library's folder and its four LanceDB tables: where things lie, opening, and LanceDB's errors made ours.

The lowest of the layers of `indexer.store.library.Library`. Left out: what is read, searched or written.
"""

import asyncio
import copy
import json
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

import lancedb
from lancedb.background_loop import LOOP
from lancedb.table import Table

from indexer.errors import LibraryBrokenError, LibraryError, LibraryMissingError, LibraryModelsError
from indexer.store.lock import HOLDER_FILE, LOCK_FILE
from indexer.store.schema import SCHEMA_VERSION, TABLES, ArrowTable, Maker, TableName, table_schema

MAKER_FILE = "library.json"
TABLE_FOLDER = "lance"
THUMBNAIL_FOLDER = "thumbnails"
STAGING_FOLDER = "staging"
SERVICE_NAMES = {"cache", "jobs", "keys.json", "uploads"}
"""What the service keeps beside the tables."""
OWN_NAMES = {MAKER_FILE, TABLE_FOLDER, THUMBNAIL_FOLDER, STAGING_FOLDER, LOCK_FILE, HOLDER_FILE} | SERVICE_NAMES
"""Everything that Reelseek puts into a library's folder."""

INDEX_CACHE_BYTES = 1 << 30
"""A million vectors of 512 dimensions at 4 bits each are 0.26 GB; LanceDB's own default is 6 GiB."""
METADATA_CACHE_BYTES = 128 << 20
"""LanceDB's own default is 1 GiB."""
CONSISTENCY = timedelta(0)
"""Readers look for a newer version before each read. It costs 0.3 ms, and a search always sees what is committed."""


Made = TypeVar("Made")


@cache
def shared_session() -> lancedb.Session:
    """One bounded cache for all libraries of this process."""
    return lancedb.Session(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES)


@contextmanager
def boundary(path: Path, doing: str) -> Generator[None]:
    """Turns what LanceDB, Arrow and the system raise inside into a `LibraryError` that names library and reason.

    Raises:
        LibraryError: the disk is full, or a file may not be read or written.
        LibraryBrokenError: anything else that the tables answer with.
    """
    try:
        yield
    except (LibraryError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        # A panic of the Rust side arrives as pyo3_runtime.PanicException, which is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise _converted(path, doing, error) from error


@contextmanager
def temporary_files_in(folder: Path) -> Generator[None]:
    """Inside, LanceDB's own temporary files (shuffles of an index, spills of a merge) go there, not to `/tmp`.

    It asks the environment each time and has no other setting. Nothing but the library's writer may call this.
    """
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def _converted(path: Path, doing: str, error: BaseException) -> LibraryError:
    text = " ".join(str(error).split())[:500] or type(error).__name__
    lowered = text.lower()
    if "no space left" in lowered or "os error 28" in lowered or "quota exceeded" in lowered:
        return LibraryError(f"library {path}: the disk is full while {doing}; free some space, then run the same again")
    if "permission denied" in lowered or "read-only file system" in lowered or isinstance(error, PermissionError):
        return LibraryError(f"library {path}: no permission while {doing} ({text}); check the owner of its files")
    return LibraryBrokenError(
        f"library {path} is damaged, or was changed by other software: {doing} failed ({text});"
        " run `reelseek verify`, or delete the folder and index again"
    )


class Tables:
    """An open library: its folder, its maker and its tables. Use `indexer.store.library.Library`."""

    def __init__(self, path: Path, maker: Maker) -> None:
        self.path = path
        self.maker = maker
        self._may_write = False
        self._write_lock = threading.RLock()
        self._writes: dict[TableName, int] = {}  # commits to a table since it was compacted
        self._made: dict[str, tuple[int, Any]] = {}  # name -> version of its table, value; see `_while_same`
        self._making: dict[TableName, threading.Lock] = {name: threading.Lock() for name in TABLES}
        self._seen: dict[str, Any] | None = None  # of `now`: what was looked at stays
        with boundary(path, "opening the tables"):
            self._database: Any = _connect(path)
            self._tables: dict[TableName, Table] = {name: self._database.open_table(name) for name in TABLES}
            self._readable: dict[TableName, Any] = LOOP.run(_open_for_reading(path))
        for name, table in self._tables.items():
            _check_schema(path, name, table, maker)

    def now(self) -> Self:
        """This library for one search: it looks once whether a table has changed, not at every question."""
        library = copy.copy(self)
        library._seen = {}
        return library

    def thumbnail_path(self, video_id: str, segment_index: int) -> Path:
        """Where that segment's picture lies, whether or not it was written. A folder a video, 256 folders of them."""
        return self._thumbnail_folder(video_id) / f"{segment_index:06d}.jpg"

    def staging_path(self) -> Path:
        """Folder for a writer's temporary files inside the library; emptied by `open_writer`."""
        folder = self.path / STAGING_FOLDER
        folder.mkdir(exist_ok=True)
        return folder

    def _thumbnail_folder(self, video_id: str) -> Path:
        return self.path / THUMBNAIL_FOLDER / video_id[:2] / video_id

    def _rows(self, table: TableName, where: str | None = None, columns: list[str] | None = None) -> ArrowTable:
        """All rows that the condition allows, in no particular order."""
        query = self._readable[table].query()
        query = query.where(where) if where else query
        query = query.select(columns) if columns else query
        return self._fetch(f"reading {table}", query)[0]

    def _fetch(self, doing: str, *queries: Any) -> list[ArrowTable]:
        """The rows of LanceDB's asynchronous queries, which go side by side.

        Its synchronous ones cost twice the time: each crosses to its event loop five times or more.
        """

        async def fetch() -> list[ArrowTable]:
            return await asyncio.gather(*(query.to_arrow() for query in queries))

        with boundary(self.path, doing):
            return LOOP.run(fetch())

    def _while_same(self, name: str, table: TableName, make: Callable[[], Made]) -> Made:
        """What `make` makes of a table, kept under a name until the table changes."""
        if self._seen is not None and name in self._seen:
            return self._seen[name]
        version = self._version(table)  # before the rows: they may be newer, never older
        held = self._made.get(name)
        if held is None or held[0] != version:
            with self._making[table]:  # many threads search, one reads
                held = self._made.get(name)
                if held is None or held[0] != version:
                    held = (version, make())
                    self._made[name] = held
        if self._seen is not None:
            self._seen[name] = held[1]
        return held[1]

    def _version(self, table: TableName) -> int:
        """Of the table now, or as `now` first saw it."""
        if self._seen is not None and f"version of {table}" in self._seen:
            return self._seen[f"version of {table}"]
        with boundary(self.path, f"reading {table}"):
            version = self._tables[table].version
        if self._seen is not None:
            self._seen[f"version of {table}"] = version
        return version

    def _count(self, table: TableName, where: str | None = None) -> int:
        with boundary(self.path, f"counting {table}"):
            return self._tables[table].count_rows(where)


def create_tables(path: Path, maker: Maker) -> None:
    """Make empty tables, then the maker file that turns the folder into a library; safe to repeat after a crash.

    Raises:
        LibraryBrokenError: there are tables with rows and no maker file: not a creation that was cut short.
    """
    with boundary(path, "creating the tables"):
        database: Any = _connect(path)
        for name in TABLES:
            if _holds_rows(database, name):
                raise LibraryBrokenError(
                    f"library {path} has lost its file {MAKER_FILE}, which says what made it;"
                    " restore that file, or delete the folder and index again"
                )
            database.create_table(name, schema=table_schema(name, maker), mode="overwrite")
        content = {"schema_version": SCHEMA_VERSION, "maker": asdict(maker)}
        draft = path / STAGING_FOLDER / MAKER_FILE
        draft.parent.mkdir(exist_ok=True)
        draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        os.replace(draft, path / MAKER_FILE)  # noqa: PTH105 - the atomic one


def read_maker(path: Path) -> Maker:
    """Who made the library at `path`.

    Raises:
        LibraryMissingError: there is none.
        LibraryBrokenError: its file cannot be read, or is of another version.
    """
    file = path / MAKER_FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        version = content["schema_version"]
        if version != SCHEMA_VERSION:
            raise LibraryBrokenError(
                f"library {path} has schema version {version}, this software reads {SCHEMA_VERSION};"
                " use the version of Reelseek that made it, or index again into another folder"
            )
        return Maker(**content["maker"])
    except (FileNotFoundError, NotADirectoryError):
        raise LibraryMissingError(
            f"there is no library at {path}; make one with `reelseek index PATH --library {path}`"
        ) from None
    except PermissionError as error:
        raise LibraryError(f"library {path} cannot be read: {error}; check the owner of its files") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryBrokenError(
            f"library {path} is damaged: {MAKER_FILE} cannot be read ({error}); restore it, or delete the folder"
            " and index again"
        ) from error


def check_maker(path: Path, found: Maker, wanted: Maker) -> None:
    """Raises LibraryModelsError, naming both sides, when vectors of the two could not be mixed."""
    differences = found.differences(wanted)
    if differences:
        raise LibraryModelsError(
            f"library {path} was made with other models or settings (profile {found.profile!r} here,"
            f" {wanted.profile!r} asked for): {'; '.join(differences)}. Use those it was made with, or index into"
            " another folder with --library"
        )


def _connect(path: Path) -> Any:
    return lancedb.connect(str(path / TABLE_FOLDER), session=shared_session(), read_consistency_interval=CONSISTENCY)


async def _open_for_reading(path: Path) -> dict[TableName, Any]:
    """The tables once more, for the queries of `Tables._fetch`."""
    database: Any = await lancedb.connect_async(
        str(path / TABLE_FOLDER), session=shared_session(), read_consistency_interval=CONSISTENCY
    )
    return {name: await database.open_table(name) for name in TABLES}


def _holds_rows(database: Any, name: TableName) -> bool:
    try:
        return database.open_table(name).count_rows() > 0
    except (ValueError, RuntimeError, OSError):  # absent, or a table cut short before its first version
        return False


def _check_schema(path: Path, name: TableName, table: Table, maker: Maker) -> None:
    found, wanted = table.schema, table_schema(name, maker)
    if {(f.name, str(f.type)) for f in found} != {(f.name, str(f.type)) for f in wanted}:
        raise LibraryBrokenError(
            f"library {path}: table {name} has other columns than this software writes;"
            " use the version of Reelseek that made it, or index again into another folder"
        )
