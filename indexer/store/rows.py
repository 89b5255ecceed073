"""Conversion between records and rows: Arrow tables with the columns of `indexer.store.schema`. Pure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import blake2b
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from indexer.decode.metadata import metadata_from_json, metadata_to_json
from indexer.records import (
    FrameRow,
    SegmentRow,
    SpokenWord,
    StageFailure,
    TextBox,
    TextCorrection,
    TextRow,
    TimeSpan,
    Vector,
    Video,
    VideoProbe,
    Voice,
)
from indexer.store.schema import ArrowArray, ArrowTable, Maker, table_schema
from indexer.words.folding import fold_letters
from indexer.words.index_terms import index_terms


def draw_row_lots(video_id: str, kind: str, count: int) -> list[int]:
    """A pseudo-random number below 2**32 for each row. The rows with the smallest are the library's fixed sample.

    It is a hash of the row's key, so the sample depends neither on the order of writing nor on compaction.
    """
    return [
        int.from_bytes(blake2b(f"{video_id}/{kind}/{index}".encode(), digest_size=4).digest(), "big")
        for index in range(count)
    ]


def encode_videos(videos: Sequence[Video], maker: Maker) -> ArrowTable:
    """Rows of the table `videos`."""
    rows = [
        asdict(video)
        | {"paths": list(video.paths), "warnings": list(video.warnings), "tags": list(video.tags)}
        | {"voices": [asdict(voice) for voice in video.voices]}
        | {"metadata": json.dumps(metadata_to_json(video.metadata), sort_keys=True)}
        | {"stages": json.dumps(video.stages, sort_keys=True)}
        | {"stage_failures": _encode_failures(video.stage_failures)}
        | {"languages": json.dumps(video.languages, sort_keys=True) if video.languages else None}
        | {"probe": asdict(video.probe) if video.probe else None}
        | {"corrections": json.dumps([asdict(correction) for correction in video.corrections])}
        for video in videos
    ]
    return pa.Table.from_pylist(rows, schema=table_schema("videos", maker))


def encode_segments(video_id: str, rows: Sequence[SegmentRow], maker: Maker) -> ArrowTable:
    """Rows of the table `segments`. Raises ValueError for a vector of another shape."""
    columns: dict[str, Any] = {
        "video_id": [video_id] * len(rows),
        "segment_index": [row.index for row in rows],
        **_spans([row.span for row in rows]),
        "best_frame_seconds": [row.best_frame_seconds for row in rows],
        **_vectors([row.vector for row in rows], maker.picture_dim, may_lack=True),
    }
    return pa.table(columns, schema=table_schema("segments", maker))


def encode_frames(video_id: str, rows: Sequence[FrameRow], maker: Maker) -> ArrowTable:
    """Rows of the table `frames`. Raises ValueError for a vector of another shape."""
    columns: dict[str, Any] = {
        "video_id": [video_id] * len(rows),
        "frame_index": list(range(len(rows))),
        "segment_index": [row.segment_index for row in rows],
        "time_seconds": [row.time_seconds for row in rows],
        "changed": [row.changed for row in rows],
        "lot": pa.array(draw_row_lots(video_id, "frame", len(rows)), pa.uint32()),
        **_vectors([row.vector for row in rows], maker.picture_dim),
    }
    return pa.table(columns, schema=table_schema("frames", maker))


def encode_texts(video_id: str, source: str, rows: Sequence[TextRow], maker: Maker) -> ArrowTable:
    """Rows of the table `texts`. Raises ValueError for a text of another source or a vector of another shape."""
    if any(row.source != source for row in rows):
        raise ValueError(f"every text must be of the source {source!r}, got {sorted({row.source for row in rows})}")
    columns: dict[str, Any] = {
        "video_id": [video_id] * len(rows),
        "source": [source] * len(rows),
        "text_index": list(range(len(rows))),
        "segment_index": [row.segment_index for row in rows],
        **_spans([row.span for row in rows]),
        "text": [row.text for row in rows],
        "terms": [" ".join(index_terms(row.text)) for row in rows],
        "letters": [fold_letters(row.text) if source == "screen_text" else "" for row in rows],
        "language": [row.language for row in rows],
        "boxes": [[asdict(box) for box in row.boxes] for row in rows],
        "is_scenery": [row.is_scenery for row in rows],
        "words": [[asdict(word) for word in row.words] for row in rows],
        "original": [row.original for row in rows],
        "voice": [row.voice for row in rows],
        "lot": pa.array(draw_row_lots(video_id, source, len(rows)), pa.uint32()),
        **_vectors([row.vector for row in rows], maker.text_dim, may_lack=True),  # see `Maker.with_models_of`
    }
    return pa.table(columns, schema=table_schema("texts", maker))


def decode_videos(table: ArrowTable) -> list[Video]:
    return [decode_video(row) for row in table.to_pylist()]


def decode_video(row: dict[str, Any]) -> Video:
    """The record of one row of the table `videos`."""
    lists: dict[str, Any] = {name: tuple(row[name]) for name in ("paths", "modified_ns", "warnings", "tags")}
    values: dict[str, Any] = {
        **row,
        **lists,
        "stages": json.loads(row["stages"]),
        "stage_failures": _decode_failures(row.get("stage_failures")),
        "languages": {source: tuple(tags) for source, tags in json.loads(row.get("languages") or "{}").items()},
        "probe": _decode_probe(row["probe"]),
        "metadata": metadata_from_json(json.loads(row["metadata"])),
        "voices": tuple(Voice(**voice) for voice in row["voices"]),
        "corrections": tuple(_decode_correction(given) for given in json.loads(row["corrections"])),
    }
    return Video(**values)


def _decode_correction(given: dict[str, Any]) -> TextCorrection:
    return TextCorrection(given["source"], TimeSpan(**given["span"]), given["original"], given["text"])


def _encode_failures(failures: dict[str, StageFailure]) -> str | None:
    found = {stage: asdict(failure) for stage, failure in failures.items()}
    return json.dumps(found, sort_keys=True) if found else None


def _decode_failures(content: str | None) -> dict[str, StageFailure]:
    return {stage: StageFailure(**failure) for stage, failure in json.loads(content or "{}").items()}


def decode_segments(table: ArrowTable) -> Iterator[tuple[str, SegmentRow]]:
    """The rows as (video_id, record)."""
    for row, vector in zip(_without_vectors(table), _vectors_or_none(table), strict=True):
        span = TimeSpan(row["start_seconds"], row["stop_seconds"])
        yield row["video_id"], SegmentRow(row["segment_index"], span, row["best_frame_seconds"], vector)


def decode_frames(table: ArrowTable) -> list[FrameRow]:
    return [
        FrameRow(row["time_seconds"], row["segment_index"], vector, row["changed"])
        for row, vector in zip(_without_vectors(table), _vectors_or_none(table), strict=True)
    ]


def decode_texts(table: ArrowTable) -> list[TextRow]:
    return [
        TextRow(
            source=row["source"],
            segment_index=row["segment_index"],
            span=TimeSpan(row["start_seconds"], row["stop_seconds"]),
            text=row["text"],
            vector=vector,
            language=row["language"],
            boxes=tuple(TextBox(**box) for box in row["boxes"]),
            is_scenery=row["is_scenery"],
            words=tuple(SpokenWord(**word) for word in row["words"]),
            original=row["original"],
            voice=row["voice"],
        )
        for row, vector in zip(_without_vectors(table), _vectors_or_none(table), strict=True)
    ]


def decode_vectors(table: ArrowTable) -> NDArray[np.float16] | None:
    """(n, dim), a copy, zeros in a row that has none; None where the table has no vectors."""
    if "vector" not in table.column_names:
        return None
    column = table.column("vector").combine_chunks()
    dim = table.schema.field("vector").type.list_size
    present = cast("NDArray[np.bool_]", column.is_valid().to_numpy(zero_copy_only=False))
    flat = cast("NDArray[np.float16]", column.flatten().to_numpy(zero_copy_only=False))  # leaves out null rows
    vectors = np.zeros((len(table), dim), np.float16)
    vectors[present] = flat.reshape(-1, dim)
    return vectors


def _vectors_or_none(table: ArrowTable) -> list[Vector | None]:
    """The vector (dim,) of each row; None where it has none."""
    vectors = decode_vectors(table)
    return [None] * len(table) if vectors is None else [vector if vector.any() else None for vector in vectors]


def _without_vectors(table: ArrowTable) -> list[dict[str, Any]]:
    return table.drop_columns(["vector"]).to_pylist() if "vector" in table.column_names else table.to_pylist()


def _decode_probe(row: dict[str, Any] | None) -> VideoProbe | None:
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


def _vectors(vectors: Sequence[Vector | None], dim: int, *, may_lack: bool = False) -> dict[str, ArrowArray]:
    """The `vector` column.

    Args:
        may_lack: None is allowed, and becomes null.

    Raises:
        ValueError: a vector has another length, is missing although the maker has a model, or is given although it
            has none.
    """
    for vector in vectors:
        if vector is None and may_lack:
            continue
        if (0 if vector is None else len(vector)) != dim:
            got = "none" if vector is None else f"one of {vector.shape}"
            raise ValueError(f"every vector of this library must have the shape ({dim},), got {got}")
    if not dim:
        return {}
    blank = np.zeros(dim, np.float16)
    flat = np.concatenate([blank[:0], *(blank if v is None else v for v in vectors)]).astype(np.float16)
    mask = pa.array([vector is None for vector in vectors], pa.bool_())
    return {"vector": pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float16()), dim, mask=mask)}
