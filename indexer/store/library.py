"""The library: opening it, and its public methods, each of which one part of this package does.

Processes: any number of readers, one writer. Start them with `spawn`, never `fork` (LanceDB has threads).
Threads: reading is safe from any thread beside one that writes; calls that write exclude one another.
"""

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Self, TypeVar

from indexer.catalog import TextSource
from indexer.closeable import Closeable
from indexer.errors import LibraryError
from indexer.library_place import LibraryPlace, name_inside
from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Vector, Video
from indexer.store.database_errors import convert_errors
from indexer.store.folder import FAILURE_LOG, MAKER_FILE
from indexer.store.hits import FrameHit, QueryVector, SampleSource, SegmentKey, Similarities, TextHit
from indexer.store.maker_file import check_maker, read_maker
from indexer.store.memory.in_memory_tables import InMemoryTables, MemoryLimits
from indexer.store.memory.table_cache import TableCache, TableValues
from indexer.store.queries.background_sample import BackgroundSample
from indexer.store.queries.full_text_search import FullTextSearch
from indexer.store.queries.parallel import run_queries_in_parallel
from indexer.store.queries.segment_similarity import SegmentSimilarity
from indexer.store.queries.text_hits import TextHits
from indexer.store.queries.vector_search import VectorSearch
from indexer.store.reader import Reader
from indexer.store.recovery.audit import Audit
from indexer.store.recovery.audit_checks import Problem
from indexer.store.schema import Maker, TableName
from indexer.store.storage.opening import storage_at
from indexer.store.tables import Tables, find_or_create
from indexer.store.thumbnails import Thumbnails
from indexer.store.video_lookup import find_video_id
from indexer.store.writing.growth import add_models
from indexer.store.writing.maintenance import vector_index_kind
from indexer.store.writing.spool import Spool
from indexer.store.writing.write_access import WriteAccess, open_write_access

Result = TypeVar("Result")


