"""`python -m bench.faults` makes its trials, goes on with them, and counts what was lost."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[1]
ONE_OF_EACH = ("damages", "full-disks", "limits", "writers", "readers", "clocks")


def run(out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.faults", "--out", str(out), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_each_fault_is_tried_and_an_earlier_run_goes_on(tmp_path: Path) -> None:
    told = run(tmp_path, "--kills", "1", *(word for kind in ONE_OF_EACH for word in (f"--{kind}", "1")))
    assert told.returncode == 0, told.stdout + told.stderr
    trials = [json.loads(line) for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    assert {"kills", *ONE_OF_EACH} - {one["kind"] for one in trials} <= {"full-disks"}
    wrong = {**trials[0], "number": 1, "trial": {**trials[0]["trial"], "wrong": ["a tag is gone"]}}
    with (tmp_path / "trials.jsonl").open("a") as stream:
        stream.write(json.dumps(wrong) + "\n")
    told = run(tmp_path, "--minutes", "0")
    assert told.returncode == 1, "what an earlier run lost is still lost"
    assert "a tag is gone" in told.stdout
    assert re.search(r"\| killed at a random moment +\| index +\| 2 +\| 1 ", told.stdout), told.stdout
