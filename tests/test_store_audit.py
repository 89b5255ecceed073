"""Audit: a sound library has no problems, and each planted problem is found and named."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.records import FrameRow, SegmentRow, TimeSpan
from indexer.store.library import Library
from indexer.store.recovery.audit_checks import VideoContent, audit_video, duplicate_keys
from indexer.store.rows import encode_frames
from tests.helpers.store_samples import MAKER, open_tables, pictures, texts, unit, video, video_id, write_whole


def sound(**changes: object) -> VideoContent:
    _, segments, frames = pictures(1)
    content = VideoContent(video(1), segments, frames, texts(1)[2], {0, 1, 2}, file_exists=True)
    return replace(content, **changes)  # type: ignore[arg-type]


def kinds(content: VideoContent) -> set[str]:
    return {problem.kind for problem in audit_video(content)}


def segment(index: int, start: float, stop: float) -> SegmentRow:
    return SegmentRow(index, TimeSpan(start, stop), start, unit(16, index))


_, SEGMENTS, FRAMES = pictures(1)
NAN = np.full(16, np.nan, np.float16)
PLANTED = {
    "gap": sound(segments=[SEGMENTS[0], segment(1, 3.5, 6), SEGMENTS[2]]),
    "overlap": sound(segments=[SEGMENTS[0], segment(1, 2.5, 6), SEGMENTS[2]]),
    "gap at the start": sound(segments=[segment(0, 0.5, 3), *SEGMENTS[1:]]),
    "gap at the end": sound(video=replace(video(1), duration_seconds=9.5)),
    "numbering": sound(segments=[SEGMENTS[0], segment(2, 3, 9)], frames=FRAMES[:3], texts=[], thumbnails={0, 2}),
    "orphan frame": sound(frames=[*FRAMES, FrameRow(8.5, 7, unit(16, 3), changed=False)]),
    "orphan text": sound(texts=[replace(row, segment_index=9) for row in texts(1)[2]]),
    "frame_time late": sound(frames=[*FRAMES[:-1], replace(FRAMES[-1], time_seconds=9.2)]),
    "frame_time twice early": sound(frames=[replace(row, segment_index=2) for row in FRAMES]),
    "duplicate frame": sound(frames=[*FRAMES, FRAMES[4]]),
    "empty_text": sound(texts=[replace(row, text=" \n") for row in texts(1)[2]]),
    "vector nan": sound(frames=[replace(FRAMES[0], vector=NAN), *FRAMES[1:]]),
    "vector length": sound(segments=[replace(SEGMENTS[0], vector=SEGMENTS[0].vector * 2), *SEGMENTS[1:]]),
    "vector dimension": sound(frames=[replace(FRAMES[0], vector=unit(8, 1)), *FRAMES[1:]]),
    "vector absent": sound(frames=[replace(FRAMES[0], vector=None), *FRAMES[1:]]),
    "missing_thumbnail": sound(thumbnails={0, 1}),
    "orphan_thumbnail": sound(thumbnails={0, 1, 2, 3}),
    "missing_file": sound(file_exists=False),
    "stage_without_rows": sound(segments=[], frames=[], texts=[], thumbnails=set()),
    "rows_without_stage": sound(video=video(1, stages=["picture"])),
    "failed_with_rows": sound(video=replace(video(1), failure_kind="unreadable")),
}


def test_a_sound_video_has_no_problem():
    assert audit_video(sound()) == []
    failed = replace(video(1), stages={}, failure_kind="unreadable", duration_seconds=0.0)
    assert audit_video(VideoContent(failed, [], [], [], set(), file_exists=True)) == []


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_problem_is_found(planted: str):
    expected = planted.split()[0]
    assert kinds(PLANTED[planted]) == {expected}
    assert all(problem.video_id == video_id(1) and problem.detail for problem in audit_video(PLANTED[planted]))


def test_a_frame_still_on_screen_may_start_before_its_segment():
    frames = [replace(row, time_seconds=2.4) if row.time_seconds == 3 else row for row in FRAMES]
    assert audit_video(sound(frames=frames)) == []


@given(st.lists(st.floats(0.1, 30), min_size=1, max_size=20), st.data())
def test_any_partition_is_sound_and_any_moved_edge_is_not(lengths: list[float], data: st.DataObject):
    edges = np.concatenate([[0.0], np.cumsum(lengths)])
    segments = [segment(i, float(edges[i]), float(edges[i + 1])) for i in range(len(lengths))]
    whole = sound(
        segments=segments, frames=[], texts=[], thumbnails=set(range(len(lengths))),
        video=replace(video(1), duration_seconds=float(edges[-1])),
    )  # fmt: skip
    assert audit_video(whole) == []
    index = data.draw(st.integers(0, len(segments) - 1))
    span = segments[index].span
    moved = replace(segments[index], span=TimeSpan(span.start_seconds, span.stop_seconds - 0.05))
    assert kinds(replace(whole, segments=[*segments[:index], moved, *segments[index + 1 :]])) == {"gap"}


def test_repeated_keys_are_named_once():
    problems = duplicate_keys("frames", [("a", 1), ("a", 2), ("a", 1), ("b", 1)])
    assert [(problem.kind, problem.video_id) for problem in problems] == [("duplicate", "a")]


def test_a_whole_library_is_audited(tmp_path: Path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"")
    with Library.open_writer(tmp_path / "library", maker=MAKER) as library:
        write_whole(library, 1)
        library.put_videos([replace(video(1), paths=(str(clip),))])
        assert library.audit() == []
        doubled = encode_frames(*pictures(1)[::2], MAKER)  # type: ignore[arg-type]
        open_tables(library).table("frames").add(doubled)
        library.write_texts([texts(7)])
        library.write_thumbnail(video_id(8), 0, b"jpeg")
        clip.unlink()
        found = {(problem.kind, problem.video_id) for problem in library.audit()}
        assert found == {
            ("duplicate", video_id(1)), ("lost_rows", video_id(1)), ("missing_file", video_id(1)),
            ("unknown_video", video_id(7)), ("orphan_thumbnail", video_id(8)),
        }  # fmt: skip