class Library(Closeable):
    """An open library. Make one with `Library.open` or `Library.open_writer`, both also context managers."""

    def __init__(
        self,
        tables: Tables,
        cache: TableValues,
        *,
        memory_limits: MemoryLimits | None,
        write_access: WriteAccess | None = None,
    ) -> None:
        memory = InMemoryTables(tables, cache, memory_limits)
        text_hits = TextHits(tables, memory, cache)
        self.path = tables.folder.path
        self.storage = tables.folder
        self.maker = tables.maker
        self._tables = tables
        self._asked_for_growth = time.monotonic()
        self._cache = cache
        self._memory_limits = memory_limits
        self._memory = memory
        self._write_access = write_access
        self._thumbnails = Thumbnails(tables.folder)
        self._reader = Reader(tables, memory, cache)
        self._vector_search = VectorSearch(tables, memory, text_hits, cache)
        self._full_text_search = FullTextSearch(tables, memory, text_hits)
        self._segment_similarity = SegmentSimilarity(tables, memory)
        self._background_sample = BackgroundSample(tables, memory, cache)

    @classmethod
    def open(cls, path: LibraryPlace, *, maker: Maker | None = None) -> Self:
        """Open for reading; needs no lock. In a folder it sees each commit at once, in an object store within seconds.

        Raises:
            LibraryMissingError: there is none at `path`.
            LibraryModelsError: `maker` is given and is not the one that made it.
            LibraryBrokenError: its files are damaged or of another version.
        """
        storage = storage_at(path)
        found = read_maker(storage)
        if maker:
            check_maker(storage.path, found, maker)
        tables = Tables(storage, found)
        return cls(tables, TableCache(tables), memory_limits=MemoryLimits())

    @classmethod
    def open_writer(cls, path: LibraryPlace, *, maker: Maker) -> Self:
        """Open for reading and writing; creates a library where there is none, and removes what a crash left.

        One that has no picture model, or no text model, gets that of the maker; its rows then lack vectors.

        Raises:
            LibraryLockedError: another process writes to it.
            LibraryModelsError: another maker made it.
            LibraryBrokenError: its files are damaged or of another version.
            LibraryError: the folder holds other things, or cannot be written to.
        """
        storage = storage_at(path)
        if not storage.exists(MAKER_FILE):
            storage.prepare()
        storage.check_writable()
        lock = storage.writer_lock()
        lock.acquire()
        try:
            tables = Tables(storage, add_models(storage, find_or_create(storage, maker), maker, lock), to_write=True)
            cache = TableCache(tables)
            access = open_write_access(tables, cache, lock)
        except BaseException:
            lock.release()
            raise
        return cls(tables, cache, memory_limits=None, write_access=access)

    @classmethod
    def open_to_change(cls, path: LibraryPlace) -> Self:
        """Open a library that is there for reading and writing, with the maker that made it.

        Raises:
            LibraryMissingError: there is none at `path`.
            LibraryLockedError, LibraryBrokenError, LibraryError: as `open_writer`.
        """
        return cls.open_writer(path, maker=read_maker(storage_at(path)))

    def close(self) -> None:
        """Wait until what was written is on the disk, and release the writer's lock; safe to repeat.

        Raises:
            LibraryError: the disk is full or fails; the lock is released all the same.
        """
        access, self._write_access = self._write_access, None
        if access is not None:
            access.close()

    def has_grown(self) -> bool:
        """Whether a writer has given the library a model since it was opened here: open it again to use the model."""
        if time.monotonic() - self._asked_for_growth < self.storage.seen_after.total_seconds():
            return False
        self._asked_for_growth = time.monotonic()
        try:
            return read_maker(self.storage) != self.maker
        except LibraryError:
            return False  # gone or damaged by now, which the next read says better

    def snapshot(self) -> "Library":
        """A read-only snapshot for one search, which checks each table for changes once instead of at every call."""
        return Library(self._tables, self._cache.snapshot(), memory_limits=self._memory_limits)

    def thumbnail_path(self, video_id: str, segment_index: int) -> Path:
        """A file of this machine with a segment's thumbnail; it does not exist where there is none."""
        return self._thumbnails.path(video_id, segment_index)

    def thumbnail_paths(self, keys: Sequence[SegmentKey]) -> list[Path]:
        """`thumbnail_path` of several segments, which an object store sends at once."""
        return self._thumbnails.paths(keys)

    def cover_path(self, video_id: str) -> Path:
        """A file of this machine with a sound file's cover; it does not exist where there is none."""
        return self._thumbnails.cover_path(video_id)

    def thumbnails_written(self, video_id: str) -> tuple[float, int]:
        """(when a video's thumbnails were written, in seconds since 1970 and 0 without any; how many there are)."""
        return self._thumbnails.written(video_id), len(self._thumbnails.segments(video_id))

    def open_spool(self, name: str) -> Spool:
        """A temporary file of the writer inside the library; what a crash leaves is removed by `open_writer`."""
        with convert_errors(self.path, "making a folder"):
            return Spool(self.path, self._tables.folder.staging() / name)

    @property
    def failure_log(self) -> str:
        """Full name of the file with the tracebacks of unexpected failures, whether or not it exists."""
        return name_inside(self.path, FAILURE_LOG)

    def videos(self) -> list[Video]:
        """All videos, also failed ones, by path."""
        return self._reader.videos()

    def video(self, video_id: str) -> Video:
        """The video with an id. Raises NotInLibraryError."""
        return self._reader.video(video_id)

    def find_video(self, name: str) -> Video:
        """The video with an id, an id's first digits, a path or a file name. Raises NotInLibraryError."""
        return self.video(find_video_id(self._reader.names(), name, library=self.path))

    def segments(self, video_id: str) -> list[SegmentRow]:
        """Segments of a video, in order of time."""
        return self._reader.segments(video_id)

    def frames(self, video_id: str) -> list[FrameRow]:
        """Frames of a video, in order of time."""
        return self._reader.frames(video_id)

    def texts(self, video_id: str, source: TextSource | None = None) -> list[TextRow]:
        """Texts of a video, by source, in the order in which they were written."""
        return self._reader.texts(video_id, source)

    def texts_between(self, spans: Sequence[tuple[str, TimeSpan]], source: TextSource) -> dict[str, list[TextRow]]:
        """Texts of one source by video id: at least those that overlap a (video id, span); maybe without vectors."""
        return self._reader.texts_between(spans, source)

    def segments_by_key(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, SegmentRow]:
        """Segments without their vectors; unknown keys are left out."""
        return self._reader.segments_by_key(keys)

    def segments_touching(self, spans: Sequence[tuple[str, TimeSpan]]) -> list[list[SegmentKey]]:
        """For each (video id, span) the segments that overlap it, in order of time."""
        return self._reader.segments_touching(spans)

    def segment_vectors(self, keys: Sequence[SegmentKey]) -> dict[SegmentKey, Vector]:
        """Mean picture vectors (dim,); unknown keys are left out."""
        return self._reader.segment_vectors(keys)

    def counts(self) -> dict[str, int]:
        """Numbers of rows: `videos`, `failed`, `segments`, `frames`, and texts by source."""
        return self._reader.counts()

    def nearest_frames(
        self, vector: QueryVector, *, limit: int, video_ids: Collection[str] | None = None
    ) -> list[FrameHit]:
        """The frames most similar to a query vector (dim,), best first."""
        return self._vector_search.nearest_frames(vector, limit=limit, video_ids=video_ids)

    def nearest_texts(
        self, vector: QueryVector, *, source: TextSource, limit: int, video_ids: Collection[str] | None = None
    ) -> list[TextHit]:
        """The texts of one source most similar in meaning to a query vector (dim,), best first."""
        return self._vector_search.nearest_texts(vector, source=source, limit=limit, video_ids=video_ids)

    def match_words(
        self,
        query: str,
        *,
        source: TextSource,
        limit: int,
        video_ids: Collection[str] | None = None,
        fuzzy: bool = False,
    ) -> list[TextHit]:
        """The texts of one source that contain a word of the query, best BM25 score first; any string is only words."""
        search = self._full_text_search
        return search.match_words(query, source=source, limit=limit, video_ids=video_ids, fuzzy=fuzzy)

    def frame_similarities(
        self, vector: QueryVector, keys: Sequence[SegmentKey]
    ) -> dict[SegmentKey, list[tuple[float, float]]]:
        """For each segment its frames' (time in seconds, cosine with the query), in order of time."""
        return self._segment_similarity.frames(vector, keys)

    def segment_texts(
        self, vector: QueryVector | None, keys: Collection[SegmentKey], *, sources: Collection[TextSource]
    ) -> dict[SegmentKey, list[TextHit]]:
        """The texts of some sources in these segments, in order of time; similarity 0 without a vector (dim,)."""
        return self._segment_similarity.texts(vector, keys, sources=sources)

    def background(self, vector: QueryVector, *, what: SampleSource, size: int = 1000) -> Similarities:
        """(n,) cosines of a query with a fixed sample of `size` frames, or texts of one source."""
        return self._background_sample.similarities(vector, what=what, size=size)

    def sampled_texts(self, source: TextSource, *, size: int = 1000) -> tuple[str, ...]:
        """The texts of the sample that `background` compares with, in the same order."""
        return self._background_sample.texts(source, size=size)

    def distinct_texts(self) -> Sequence[str] | None:
        """Every text of every source once; the same object until the texts change. None where they do not fit in
        memory."""
        whole = self._memory.texts()
        held = self._memory.text_locator() if whole is None else whole
        return None if held is None else held.distinct_texts

    def run_concurrently(self, queries: Sequence[Callable[[], Result]]) -> list[Result]:
        """The results of several queries, which run concurrently where the database answers them."""
        return run_queries_in_parallel(queries, concurrently=self._memory.texts() is None)

    def check_rows(
        self,
        video: Video,
        *,
        pictures: tuple[Sequence[SegmentRow], Sequence[FrameRow]] | None = None,
        texts: Sequence[tuple[TextSource, Sequence[TextRow]]] = (),
    ) -> None:
        """Raise ValueError where these rows of one video have values that cannot be written; write nothing."""
        self._writable().writer.check_rows(video, pictures, texts)

    def write_pictures(self, items: Sequence[tuple[str, Sequence[SegmentRow], Sequence[FrameRow]]]) -> None:
        """Replace the segments and frames of these videos. Call `put_videos` last."""
        self._writable().writer.write_pictures(items)

    def write_texts(self, items: Sequence[tuple[str, TextSource, Sequence[TextRow]]]) -> None:
        """Replace the texts of these (video, source) pairs. Call `put_videos` last."""
        self._writable().writer.write_texts(items)

    def write_thumbnail(self, video_id: str, segment_index: int, jpeg: bytes) -> None:
        """Write a segment's thumbnail."""
        self._writable().writer.write_thumbnail(video_id, segment_index, jpeg)

    def write_cover(self, video_id: str, jpeg: bytes) -> None:
        """Write the cover of a sound file."""
        self._writable().writer.write_cover(video_id, jpeg)

    def put_videos(self, videos: Sequence[Video]) -> None:
        """Add or replace these videos."""
        self._writable().writer.put_videos(videos)

    def remove_videos(self, video_ids: Sequence[str]) -> None:
        """Delete these videos with all their rows and thumbnails."""
        self._writable().writer.remove_videos(video_ids)

    def maintain(self, *, force: bool = False) -> None:
        """Build and refresh indexes, compact and prune, where due; all of it now with `force`."""
        self._writable().maintenance.maintain(force=force)

    def vector_index(self, table: TableName) -> str:
        """The kind of a table's vector index, as `IVF_RQ`; empty where it has none."""
        return vector_index_kind(self._tables, table)

    def audit(self) -> list[Problem]:
        """Everything that is wrong with the library, sorted; empty when all is well."""
        return Audit(self._tables, self._reader, self._thumbnails).problems()

    def _writable(self) -> WriteAccess:
        if self._write_access is None:
            raise LibraryError(f"library {self.path} is open read-only; open it with `Library.open_writer`")
        return self._write_access
