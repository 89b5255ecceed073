"""The commands one after another on real videos with real, small models, as a user gives them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from demo.world.make import make_world
from indexer.models.profiles import PROFILES

pytestmark = pytest.mark.thorough

MODELS = ["--models", "text", "--text-model", PROFILES["demo"].text_model, "--no-screen-text"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make_world(folder, minutes=1.5, seed=5, video_minutes=0.7)
    (folder / "empty.mp4").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def library(world: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    place = str(tmp_path_factory.mktemp("place") / "library")
    result = run("index", str(world), "--library", place, *MODELS, "--json")
    assert result.exit_code == ExitCode.PARTLY_FAILED, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    done = lines[-1]
    assert list(done) == ["event", "videos", "indexed", "skipped", "failed", "failed_stages", "seconds"]
    number = len(list(world.glob("*.mp4")))
    assert (done["event"], done["videos"], done["indexed"], done["failed"]) == ("done", number, number - 1, 1)
    assert lines[0]["event"] == "scan_finished"
    return place


def said(world: Path) -> dict[str, object]:
    lines = [json.loads(line) for line in (world / "truth.jsonl").read_text().splitlines()]
    return next(line for line in lines if line["kind"] == "said")


def test_search_finds_a_spoken_line_by_meaning(world: Path, library: str) -> None:
    truth = said(world)
    result = run("search", str(truth["query"]), "--library", library, "--json")
    assert result.exit_code == ExitCode.OK, result.stderr
    first = json.loads(result.stdout)["moments"][0]
    assert Path(first["video"]).name == truth["video"]
    start, stop = truth["windows"][0]  # type: ignore[index]
    assert first["start_seconds"] < stop
    assert first["stop_seconds"] > start
    assert {"subtitle", "subtitle_words"} & set(first["signals"])


@pytest.mark.parametrize("signals", [(), ("--signal", "subtitle_words")], ids=["all signals", "words alone"])
def test_search_for_what_is_not_there_is_exit_code_1(library: str, signals: tuple[str, ...]) -> None:
    """Nothing is close by words alone, which compares no meaning."""
    result = run("search", "zyzzyva", *signals, "--library", library, "--json")
    said = json.loads(result.stdout)
    assert (said["query"], said["found"], said["moments"]) == ("zyzzyva", False, [])
    assert bool(said["closest"]) is not bool(signals) and len(said["closest"]) <= 3
    assert result.exit_code == ExitCode.NOTHING_FOUND


def test_a_second_run_skips_everything_and_remembers_the_failure(world: Path, library: str) -> None:
    result = run("index", str(world), "--library", library, "--no-screen-text")
    assert result.exit_code == ExitCode.OK
    number = len(list(world.glob("*.mp4")))
    assert f"0 indexed, {number} skipped of {number} videos" in result.stdout
    assert "1 of the skipped videos failed before" in result.stdout
    status = json.loads(run("status", "--library", library, "--json").stdout)
    assert [failure["kind"] for failure in status["failures"]] == ["unreadable"]


def test_eval_reports_each_kind(world: Path, library: str) -> None:
    result = run("eval", "--library", library, "--truth", str(world / "truth.jsonl"), "--signal", "subtitle", "--json")
    assert result.exit_code == ExitCode.OK, result.stderr
    report = json.loads(result.stdout)
    assert report["signals"] == ["subtitle"]
    assert {"said", "picture", "sign"} <= set(report["kinds"])
    parts = {"queries", "signals", "limit", "all", "kinds", "absent", "exclusion", "order", "latency_seconds"}
    assert set(report) == parts


def test_other_models_than_the_librarys_are_an_error(world: Path, library: str) -> None:
    result = run("index", str(world), "--library", library, "--models", "text", "--fps", "2", "--json")
    assert result.exit_code == ExitCode.STOPPED
    assert json.loads(result.stdout.splitlines()[-1])["error"]["type"] == "LibraryModelsError"


def test_verify_is_clean(library: str) -> None:
    assert run("verify", "--library", library).exit_code == ExitCode.OK


def test_ctrl_c_keeps_what_is_done_and_a_second_run_goes_on(world: Path, tmp_path: Path) -> None:
    place = str(tmp_path / "library")
    command = [str(Path(sys.executable).with_name("reelseek")), "index", str(world), "--library", place, *MODELS]
    child = subprocess.Popen(
        [*command, "--fps", "5", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line)["event"] == "stage_progress":
            break
    os.killpg(child.pid, signal.SIGINT)
    output, messages = child.communicate(timeout=120)
    assert child.returncode == ExitCode.INTERRUPTED, messages
    assert json.loads(output.splitlines()[-1])["event"] == "done"
    assert json.loads(output.splitlines()[-2])["interrupted"] is True
    assert "run the same command again to continue" in messages
    assert "Traceback" not in messages
    result = run("index", str(world), "--library", place, *MODELS, "--fps", "5", "--json")
    assert json.loads(result.stdout.splitlines()[-1])["failed"] <= 1
    videos = json.loads(run("videos", "--library", place, "--json").stdout)["videos"]
    assert [Path(video["video"]).name for video in videos if video["failure"]] == ["empty.mp4"]
    assert len(videos) == len(list(world.glob("*.mp4")))
    assert run("verify", "--library", place).exit_code == ExitCode.OK
