"""`reelseek index`: events as JSON and lines, the summary, the bar in a terminal, Ctrl-C. The pipeline is scripted."""

import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from api.cli.output.index_views import BarView
from api.index_progress import IndexProgress, event_name
from indexer.config import Settings
from indexer.pipeline.events import (
    IndexEvent,
    IndexFinished,
    ScanFinished,
    StageFailed,
    StageProgress,
    VideoFailed,
    VideoMissing,
    VideoWarned,
)
from indexer.store.folder import FAILURE_LOG
from tests.helpers.fakes_cli import HOSTILE_NAME, scripted_pipeline, some_events

DONE = IndexFinished(videos=3, indexed=2, skipped=0, failed=1, seconds=4.2, stage_seconds={"decode": 1.0})
FAILED = {"failed": 1, "failed_stages": 0}
CLEAN = IndexFinished(videos=2, indexed=2, skipped=0, failed=0, seconds=4.2)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["index", *arguments])


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(events: list[IndexEvent], finished: IndexFinished, **more: Any) -> None:
        module = ModuleType("indexer.pipeline.index")
        module.index_paths = scripted_pipeline(events, finished, **more)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "indexer.pipeline.index", module)

    return install


def test_json_is_one_event_a_line_and_done_the_last(script: Any, tmp_path: Path) -> None:
    script(some_events(), DONE)
    result = run(str(tmp_path), "--json")
    assert result.exit_code == ExitCode.PARTLY_FAILED
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[0] == {"event": "scan_finished", "videos": 3, "todo": 3}
    assert lines[1] == {
        "event": "stage_progress",
        "path": "/films/a.mp4",
        "stage": "picture",
        "done_seconds": 30.0,
        "duration_seconds": 60.0,
    }
    assert lines[-2]["event"] == "index_finished"
    assert lines[-2]["stage_seconds"] == {"decode": 1.0}
    assert lines[-1] == {"event": "done", "videos": 3, "indexed": 2, "skipped": 0, **FAILED, "seconds": 4.2}


def test_every_event_has_its_name_in_snake_case() -> None:
    names = [event_name(event) for event in (*some_events(), DONE)]
    assert {"scan_finished", "stage_progress", "stage_finished", "video_failed", "index_finished"} == set(names)


def test_exit_codes_tell_clean_partly_failed_and_interrupted(script: Any, tmp_path: Path) -> None:
    script(some_events(0), CLEAN)
    assert run(str(tmp_path)).exit_code == ExitCode.OK
    script(some_events(1), DONE)
    assert run(str(tmp_path)).exit_code == ExitCode.PARTLY_FAILED
    script([], IndexFinished(3, 1, 0, 1, 1.0, interrupted=True))
    result = run(str(tmp_path))
    assert result.exit_code == ExitCode.INTERRUPTED
    assert "same command again" in result.stdout


def test_options_and_settings_reach_the_pipeline(script: Any, tmp_path: Path) -> None:
    given: dict[str, Any] = {}
    script([], CLEAN, before=given.update)
    options = ["--prune", "--retry-failed", "--no-screen-text", "--fps", "0.5", "--device", "cpu", "--max-streams", "9"]
    models = ["--clip-model", "a:b", "--text-model", "c", "--models", "text", "--library", "L"]
    run(str(tmp_path), *options, *models)
    assert given["paths"] == (tmp_path,)
    assert given["prune"] is True
    assert given["retry_failed"] is True
    assert given["settings"] == Settings(
        library="L",
        models="text",
        clip_model="a:b",
        text_model="c",
        device="cpu",
        frames_per_second=0.5,
        screen_text=False,
        max_streams=9,
    )


def test_a_pipe_gets_plain_lines_and_a_summary(script: Any, tmp_path: Path) -> None:
    script([*some_events(), VideoMissing("/films/gone.mp4", dropped=False)], DONE)
    result = run(str(tmp_path), "--library", "my library")
    assert "\x1b" not in result.stdout
    assert "found 3 videos, 3 to index" in result.stdout
    assert "done picture: /films/a.mp4 (0:01:00.0, 60 rows, 1.5 s)" in result.stdout
    assert "failed (unreadable): /films/bad0.mp4: not a media file" in result.stdout
    assert "Done in 4.2 s: 2 indexed, 1 failed of 3 videos" in result.stdout
    assert "1 video no longer on disk, still in the library; --prune removes them" in result.stdout
    assert "Failed, unreadable (1):" in result.stdout
    assert "Next: reelseek search \"what you are looking for\" --library 'my library'" in result.stdout


