"""Checks for `reelseek verify`: do a library's tables, stages and thumbnails agree? Pure: records in, problems out.

Left out: reading the library and the disk (`indexer.store.recovery.audit`), and any repair.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.catalog import STAGE_OF_SOURCE, StageName
from indexer.records import FrameRow, SegmentRow, TextRow, Vector, Video

TIME_TOLERANCE_SECONDS = 0.01
"""Container timestamps have ticks of up to 10 ms (AVI, some FLV)."""
UNIT_TOLERANCE = 0.01
"""A unit vector rounded to float16 has a length within 0.001 of 1; this is ten times as much."""

_LEFTOVERS = frozenset({"orphan_thumbnail", "rows_without_stage", "unknown_video"})
"""Kinds of what `indexer.store.writing.crash_recovery` removes."""

_STAGE_OF_KIND: Mapping[str, StageName] = {str(source): stage for source, stage in STAGE_OF_SOURCE.items()}
"""Kinds of rows other than texts belong to the picture stage."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a library."""

    kind: str
    """Short stable name, such as `duplicate`, `gap`, `missing_file`."""
    video_id: str
    """Empty for a problem that concerns no single video."""
    detail: str
    stage: str = ""
    """The stage of the video that it concerns; empty where it is not one alone."""

    @property
    def is_damage(self) -> bool:
        """Whether something of the library is wrong or lost; a missing file is the user's own."""
        return self.kind != "missing_file" and not self.is_leftover

    @property
    def is_leftover(self) -> bool:
        """Whether it is what an interrupted writer leaves: nothing shows it, and the next writer removes it."""
        return self.kind in _LEFTOVERS


class _Finding(NamedTuple):
    """A problem of the video that is checked."""

    kind: str
    detail: str
    stage: StageName | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class VideoContent:
    """Everything that a library holds of one video."""

    video: Video
    segments: Sequence[SegmentRow]
    """In order of their index."""
    frames: Sequence[FrameRow]
    """In the order in which they were written."""
    texts: Sequence[TextRow]
    thumbnails: Collection[int]
    """Segment indices that have a thumbnail; -1 for a file whose name is not a number."""
    file_exists: bool
    """Whether at least one of the video's paths is a file."""
    rows_written: Mapping[str, int] = field(default_factory=dict[str, int])
    """Rows by kind (`segments`, `frames`, and texts by source) as the journal says, of complete stages alone; empty
    where it says nothing."""
    thumbnails_differ: bool = False
    """Whether the thumbnails are others than the journal says."""


def audit_video(content: VideoContent) -> list[Problem]:
    """All problems of one video."""
    video_id = content.video.video_id
    return [Problem(one.kind, video_id, one.detail, one.stage) for check in _CHECKS for one in check(content)]


def duplicate_keys(table: str, keys: Iterable[tuple[object, ...]]) -> list[Problem]:
    """One problem for each key that several rows share.

    Args:
        keys: of all rows, or of those that share theirs; the first part is the video's id.
    """
    return [
        Problem("duplicate", str(key[0]), f"{count} rows of {table} have the key {key}")
        for key, count in sorted(Counter(keys).items(), key=lambda item: str(item[0]))
        if count > 1
    ]


def unknown_videos(table: str, video_ids: Collection[str], known: Collection[str]) -> list[Problem]:
    """One problem for each video that has rows and is not in the table `videos`."""
    return [
        Problem("unknown_video", video_id, f"{table} holds rows of it")
        for video_id in sorted(set(video_ids) - set(known))
    ]


_Findings = Iterator[_Finding]


def _check_stages(content: VideoContent) -> _Findings:
    video = content.video
    if video.failure_kind and (content.segments or content.frames or content.texts):
        yield _Finding("failed_with_rows", f"failed ({video.failure_kind}) and still has rows")
        return
    if "picture" in video.stages and not content.segments:
        yield _Finding("stage_without_rows", "the stage `picture` is recorded as ready, but there are no segments")
    if "picture" not in video.stages and (content.segments or content.frames):
        yield _Finding("rows_without_stage", "there are segments or frames, but the stage `picture` is not ready")
    for source, stage in STAGE_OF_SOURCE.items():
        if stage not in video.stages and any(row.source == source for row in content.texts):
            yield _Finding("rows_without_stage", f"there are {source} texts, but the stage `{stage}` is not ready")


def _check_written(content: VideoContent) -> _Findings:
    rows = Counter[str](row.source for row in content.texts)
    rows.update(segments=len(content.segments), frames=len(content.frames))
    for kind, number in content.rows_written.items():
        if rows[kind] != number:
            yield _Finding(
                "lost_rows",
                f"{rows[kind]} of {number} rows of {kind} are there",
                _STAGE_OF_KIND.get(kind, "picture"),
            )


