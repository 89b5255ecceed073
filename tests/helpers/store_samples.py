"""Small libraries and rows for the tests of the store."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.catalog import StageName, TextSource
from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Vector, Video
from indexer.store.folder import LibraryFolder
from indexer.store.library import Library
from indexer.store.schema import Maker
from indexer.store.tables import Tables

PICTURE_DIM = 16
TEXT_DIM = 8
MAKER = Maker("clip", PICTURE_DIM, "minilm", TEXT_DIM, "1/s, 2-30 s, max_side 1280", "small")
SEGMENT_SECONDS = 3


def video_id(number: int) -> str:
    return f"{number:032x}"


def unit(dim: int, *seed: int) -> Vector:
    vector = np.random.default_rng(seed).standard_normal(dim)
    return (vector / np.linalg.norm(vector)).astype(np.float16)


def pictures(number: int, segments: int = 3, *, take: int = 0) -> tuple[str, list[SegmentRow], list[FrameRow]]:
    """What `write_pictures` takes for one video; another `take` has other vectors."""
    rows = [
        SegmentRow(
            index,
            TimeSpan(index * SEGMENT_SECONDS, (index + 1) * SEGMENT_SECONDS),
            index * SEGMENT_SECONDS + 1.0,
            unit(PICTURE_DIM, number, take, index),
        )
        for index in range(segments)
    ]
    frames = [
        FrameRow(float(time), time // SEGMENT_SECONDS, unit(PICTURE_DIM, number, take, 1000 + time), time % 2 == 0)
        for time in range(segments * SEGMENT_SECONDS)
    ]
    return video_id(number), rows, frames


def texts(
    number: int, words: Sequence[str] = ("hello there", "good bye"), source: TextSource = "subtitle", *, take: int = 0
) -> tuple[str, TextSource, list[TextRow]]:
    """What `write_texts` takes for one video."""
    rows = [
        TextRow(source, index % 3, TimeSpan(index, index + 1), text, unit(TEXT_DIM, number, take, index), "en")
        for index, text in enumerate(words)
    ]
    return video_id(number), source, rows


def video(number: int, segments: int = 3, stages: Sequence[StageName] = ("picture", "subtitles")) -> Video:
    return Video(
        video_id=video_id(number),
        paths=(f"/videos/{number}.mp4",),
        size_bytes=1000 + number,
        modified_ns=(number,),
        duration_seconds=float(segments * SEGMENT_SECONDS),
        probe=None,
        stages=dict.fromkeys(stages, "software 1"),
    )


def write_whole(library: Library, number: int, segments: int = 3, *, take: int = 0) -> None:
    """One video as the pipeline writes it: rows and thumbnails first, the video's row last."""
    library.write_pictures([pictures(number, segments, take=take)])
    library.write_texts([texts(number, take=take)])
    for index in range(segments):
        library.write_thumbnail(video_id(number), index, b"jpeg")
    library.put_videos([video(number, segments)])


def open_tables(library: Library) -> Tables:
    """The library's tables, opened a second time, to look at them or to write around the library."""
    return Tables(LibraryFolder(library.path), library.maker)


def content(library: Library) -> list[tuple[object, ...]]:
    """Every row of the library as comparable values."""
    rows: list[tuple[object, ...]] = []
    for one in library.videos():
        name = one.video_id
        rows.append(("video", repr(one)))
        rows += [("segment", name, row.index, row.span, _bytes(row.vector)) for row in library.segments(name)]
        rows += [("frame", name, row.time_seconds, _bytes(row.vector)) for row in library.frames(name)]
        rows += [("text", name, row.source, row.text, _bytes(row.vector)) for row in library.texts(name)]
    rows += [("count", name, count) for name, count in library.counts().items()]
    rows += [("thumbnail", path) for path in _thumbnails_of(library)]
    return rows


def thumbnails(library: Path) -> list[str]:
    return sorted(str(path.relative_to(library)) for path in (library / "thumbnails").glob("*/*/*"))


def _thumbnails_of(library: Library) -> list[str]:
    """As `thumbnails`, of a library in any place."""
    storage = library.storage
    folders = [f"thumbnails/{name[:2]}/{name}" for name, _ in storage.picture_folders()]
    return sorted(f"{folder}/{name}" for folder in folders for name in storage.pictures_in(folder))


def _bytes(vector: Vector | None) -> bytes:
    return b"" if vector is None else vector.tobytes()
