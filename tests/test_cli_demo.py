"""`reelseek demo`: drawing, and the verdict of the run. The run itself is `make demo`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.demo import ask_checks as demo_ask
from api.cli.demo import search_checks as demo_check
from api.cli.demo.ask_checks import AskedCheck
from api.cli.demo.search_checks import Check, Times
from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.records import TimeSpan

TIMES = Times(video_seconds=240.0, draw_seconds=5.0, index_seconds=60.0, failed=0, interrupted=False)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["demo", *arguments])


def check(kind: str, iou: float) -> Check:
    span = TimeSpan(10.0, 20.0)
    found = span if iou else None
    return Check(kind, f"a {kind} query", "world-1-000.mp4", span, "world-1-000.mp4" if iou else "", found, iou, 0.05)


def install(monkeypatch: pytest.MonkeyPatch, checks: list[Check], times: Times = TIMES) -> None:
    monkeypatch.setattr(demo_check, "draw_and_index", lambda *_, **__: times)
    monkeypatch.setattr(demo_check, "search_and_compare", lambda *_, **__: checks)
    asked = [AskedCheck("when", "When is there a ring?", "0:05 to 0:11", "From 5.0s to 11.0s.", True, 0.8)]
    monkeypatch.setattr(demo_ask, "ask_and_compare", lambda *_, **__: asked)


def test_make_draws_and_says_what(tmp_path: Path) -> None:
    out = tmp_path / "world"
    result = run("make", "--out", str(out), "--minutes", "0.5", "--seed", "3", "--json")
    assert result.exit_code == ExitCode.OK, result.stderr
    summary = json.loads(result.stdout)
    assert set(summary) == {"folder", "videos", "seconds", "scenes", "queries", "questions"}
    assert summary["folder"] == str(out)
    assert all((out / video).is_file() for video in summary["videos"])
    lines = [json.loads(line) for line in (out / "truth.jsonl").read_text().splitlines()]
    assert len(lines) == sum(summary["queries"].values())


def test_make_refuses_an_impossible_length(tmp_path: Path) -> None:
    result = run("make", "--out", str(tmp_path / "w"), "--minutes", "-1", "--json")
    assert result.exit_code == ExitCode.STOPPED
    assert json.loads(result.stdout)["error"]["type"] == "WorldSettingsError"


@pytest.mark.parametrize(("right", "code"), [(7, ExitCode.OK), (6, ExitCode.NOTHING_FOUND), (0, 1)])
def test_run_is_good_when_seven_of_ten_are_right(monkeypatch: pytest.MonkeyPatch, right: int, code: int) -> None:
    checks = [check("sign", 0.9 if number < right else 0.4) for number in range(10)]
    install(monkeypatch, [*checks, check("motion", 0.0)])
    result = run("run")
    assert result.exit_code == code
    assert f"{right} of 10 searches right" in result.stdout
    assert "Not judged: motion, 0 of 1 right" in result.stdout
    shown = json.loads(run("run", "--json").stdout)
    assert (shown["ok"], shown["right"], shown["judged"]) == (code == 0, right, 10)
    assert len(shown["searches"]) == 11
    assert shown["searches"][-1]["found"] is None


def test_run_prints_found_beside_true_with_times(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, [check("said", 1.0)])
    output = run("run").stdout
    assert output.count("#000 00:10.0-00:20.0") == 2
    assert "Generated 4 min 00 s of video in 5.0 s, indexed it in 1 min 00 s, a search takes 50 ms." in output
    assert "Try: reelseek search 'a said query' --library" in output


def test_run_stopped_by_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, [], Times(240.0, 5.0, 1.0, 0, interrupted=True))
    assert run("run").exit_code == ExitCode.INTERRUPTED


def test_an_earlier_demos_library_is_removed_and_nothing_else(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    for folder in (ours, other):
        folder.mkdir()
    (ours / "library.json").write_text("{}")
    (other / "thesis.txt").write_text("mine")
    demo_check.remove_demo_library(ours)
    demo_check.remove_demo_library(other)
    demo_check.remove_demo_library(tmp_path / "absent")
    assert not ours.exists()
    assert (other / "thesis.txt").exists()
