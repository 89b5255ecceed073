"""Columns of the library's four tables, their version, and the way between rows and records.

No database here: Arrow tables in, Arrow tables out. Keys are made of the video and a running number, and no column
holds the time of writing, so two libraries made from the same files are equal row for row.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import blake2b
from typing import Any, Literal, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Vector, Video, VideoProbe
from indexer.words import letters_of

ArrowTable = Any
"""A `pyarrow.Table`; pyarrow publishes no types."""
ArrowSchema = Any
ArrowField = Any
ArrowArray = Any

SCHEMA_VERSION = 1
"""Raised when a column changes its name, type or meaning; a library of another version is refused."""

TableName = Literal["videos", "segments", "frames", "texts"]
TABLES: tuple[TableName, ...] = ("videos", "segments", "frames", "texts")
KEYS: dict[TableName, tuple[str, ...]] = {
    "videos": ("video_id",),
    "segments": ("video_id", "segment_index"),
    "frames": ("video_id", "frame_index"),
    "texts": ("video_id", "source", "text_index"),
}
"""The columns that name a row; no two rows of a table are equal in them."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What made a library. Vectors of different makers cannot be compared, so a library has exactly one."""

    picture_model: str
    """`PictureModel.name`, empty when the profile has none."""
    picture_dim: int
    """0 when the profile has none."""
    text_model: str
    text_dim: int
    sampling: str
    """As `1/s, 2-30 s, max_side 1280`."""
    profile: str
    """Informative only: two profiles with the same models make the same library."""
    clip_spec: str = ""
    """Picture model that the settings named in place of the profile's, to load it again; informative only."""
    text_spec: str = ""
    """Text model that the settings named in place of the profile's; informative only."""

    def differences(self, other: "Maker") -> list[str]:
        """One line for each difference that forbids mixing: `picture model: A here, B asked for`."""
        return [
            f"{item.name.replace('_', ' ')}: {getattr(self, item.name)!r} here, {getattr(other, item.name)!r} asked for"
            for item in fields(self)
            if item.name in _COMPARED and getattr(self, item.name) != getattr(other, item.name)
        ]


_COMPARED = ("picture_model", "picture_dim", "text_model", "text_dim", "sampling")

