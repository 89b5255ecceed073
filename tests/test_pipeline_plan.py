"""What a run will do: identity is content, and unchanged files are not read."""

import os
from pathlib import Path

import pytest

from indexer.catalog import StageName
from indexer.pipeline import plan as plan_module
from indexer.pipeline.fingerprints import content_id
from indexer.pipeline.plan import Plan, make_plan
from indexer.pipeline.scan import scan_for_videos
from indexer.records import Video


def indexed(*files: Path) -> Video:
    """The row of a video that lies at these paths."""
    paths = sorted(files)
    return Video(
        video_id=content_id(paths[0]),
        paths=tuple(map(str, paths)),
        size_bytes=paths[0].stat().st_size,
        modified_ns=tuple(file.stat().st_mtime_ns for file in paths),
        duration_seconds=1.0,
        probe=None,
        stages={"picture": "made"},
    )


def pending(video: Video) -> tuple[tuple[StageName, ...], str]:
    return ((), "indexed already") if video.stages else (("picture",), "")


def planned(root: Path, *videos: Video) -> Plan:
    return make_plan(scan_for_videos([root]), videos, roots=[root], pending=pending)


def write(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


def test_a_new_file_is_a_job_and_is_not_read_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.mp4", b"one")
    monkeypatch.setattr(plan_module, "content_id", lambda path: pytest.fail(f"{path} was read"))
    jobs = planned(tmp_path).jobs
    assert [(job.files[0].path.name, job.video_id, job.known) for job in jobs] == [("a.mp4", "", None)]


def test_an_unchanged_file_is_skipped_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = indexed(write(tmp_path / "a.mp4", b"one"))
    monkeypatch.setattr(plan_module, "content_id", lambda path: pytest.fail(f"{path} was read"))
    plan = planned(tmp_path, video)
    assert plan.skipped == ((str(tmp_path / "a.mp4"), "indexed already"),)
    assert not plan.jobs
    assert not plan.rewritten


def test_a_moved_file_is_recognised(tmp_path: Path) -> None:
    file = write(tmp_path / "a.mp4", b"one")
    video = indexed(file)
    file.rename(tmp_path / "b.mp4")
    plan = planned(tmp_path, video)
    assert plan.moved == ((str(tmp_path / "b.mp4"), str(tmp_path / "a.mp4")),)
    assert [row.paths for row in plan.rewritten] == [(str(tmp_path / "b.mp4"),)]
    assert not (plan.jobs or plan.missing or plan.replaced)


def test_a_copy_is_one_video_with_two_paths(tmp_path: Path) -> None:
    video = indexed(write(tmp_path / "a.mp4", b"one"))
    write(tmp_path / "b.mp4", b"one")
    plan = planned(tmp_path, video)
    assert [len(row.paths) for row in plan.rewritten] == [2]
    assert not (plan.jobs or plan.moved)
    assert not planned(tmp_path, *plan.rewritten).rewritten


def test_two_new_copies_are_one_job(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", b"one")
    write(tmp_path / "b.mp4", b"one")
    assert [[file.path.name for file in job.files] for job in planned(tmp_path).jobs] == [["a.mp4", "b.mp4"]]


def test_a_changed_file_replaces_what_was_there(tmp_path: Path) -> None:
    video = indexed(write(tmp_path / "a.mp4", b"one"))
    write(tmp_path / "a.mp4", b"another")
    plan = planned(tmp_path, video)
    assert [job.files[0].path.name for job in plan.jobs] == ["a.mp4"]
    assert plan.replaced == (video,)
    assert not plan.missing


def test_a_touched_file_keeps_its_rows(tmp_path: Path) -> None:
    file = write(tmp_path / "a.mp4", b"one")
    video = indexed(file)
    os.utime(file, ns=(1, 1))
    plan = planned(tmp_path, video)
    assert [row.modified_ns for row in plan.rewritten] == [(1,)]
    assert not (plan.jobs or plan.replaced)


def test_a_removed_file_is_missing_only_below_the_scanned_paths(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    here, there = indexed(write(inside / "a.mp4", b"one")), indexed(write(outside / "b.mp4", b"two2"))
    (inside / "a.mp4").unlink()
    (outside / "b.mp4").unlink()
    assert planned(inside, here, there).missing == (here,)


def test_one_of_two_copies_removed_is_not_missing(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.mp4", b"one"), write(tmp_path / "b.mp4", b"one")
    video = indexed(first, second)
    first.unlink()
    plan = planned(tmp_path, video)
    assert [row.paths for row in plan.rewritten] == [(str(second),)]
    assert not plan.missing


def test_what_no_scan_goes_to_is_not_gone(tmp_path: Path) -> None:
    """An uploaded video lies inside the library, which a scan of the folder above leaves out."""
    hidden = tmp_path / "library"
    hidden.mkdir()
    video = indexed(write(hidden / "uploaded.mp4", b"one"))
    plan = make_plan(scan_for_videos([tmp_path], exclude=hidden), [video], roots=[tmp_path], pending=pending)
    assert not plan.missing and not plan.jobs
