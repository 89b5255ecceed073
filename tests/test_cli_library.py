"""The commands that look at a library or change it, on a small real one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.records import FrameRow, SegmentRow, TextRow, TimeSpan, Video, VideoProbe
from indexer.store.library import Library
from indexer.store.schema import Maker

ROOT = Path(__file__).parent.parent
MAKER = Maker("", 0, "text-model", 4, "1/s, 2-30 s, max_side 1280", "text")
VECTOR = np.array([1, 0, 0, 0], dtype=np.float16)
PROBE = VideoProbe("mov,mp4", "h264", "pyav", 320, 240, 0, 4.0, 25.0, 0.0, 0, is_hdr=False)
GOOD, OTHER, BAD = (digit * 32 for digit in "abc")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A library with two good videos and a failed one."""
    place = tmp_path / "library"
    files = [tmp_path / name for name in ("talk.mp4", "Zug [1]\x1b[31m.mp4", "broken.mp4")]
    for file in files:
        file.write_bytes(b"video")
    stages = {"picture": "p", "subtitles": "s", "screen_text": "o"}
    with Library.open_writer(place, maker=MAKER) as library:
        for video_id, file, seconds in ((GOOD, files[0], 4.0), (OTHER, files[1], 8.0)):
            segment = SegmentRow(0, TimeSpan(0.0, seconds), 1.0, None)
            frames = [FrameRow(float(t), 0, None, changed=t == 0) for t in range(int(seconds))]
            text = TextRow("subtitle", 0, TimeSpan(1.0, 2.0), "good morning", VECTOR)
            library.write_thumbnail(video_id, 0, b"jpeg")
            library.write_pictures([(video_id, [segment], frames)])
            library.write_texts([(video_id, "subtitle", [text]), (video_id, "screen_text", [])])
            row = Video(video_id, (str(file),), 5, (1,), seconds, PROBE, dict(stages), ("late subtitles",))
            library.put_videos([row])
        reason = "the file is cut short; copy it again"
        failed = Video(BAD, (str(files[2]),), 5, (1,), 0.0, None, failure_kind="unreadable", failure_reason=reason)
        library.put_videos([failed])
    return place


def shown(place: Path, *arguments: str) -> dict[str, object]:
    return json.loads(run(*arguments, "--library", str(place), "--json").stdout)


def test_status_sums_up_the_library(place: Path) -> None:
    status = shown(place, "status")
    assert status["library"] == str(place)
    assert status["models"]["text_model"] == "text-model"
    assert (status["videos"], status["failed"], status["duration_seconds"]) == (2, 1, 12.0)
    assert status["stages"] == {"picture": 2, "screen_text": 2, "subtitles": 2}
    assert status["counts"]["frames"] == 12
    assert status["size_bytes"] > 1000
    assert status["warnings"] == 2
    [failure] = status["failures"]
    assert failure == {
        "video": str(place.parent / "broken.mp4"),
        "video_id": BAD,
        "stage": "picture",
        "kind": "unreadable",
        "reason": "the file is cut short; copy it again",
    }
    assert (status["failed_stages"], status["failure_log"]) == (0, None)


def test_status_for_people_lists_failures_with_reasons(place: Path) -> None:
    output = run("status", "--library", str(place)).stdout
    for part in ("profile text", "text-model", "2, 12.0 s", "frames 12", "Failed, unreadable (1):", "cut short"):
        assert part in output


def test_videos_are_listed_sorted_and_filtered(place: Path) -> None:
    assert [video["video_id"] for video in shown(place, "videos", "--sort", "duration")["videos"]] == [OTHER, GOOD, BAD]
    assert [video["video_id"] for video in shown(place, "videos", "--failed")["videos"]] == [BAD]
    [video] = shown(place, "videos", "TALK")["videos"]
    assert video == {
        "video": str(place.parent / "talk.mp4"),
        "video_id": GOOD,
        "kind": "video",
        "paths": [str(place.parent / "talk.mp4")],
        "duration_seconds": 4.0,
        "size_bytes": 5,
        "created": "1970-01-01T00:00:00Z",
        "created_source": "file",
        "tags": [],
        "languages": [],
        "metadata": {},
        "stages": ["picture", "screen_text", "subtitles"],
        "warnings": ["late subtitles"],
        "failure": None,
        "stage_failures": [],
    }
    lines = run("videos", "--library", str(place)).stdout.splitlines()
    assert len(lines) == 3
    assert "\x1b" not in "".join(lines)
    assert f"{BAD}\t0:00:00.0\tunreadable\t" in "\n".join(lines)


@pytest.mark.parametrize("name", ["talk.mp4", GOOD, GOOD[:6], "{folder}/talk.mp4"])
def test_remove_takes_names_paths_and_ids(place: Path, name: str) -> None:
    removed = shown(place, "remove", name.format(folder=place.parent), "--yes")
    assert [video["video_id"] for video in removed["removed"]] == [GOOD]
    assert [video["video_id"] for video in shown(place, "videos", "--sort", "name")["videos"]] == [BAD, OTHER]
    assert (place.parent / "talk.mp4").exists()