def _check_timeline(content: VideoContent) -> _Findings:
    segments, duration = content.segments, content.video.duration_seconds
    if not segments:
        return
    if [row.index for row in segments] != list(range(len(segments))):
        yield _Finding(
            "numbering",
            f"segments are numbered {[row.index for row in segments][:20]}, not 0 to {len(segments) - 1}",
            "picture",
        )
    edges = [0.0, *(row.span.stop_seconds for row in segments)]
    for row, edge in zip(segments, edges, strict=False):
        distance = row.span.start_seconds - edge
        if abs(distance) > TIME_TOLERANCE_SECONDS:
            kind = "gap" if distance > 0 else "overlap"
            yield _Finding(
                kind, f"segment {row.index} starts at {row.span.start_seconds:.3f} s, not at {edge:.3f} s", "picture"
            )
    if abs(edges[-1] - duration) > TIME_TOLERANCE_SECONDS:
        kind = "gap" if edges[-1] < duration else "overlap"
        yield _Finding(kind, f"the last segment stops at {edges[-1]:.3f} s, the video at {duration:.3f} s", "picture")


def _check_frames(content: VideoContent) -> _Findings:
    """Only the first frame of a segment may start before it: one that is still on screen when the segment starts."""
    spans = {row.index: row.span for row in content.segments}
    early_frames: Counter[int] = Counter()
    for row in content.frames:
        span = spans.get(row.segment_index)
        if span is None:
            yield _Finding(
                "orphan",
                f"the frame at {row.time_seconds:.3f} s refers to segment {row.segment_index}, which does not exist",
                "picture",
            )
            continue
        early_frames[row.segment_index] += row.time_seconds < span.start_seconds - TIME_TOLERANCE_SECONDS
        too_late = row.time_seconds >= span.stop_seconds + TIME_TOLERANCE_SECONDS
        if too_late or row.time_seconds < -TIME_TOLERANCE_SECONDS or early_frames[row.segment_index] > 1:
            yield _Finding(
                "frame_time",
                f"the frame at {row.time_seconds:.3f} s is outside its segment {row.segment_index}, {span}",
                "picture",
            )
    times = Counter(row.time_seconds for row in content.frames)
    for time, count in times.items():
        if count > 1:
            yield _Finding("duplicate", f"{count} frames start at {time:.3f} s", "picture")


def _check_texts(content: VideoContent) -> _Findings:
    known = {row.index for row in content.segments}
    for row in content.texts:
        if row.segment_index not in known and "picture" in content.video.stages:
            yield _Finding(
                "orphan",
                f"a {row.source} text refers to segment {row.segment_index}, which does not exist",
                STAGE_OF_SOURCE[row.source],
            )
        if not row.text.strip():
            yield _Finding(
                "empty_text",
                f"a {row.source} text at {row.span.start_seconds:.3f} s is empty",
                STAGE_OF_SOURCE[row.source],
            )


def _check_vectors(content: VideoContent) -> _Findings:
    named: list[tuple[str, Sequence[Vector | None]]] = [
        ("segments", [row.vector for row in content.segments]),
        ("frames", [row.vector for row in content.frames]),
    ]
    # A library that gets a text model makes the vectors source by source.
    named += [
        (f"{source} texts", [row.vector for row in content.texts if row.source == source])
        for source in sorted({row.source for row in content.texts})
    ]
    for table, vectors in named:
        present = [vector for vector in vectors if vector is not None]
        if present and len(present) != len(vectors):
            yield _Finding("vector", f"{len(vectors) - len(present)} of {len(vectors)} {table} have no vector")
        if len({len(vector) for vector in present}) > 1:
            yield _Finding(
                "vector", f"{table} have vectors of the dimensions {sorted({len(vector) for vector in present})}"
            )
        elif present and (bad := _count_not_unit(np.stack(present))):
            yield _Finding("vector", f"{bad} of {len(present)} {table} have a vector that is not of unit length")


def _count_not_unit(vectors: NDArray[np.float16]) -> int:
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)  # (n,)
    return int(np.count_nonzero(~(np.abs(lengths - 1) <= UNIT_TOLERANCE)))  # NaN is caught too


def _check_thumbnails(content: VideoContent) -> _Findings:
    expected, found = {row.index for row in content.segments}, set(content.thumbnails)
    if missing := sorted(expected - found):
        yield _Finding("missing_thumbnail", f"segments without a picture: {_join_first(missing)}", "picture")
    if orphans := sorted(found - expected):
        yield _Finding("orphan_thumbnail", f"pictures without a segment: {_join_first(orphans)}", "picture")


def _check_thumbnail_files(content: VideoContent) -> _Findings:
    if content.thumbnails_differ:
        yield _Finding("damaged_thumbnail", "a picture's content has changed since it was written", "picture")


def _check_file(content: VideoContent) -> _Findings:
    if not content.file_exists:
        yield _Finding("missing_file", f"no file at {', '.join(content.video.paths)}")


def _join_first(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (f" and {len(numbers) - 10} more" if len(numbers) > 10 else "")


_CHECKS = (
    _check_stages,
    _check_written,
    _check_timeline,
    _check_frames,
    _check_texts,
    _check_vectors,
    _check_thumbnails,
    _check_thumbnail_files,
    _check_file,
)