_PROBE = pa.struct(
    [
        ("container", pa.string()),
        ("codec", pa.string()),
        ("decoder", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("rotation_degrees", pa.int32()),
        ("duration_seconds", pa.float64()),
        ("frames_per_second", pa.float64()),
        ("start_seconds", pa.float64()),
        ("stream_index", pa.int32()),
        ("is_hdr", pa.bool_()),
        ("subtitle_streams", pa.list_(pa.int32())),
        ("audio_streams", pa.int32()),
    ]
)


def table_schema(table: TableName, maker: Maker) -> ArrowSchema:
    """Columns of one table; without a model of its kind a table has no `vector` column."""
    identity = [pa.field("video_id", pa.string(), nullable=False)]
    start_stop = [pa.field("start_seconds", pa.float64()), pa.field("stop_seconds", pa.float64())]
    match table:
        case "videos":
            columns = [
                pa.field("paths", pa.list_(pa.string())),
                pa.field("size_bytes", pa.int64()),
                pa.field("modified_ns", pa.list_(pa.int64())),
                pa.field("duration_seconds", pa.float64()),
                pa.field("probe", _PROBE),
                pa.field("stages", pa.string()),  # JSON {stage: fingerprint}, keys sorted
                pa.field("warnings", pa.list_(pa.string())),
                pa.field("failure_kind", pa.string()),
                pa.field("failure_reason", pa.string()),
                pa.field("failure_software", pa.string()),
            ]
        case "segments":
            columns = [
                pa.field("segment_index", pa.int32(), nullable=False),
                *start_stop,
                pa.field("best_frame_seconds", pa.float64()),
                *_vector_field(maker.picture_dim),
            ]
        case "frames":
            columns = [
                pa.field("frame_index", pa.int32(), nullable=False),
                pa.field("segment_index", pa.int32(), nullable=False),
                pa.field("time_seconds", pa.float64()),
                pa.field("changed", pa.bool_()),
                pa.field("lot", pa.uint32()),  # see `lots`
                *_vector_field(maker.picture_dim),
            ]
        case "texts":
            columns = [
                pa.field("source", pa.string(), nullable=False),
                pa.field("text_index", pa.int32(), nullable=False),
                pa.field("segment_index", pa.int32(), nullable=False),
                *start_stop,
                pa.field("text", pa.string()),
                pa.field("letters", pa.string()),  # see `indexer.words`
                pa.field("language", pa.string()),
                pa.field("lot", pa.uint32()),
                *_vector_field(maker.text_dim),
            ]
    return pa.schema(identity + columns)


def _vector_field(dim: int) -> list[ArrowField]:
    return [pa.field("vector", pa.list_(pa.float16(), dim))] if dim else []


def lots(video_id: str, what: str, count: int) -> list[int]:
    """One pseudo-random number below 2**32 for each row: the rows with the smallest are the library's fixed sample.

    Drawn from the row's key, so the sample depends neither on the order of writing nor on compaction.
    """
    return [
        int.from_bytes(blake2b(f"{video_id}/{what}/{index}".encode(), digest_size=4).digest(), "big")
        for index in range(count)
    ]


def video_rows(videos: Sequence[Video], maker: Maker) -> ArrowTable:
    rows = [
        asdict(video)
        | {"paths": list(video.paths), "warnings": list(video.warnings)}
        | {"stages": json.dumps(video.stages, sort_keys=True)}
        | {"probe": asdict(video.probe) if video.probe else None}
        for video in videos
    ]
    return pa.Table.from_pylist(rows, schema=table_schema("videos", maker))


def segment_rows(video_id: str, rows: Sequence[SegmentRow], maker: Maker) -> ArrowTable:
    columns: dict[str, Any] = {
        "video_id": [video_id] * len(rows),
        "segment_index": [row.index for row in rows],
        **_spans([row.span for row in rows]),
        "best_frame_seconds": [row.best_frame_seconds for row in rows],
        **_vectors([row.vector for row in rows], maker.picture_dim),
    }
    return pa.table(columns, schema=table_schema("segments", maker))


def frame_rows(video_id: str, rows: Sequence[FrameRow], maker: Maker) -> ArrowTable:
    columns: dict[str, Any] = {
        "video_id": [video_id] * len(rows),
        "frame_index": list(range(len(rows))),
        "segment_index": [row.segment_index for row in rows],
        "time_seconds": [row.time_seconds for row in rows],
        "changed": [row.changed for row in rows],
        "lot": pa.array(lots(video_id, "frame", len(rows)), pa.uint32()),
        **_vectors([row.vector for row in rows], maker.picture_dim),
    }
    return pa.table(columns, schema=table_schema("frames", maker))


def text_rows(video_id: str, source: str, rows: Sequence[TextRow], maker: Maker) -> ArrowTable:
    if any(row.source != source for row in rows):
        raise ValueError(f"every text must be of the source {source!r}, got {sorted({row.source for row in rows})}")
    columns: dict[str, Any] = {
        "video_id": [video_id] * len(rows),
        "source": [source] * len(rows),
        "text_index": list(range(len(rows))),
        "segment_index": [row.segment_index for row in rows],
        **_spans([row.span for row in rows]),
        "text": [row.text for row in rows],
        "letters": [letters_of(row.text) for row in rows],
        "language": [row.language for row in rows],
        "lot": pa.array(lots(video_id, source, len(rows)), pa.uint32()),
        **_vectors([row.vector for row in rows], maker.text_dim),
    }
    return pa.table(columns, schema=table_schema("texts", maker))


def read_videos(table: ArrowTable) -> list[Video]:
    return [_read_video(row) for row in table.to_pylist()]


def _read_video(row: dict[str, Any]) -> Video:
    lists: dict[str, Any] = {name: tuple(row[name]) for name in ("paths", "modified_ns", "warnings")}
    values: dict[str, Any] = {**row, **lists, "stages": json.loads(row["stages"]), "probe": _read_probe(row["probe"])}
    return Video(**values)


def read_segments(table: ArrowTable) -> Iterator[tuple[str, SegmentRow]]:
    """Rows of the segments table as (video_id, record)."""
    vectors = read_vectors(table)
    for place, row in enumerate(_plain(table)):
        vector = None if vectors is None else vectors[place]
        span = TimeSpan(row["start_seconds"], row["stop_seconds"])
        yield row["video_id"], SegmentRow(row["segment_index"], span, row["best_frame_seconds"], vector)


def read_frames(table: ArrowTable) -> list[FrameRow]:
    vectors = read_vectors(table)
    return [
        FrameRow(row["time_seconds"], row["segment_index"], None if vectors is None else vectors[place], row["changed"])
        for place, row in enumerate(_plain(table))
    ]


def read_texts(table: ArrowTable) -> list[TextRow]:
    vectors = read_vectors(table)
    return [
        TextRow(
            source=row["source"],
            segment_index=row["segment_index"],
            span=TimeSpan(row["start_seconds"], row["stop_seconds"]),
            text=row["text"],
            vector=None if vectors is None else vectors[place],
            language=row["language"],
        )
        for place, row in enumerate(_plain(table))
    ]


def read_vectors(table: ArrowTable) -> NDArray[np.float16] | None:
    """(n, dim), a copy; None where the table has no vectors."""
    if "vector" not in table.column_names:
        return None
    column = table.column("vector").combine_chunks()
    dim = table.schema.field("vector").type.list_size
    flat = cast("NDArray[np.float16]", column.flatten().to_numpy(zero_copy_only=False))
    return flat.astype(np.float16).reshape(len(table), dim)  # (n, dim)


def _plain(table: ArrowTable) -> list[dict[str, Any]]:
    return table.drop_columns(["vector"]).to_pylist() if "vector" in table.column_names else table.to_pylist()


def _read_probe(row: dict[str, Any] | None) -> VideoProbe | None:
    if row is None:
        return None
    streams: Any = tuple(row["subtitle_streams"])
    values: dict[str, Any] = {**row, "subtitle_streams": streams}
    return VideoProbe(**values)


def _spans(spans: Sequence[TimeSpan]) -> dict[str, list[float]]:
    return {
        "start_seconds": [span.start_seconds for span in spans],
        "stop_seconds": [span.stop_seconds for span in spans],
    }


def _vectors(vectors: Sequence[Vector | None], dim: int) -> dict[str, ArrowArray]:
    """The `vector` column.

    Raises:
        ValueError: a vector is missing in a library that has a model, of another length, or given without a model.
    """
    for vector in vectors:
        if (0 if vector is None else len(vector)) != dim:
            got = "none" if vector is None else f"one of {vector.shape}"
            raise ValueError(f"every vector of this library must have the shape ({dim},), got {got}")
    if not dim:
        return {}
    flat = np.concatenate([np.empty(0, np.float16), *(v for v in vectors if v is not None)]).astype(np.float16)
    return {"vector": pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float16()), dim)}
