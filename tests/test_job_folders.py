"""Temporary folders of jobs: those of killed workers are removed, those in use stay."""

import os
import tempfile
from pathlib import Path

import pytest

from indexer.pipeline.engines.job_folder import SURELY_LOCKED_SECONDS, job_library, remove_left_libraries
from indexer.store.lock import locked


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def leave(folder: Path) -> Path:
    """What a killed worker leaves, from long ago."""
    library = folder / "library"
    library.mkdir(parents=True)
    (library / "row").write_text("half a row")
    age(folder)
    return library


def age(folder: Path) -> None:
    long_ago = folder.stat().st_mtime - SURELY_LOCKED_SECONDS - 1
    os.utime(folder, (long_ago, long_ago))


def test_what_killed_workers_left_is_removed_and_nothing_else(temporary: Path) -> None:
    leave(temporary / "reelseek-job-killed")
    used = leave(temporary / "reelseek-job-used")
    leave(temporary / "films")
    (temporary / "reelseek-job-young" / "library").mkdir(parents=True)
    with locked(used):
        remove_left_libraries()
    left = {path.name for path in temporary.iterdir()}
    assert left == {"reelseek-job-used", "reelseek-job-young", "films"}


def test_a_job_leaves_nothing(temporary: Path) -> None:
    with job_library() as library:
        library.mkdir()
        (library / "row").write_text("a row")
    assert list(temporary.iterdir()) == []
