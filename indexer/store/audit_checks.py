"""Checks for `reelseek verify`: what a library claims against what it holds. Pure: records in, problems out.

Left out: reading the library and the disk (`indexer.store.audit` gathers what is looked at here), and any repair.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import STAGE_OF_SOURCE
from indexer.records import FrameRow, SegmentRow, TextRow, Vector, Video

TIME_TOLERANCE_SECONDS = 0.01
"""Times come from containers that count in ticks of up to 10 ms (AVI, some FLV)."""
UNIT_TOLERANCE = 0.01
"""A unit vector rounded to float16 has a length within 0.001 of 1; ten times that is no rounding."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a library."""

    kind: str
    """Short stable name, as `duplicate`, `gap`, `missing_file`."""
    video_id: str
    """Empty where it is about no single video."""
    detail: str


@dataclass(frozen=True, slots=True)
class VideoContent:
    """All that a library holds of one video."""

    video: Video
    segments: Sequence[SegmentRow]
    """In order of their index."""
    frames: Sequence[FrameRow]
    """In the order in which they were written."""
    texts: Sequence[TextRow]
    thumbnails: Collection[int]
    """Segment indices that have a picture on disk."""
    file_exists: bool
    """At least one of the video's paths is a file now."""


def audit_video(content: VideoContent) -> list[Problem]:
    """Everything that is wrong inside one video."""
    checks = (_stages, _timeline, _frames, _texts, _vectors, _thumbnails, _file)
    video_id = content.video.video_id
    return [Problem(kind, video_id, detail) for check in checks for kind, detail in check(content)]


def duplicate_keys(table: str, keys: Iterable[tuple[object, ...]]) -> list[Problem]:
    """Rows of one table that share their key, of which the first part is the video's id."""
    return [
        Problem("duplicate", str(key[0]), f"{count} rows of {table} have the key {key}")
        for key, count in sorted(Counter(keys).items(), key=lambda item: str(item[0]))
        if count > 1
    ]


def unknown_videos(table: str, video_ids: Collection[str], known: Collection[str]) -> list[Problem]:
    """Rows of videos that the library does not list."""
    return [
        Problem("unknown_video", video_id, f"{table} holds rows of it")
        for video_id in sorted(set(video_ids) - set(known))
    ]


Found = Iterator[tuple[str, str]]
"""Pairs of a problem's kind and detail."""


def _stages(content: VideoContent) -> Found:
    video = content.video
    if video.failure_kind and (content.segments or content.frames or content.texts):
        yield "failed_with_rows", f"failed ({video.failure_kind}) and still has rows"
        return
    if "picture" in video.stages and not content.segments:
        yield "stage_without_rows", "the stage `picture` is said to be ready and there are no segments"
    if "picture" not in video.stages and (content.segments or content.frames):
        yield "rows_without_stage", "there are segments or frames and the stage `picture` is not ready"
    for source, stage in STAGE_OF_SOURCE.items():
        if stage not in video.stages and any(row.source == source for row in content.texts):
            yield "rows_without_stage", f"there are {source} texts and the stage `{stage}` is not ready"


def _timeline(content: VideoContent) -> Found:
    segments, duration = content.segments, content.video.duration_seconds
    if not segments:
        return
    if [row.index for row in segments] != list(range(len(segments))):
        yield "numbering", f"segments are numbered {[row.index for row in segments][:20]}, not 0 to {len(segments) - 1}"
    edges = [0.0, *(row.span.stop_seconds for row in segments)]
    for row, edge in zip(segments, edges, strict=False):
        distance = row.span.start_seconds - edge
        if abs(distance) > TIME_TOLERANCE_SECONDS:
            kind = "gap" if distance > 0 else "overlap"
            yield kind, f"segment {row.index} starts at {row.span.start_seconds:.3f} s, not at {edge:.3f} s"
    if abs(edges[-1] - duration) > TIME_TOLERANCE_SECONDS:
        kind = "gap" if edges[-1] < duration else "overlap"
        yield kind, f"the last segment stops at {edges[-1]:.3f} s, the video at {duration:.3f} s"


def _frames(content: VideoContent) -> Found:
    """A frame may start before its segment when it is still on screen there: only the first of a segment's frames."""
    spans = {row.index: row.span for row in content.segments}
    early: Counter[int] = Counter()
    for row in content.frames:
        span = spans.get(row.segment_index)
        if span is None:
            yield (
                "orphan",
                f"the frame at {row.time_seconds:.3f} s refers to segment {row.segment_index}, which is not there",
            )
            continue
        early[row.segment_index] += row.time_seconds < span.start_seconds - TIME_TOLERANCE_SECONDS
        too_late = row.time_seconds >= span.stop_seconds + TIME_TOLERANCE_SECONDS
        if too_late or row.time_seconds < -TIME_TOLERANCE_SECONDS or early[row.segment_index] > 1:
            yield (
                "frame_time",
                f"the frame at {row.time_seconds:.3f} s lies outside its segment {row.segment_index}, {span}",
            )
    times = Counter(row.time_seconds for row in content.frames)
    for time, count in times.items():
        if count > 1:
            yield "duplicate", f"{count} frames start at {time:.3f} s"


def _texts(content: VideoContent) -> Found:
    known = {row.index for row in content.segments}
    for row in content.texts:
        if row.segment_index not in known:
            yield "orphan", f"a {row.source} text refers to segment {row.segment_index}, which is not there"
        if not row.text.strip():
            yield "empty_text", f"a {row.source} text at {row.span.start_seconds:.3f} s is empty"


def _vectors(content: VideoContent) -> Found:
    named: tuple[tuple[str, Sequence[Vector | None]], ...] = (
        ("segments", [row.vector for row in content.segments]),
        ("frames", [row.vector for row in content.frames]),
        ("texts", [row.vector for row in content.texts]),
    )
    for table, vectors in named:
        given = [vector for vector in vectors if vector is not None]
        if given and len(given) != len(vectors):
            yield "vector", f"{len(vectors) - len(given)} of {len(vectors)} {table} have no vector"
        if len({len(vector) for vector in given}) > 1:
            yield "vector", f"{table} have vectors of the dimensions {sorted({len(vector) for vector in given})}"
        elif given and (bad := _not_unit(np.stack(given))):
            yield "vector", f"{bad} of {len(given)} {table} have a vector that is not of unit length"


def _not_unit(vectors: NDArray[np.float16]) -> int:
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)  # (n,)
    return int(np.count_nonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE)))  # NaN is caught too


def _thumbnails(content: VideoContent) -> Found:
    wanted, found = {row.index for row in content.segments}, set(content.thumbnails)
    if missing := sorted(wanted - found):
        yield "missing_thumbnail", f"segments without a picture: {_some(missing)}"
    if orphans := sorted(found - wanted):
        yield "orphan_thumbnail", f"pictures without a segment: {_some(orphans)}"


def _file(content: VideoContent) -> Found:
    if not content.file_exists:
        yield "missing_file", f"no file at {', '.join(content.video.paths)}"


def _some(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (f" and {len(numbers) - 10} more" if len(numbers) > 10 else "")