def test_many_failures_of_one_kind_are_grouped(script: Any, tmp_path: Path) -> None:
    script(some_events(40), IndexFinished(42, 2, 0, 40, 4.2))
    summary = run(str(tmp_path)).stdout.split("Done in")[1]
    assert "Failed, unreadable (40):" in summary
    assert summary.count("not a media file") == 5
    assert "and 35 more; `reelseek status` lists them all" in summary


def test_a_stage_that_failed_is_told_with_its_video(script: Any, tmp_path: Path) -> None:
    failed = StageFailed("/films/a.mp4", "0" * 32, "speech", "unexpected", "/films/a.mp4: unexpected ValueError: odd")
    (tmp_path / FAILURE_LOG).touch()
    finished = IndexFinished(2, 2, 0, 0, 4.2, failed_stages=1, failing_stages={"speech": 7})
    script([*some_events(0), failed], finished)
    result = run(str(tmp_path), "--library", str(tmp_path))
    assert result.exit_code == ExitCode.PARTLY_FAILED
    assert "failed speech (unexpected): /films/a.mp4: unexpected ValueError: odd" in result.stdout
    assert "2 indexed, 1 stage failed of 2 videos" in result.stdout
    assert "Failed, speech, unexpected (1):" in result.stdout
    assert f"Tracebacks of unexpected failures: {tmp_path / FAILURE_LOG}" in result.stdout
    assert result.stdout.count("speech: 7 videos in a row failed unexpectedly") == 1
    script([failed], finished)
    lines = [json.loads(line) for line in run(str(tmp_path), "--json").stdout.splitlines()]
    assert (lines[0]["event"], lines[0]["stage"], lines[-1]["failed_stages"]) == ("stage_failed", "speech", 1)


def test_nothing_there_says_so(script: Any, tmp_path: Path) -> None:
    script([ScanFinished(0, 0)], IndexFinished(0, 0, 0, 0, 0.1))
    result = run(str(tmp_path))
    assert result.exit_code == ExitCode.OK
    assert "No videos found." in result.stdout


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_hostile_names_stay_harmless(script: Any, tmp_path: Path, form: list[str]) -> None:
    name = f"/films/{HOSTILE_NAME}"
    events = [VideoWarned(name, "\x1b[31mwarned"), VideoFailed(name, "limit", f"{name}: \x1b]0;x\x07 too long")]
    script(events, DONE)
    result = run(str(tmp_path), *form)
    assert not set(result.stdout) & set("\x1b\x07\u202e")


def test_undecodable_names_are_json_too(script: Any, tmp_path: Path) -> None:
    script([VideoFailed("/films/bad\udcff.mp4", "unreadable", "x")], DONE)
    result = run(str(tmp_path), "--json")
    assert json.loads(result.stdout.splitlines()[0])["path"] == "/films/bad\udcff.mp4"
    assert run(str(tmp_path)).exit_code == ExitCode.PARTLY_FAILED


@pytest.mark.parametrize("width", [80, 110])
def test_the_bar_tells_stage_files_pace_and_what_is_worked_on(width: int) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=width, height=20, markup=False, highlight=False)
    now = [0.0]
    tally = IndexProgress(["picture"], clock=lambda: now[0])
    view = BarView(tally, screen)
    for event in some_events()[:2]:
        tally.add(event)
    now[0] = 10.0
    tally.add(StageProgress(f"/films/{HOSTILE_NAME.replace('/', '')}", "picture", 45.0, 60.0))
    with screen.capture() as captured:
        screen.print(view._draw())
    shown = re.sub(r"\x1b\[[0-9;]*m", "", captured.get())
    assert "picture 0 of 3 videos" in shown
    assert "7.5x real time" in shown
    assert "left" in shown
    assert "0:00:45.0 of 0:01:00.0  a\\x1b[2Jb" in shown
    view.stopping()
    with screen.capture() as captured:
        screen.print(view._draw())
    assert "press Ctrl-C again to stop now" in captured.get()