def test_remove_takes_a_path_from_here(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.parent)
    assert run("remove", "./talk.mp4", "--yes", "--library", str(place)).stdout == "removed 1 video\n"


def test_remove_of_a_stranger_removes_nothing(place: Path) -> None:
    result = run("remove", "talk.mp4", "nobody.mp4", "--yes", "--library", str(place))
    assert result.exit_code == ExitCode.STOPPED
    assert "nobody.mp4" in result.stderr
    assert len(shown(place, "videos")["videos"]) == 3


def test_verify_tells_sound_from_damaged(place: Path) -> None:
    sound = run("verify", "--library", str(place), "--json")
    assert json.loads(sound.stdout) == {"library": str(place), "ok": True, "problems": [], "leftovers": []}
    assert sound.exit_code == ExitCode.OK
    assert run("verify", "--library", str(place)).stdout == "The library is sound.\n"
    (place.parent / "talk.mp4").unlink()
    damaged = run("verify", "--library", str(place), "--json")
    assert damaged.exit_code == ExitCode.NOTHING_FOUND
    report = json.loads(damaged.stdout)
    assert report["ok"] is False
    assert [(problem["video_id"], "talk.mp4" in problem["detail"]) for problem in report["problems"]] == [(GOOD, True)]
    assert "1 problem found" in run("verify", "--library", str(place)).stdout


KILLED_REMOVE = """
import os, signal, sys
from api.cli.main import main
from indexer.store.writing.table_writer import TableWriter

delete = TableWriter.delete

def delete_or_die(self, table, where):
    if table == "segments":
        os.kill(os.getpid(), signal.SIGKILL)
    delete(self, table, where)

TableWriter.delete = delete_or_die
main(["remove", "talk.mp4", "--yes", "--library", sys.argv[1]])
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_what_a_killed_remove_leaves_is_no_damage(place: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_REMOVE, str(place)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    report = run("verify", "--library", str(place), "--json")
    found = json.loads(report.stdout)
    assert (report.exit_code, found["ok"], found["problems"]) == (ExitCode.OK, True, [])
    assert {one["kind"] for one in found["leftovers"]} == {"unknown_video", "orphan_thumbnail"}
    assert {one["video_id"] for one in found["leftovers"]} == {GOOD}
    told = run("verify", "--library", str(place)).stdout
    assert "`reelseek repair`, removes them." in told and told.endswith("The library is sound.\n")
    assert run("repair", "--library", str(place)).stdout == "removed what an interrupted run had left\n"
    assert run("verify", "--library", str(place)).stdout == "The library is sound.\n"
    assert [video["video_id"] for video in shown(place, "videos", "--sort", "name")["videos"]] == [BAD, OTHER]


def test_repair_and_backup_in_words_and_json(place: Path) -> None:
    (place.parent / "talk.mp4").unlink()  # the user's own file: nothing to repair
    assert run("repair", "--library", str(place)).stdout == "Nothing to repair.\n"
    copy, back = place.parent / "copy", place.parent / "back"
    assert "Backed up to" in run("backup", str(copy), "--library", str(place)).stdout
    next(place.glob("lance/texts.lance/data/*")).write_bytes(b"")
    damaged = run("verify", "--library", str(place))
    assert "lance/texts.lance/data/" in damaged.stdout
    assert "Repair the library with `reelseek repair`." in damaged.stdout
    assert "is damaged" in run("backup", str(copy), "--library", str(place)).stderr
    result = run("repair", "--library", str(place), "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == ExitCode.OK
    assert report["ok"] and report["found"] and report["actions"]
    assert report["to_index"]
    assert run("verify", "--library", str(copy), "--json").exit_code == ExitCode.NOTHING_FOUND  # talk.mp4 is gone
    assert json.loads(run("restore", str(copy), "--library", str(back), "--json").stdout)["files"] > 5
    assert shown(back, "videos")["videos"] != shown(place, "videos")["videos"]


def test_optimize_keeps_everything(place: Path) -> None:
    before = shown(place, "status")["counts"]
    report = shown(place, "optimize")
    assert set(report) == {"library", "size_bytes_before", "size_bytes", "seconds"}
    assert shown(place, "status")["counts"] == before
    assert "optimized in" in run("optimize", "--library", str(place)).stdout


@pytest.mark.parametrize(
    "command",
    [["status"], ["videos"], ["verify"], ["optimize"], ["repair"], ["backup", "x"], ["remove", "x"], ["search", "x"]],
)
def test_without_a_library_each_command_says_how_to_make_one(tmp_path: Path, command: list[str]) -> None:
    result = run(*command, "--library", str(tmp_path / "none"), "--json")
    assert result.exit_code == ExitCode.STOPPED
    assert json.loads(result.stdout)["error"]["type"] == "LibraryMissingError"
    assert "reelseek index" in result.stderr
    assert not (tmp_path / "none").exists()


def test_a_locked_library_is_a_clear_error(place: Path) -> None:
    with Library.open_writer(place, maker=MAKER):
        result = run("remove", "talk.mp4", "--yes", "--library", str(place), "--json")
    assert result.exit_code == ExitCode.STOPPED
    assert json.loads(result.stdout)["error"]["type"] == "LibraryLockedError"