SLOW_PIPELINE = """
import sys, time
from types import ModuleType
from api.cli.main import main
from indexer.pipeline.events import IndexFinished, ScanFinished, StageProgress

def index_paths(paths, *, settings, on_event, cancel, prune, retry_failed, engine):
    on_event(ScanFinished(2, 2))
    for step in range(600):
        on_event(StageProgress("/films/talk.mp4", "picture", step / 10, 60.0))
        time.sleep(0.05)
        if cancel.is_set() and "stubborn" not in str(paths[0]):
            break
    finished = IndexFinished(2, 0, 0, 0, 1.0, interrupted=cancel.is_set())
    on_event(finished)
    return finished

module = sys.modules["indexer.pipeline.index"] = ModuleType("indexer.pipeline.index")
module.index_paths = index_paths
main(["index", *sys.argv[1:]])
"""


class Terminal:
    """A child process in a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "110", "LINES": "30"}
        self.child = subprocess.Popen(
            [sys.executable, "-c", SLOW_PIPELINE, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def read_until(self, wanted: str, seconds: float = 30.0) -> str:
        """Reads until the wanted text came; fails when it does not."""
        end = time.monotonic() + seconds
        while wanted not in self.seen:
            assert time.monotonic() < end, self.seen
            if not self._read():
                break
        assert wanted in self.seen, self.seen
        return self.seen

    def wait(self) -> int:
        while self._read():
            pass
        return self.child.wait(30)

    def _read(self) -> bool:
        if not select.select([self.master], [], [], 30)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *exception: object) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self.master)


def test_a_terminal_shows_a_bar_and_the_first_ctrl_c_stops_cleanly(tmp_path: Path) -> None:
    with Terminal(str(tmp_path)) as terminal:
        terminal.read_until("picture")
        terminal.read_until("0 of 2 videos")
        terminal.read_until("talk.mp4")
        assert "\x1b[?25l" in terminal.seen
        terminal.child.send_signal(signal.SIGINT)
        terminal.read_until("press Ctrl-C again to stop now")
        assert terminal.wait() == ExitCode.INTERRUPTED
        assert "same command again" in terminal.seen
        assert "Traceback" not in terminal.seen
        assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")


def test_the_second_ctrl_c_kills_and_leaves_the_cursor_on(tmp_path: Path) -> None:
    stubborn = tmp_path / "stubborn"
    stubborn.mkdir()
    with Terminal(str(stubborn)) as terminal:
        terminal.read_until("talk.mp4")
        terminal.child.send_signal(signal.SIGINT)
        terminal.read_until("press Ctrl-C again to stop now")
        terminal.child.send_signal(signal.SIGINT)
        assert terminal.wait() == -signal.SIGINT
        assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")


def test_flags_of_another_engine_are_refused(script: Any, tmp_path: Path) -> None:
    script(some_events(), DONE)
    result = run(str(tmp_path), "--worker-cpus", "2")
    assert result.exit_code == ExitCode.STOPPED
    assert "--worker-cpus is of the engine ray; add --engine ray" in result.output


def test_an_engine_that_is_not_installed_says_how_to_get_it(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(some_events(), DONE)
    monkeypatch.setitem(sys.modules, "ray", None)
    result = run(str(tmp_path), "--engine", "ray")
    assert result.exit_code == ExitCode.STOPPED
    assert "pip install 'reelseek[ray]'" in result.output


def test_an_engine_that_is_too_old_says_what_is_needed(
    script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(some_events(), DONE)
    old = ModuleType("ray")
    old.__version__ = "2.9.3"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ray", old)
    result = run(str(tmp_path), "--engine", "ray")
    assert result.exit_code == ExitCode.STOPPED
    assert "ray 2.9.3 is too old, 2.60 is needed" in result.output
