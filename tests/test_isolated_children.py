"""No code of a stranger's folder runs: not of the current folder, the indexed one, the library or the uploads."""

import ast
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from api.cli.exit_codes import ExitCode
from api.export.source_probe import MediaWorker
from api.service.jobs.child import JobChild
from indexer.config import Settings
from indexer.decode.audio import open_audio
from indexer.decode.child_pool import DecodeChildPool
from indexer.decode.video import open_video
from indexer.isolation.python_entry import _add_program_folder
from indexer.isolation.python_process import (
    inherited_environment,
    minimal_environment,
    protect_descendants,
    start_python,
)
from indexer.models.profiles import PROFILES
from indexer.pipeline.index import index_paths
from indexer.store.library import Library
from tests.helpers.media import write_video
from tests.helpers.media_service import probed

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parent.parent
MODELS = {"models": "text", "text_model": PROFILES["demo"].text_model, "screen_text": False}
PLANTED = (
    *("av", "numpy", "cv2", "json", "typing", "subprocess", "sitecustomize", "usercustomize", "conftest"),
    *("indexer", "api", "torch", "multiprocessing"),
)
"""Modules that a program might import by accident: libraries, the standard library's, hooks, our own packages."""


class Trap:
    """Folders full of modules that leave a marker when they run."""

    def __init__(self, folder: Path) -> None:
        self._markers = folder / "markers"
        self._markers.mkdir()
        self.here = folder / "here"
        """The current folder, which is indexed, with `a.mp4` in it."""
        self.user_base = folder / "user"
        self.plant(self.here)
        self.plant(self.user_base / "lib" / f"python3.{sys.version_info.minor}" / "site-packages")
        write_video(self.here / "a.mp4", range(0, 2000, 40))

    def plant(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in PLANTED:
            marker = self._markers / f"{folder.name}-{name}"
            (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
        marker = self._markers / f"{folder.name}-pth"
        (folder / "planted.pth").write_text(f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n")

    def variables(self) -> dict[str, str]:
        """An environment that leads Python here; no folder of Python's own can be found with it either."""
        return {
            "PYTHONPATH": os.pathsep.join((str(self.here), "", ".")),
            "PYTHONHOME": str(self.here),
            "PYTHONSTARTUP": str(self.here / "conftest.py"),
            "PYTHONUSERBASE": str(self.user_base),
            "PYTHONINSPECT": "1",
        }

    def caught(self) -> list[str]:
        """What ran."""
        return sorted(marker.name for marker in self._markers.iterdir())


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


@pytest.fixture
def inside(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> Trap:
    """This process stands in the trap, with a hostile environment for its children."""
    monkeypatch.chdir(trap.here)
    for name, value in trap.variables().items():
        monkeypatch.setenv(name, value)
    return trap


def make_library(trap: Trap) -> None:
    """A library of `a.mp4`, made by this process, then traps in it and another video."""
    settings = Settings(library=str(trap.here / "library"), device="cpu", **MODELS)  # pyright: ignore[reportArgumentType]
    index_paths([trap.here / "a.mp4"], settings=settings)
    add_a_video_and_traps(trap)


def add_a_video_and_traps(trap: Trap) -> None:
    trap.plant(trap.here / "library")
    write_video(trap.here / "b.mp4", range(0, 1000, 40))


@pytest.mark.parametrize("hostile", [False, True], ids=["plain environment", "hostile environment"])
def test_indexing_in_a_folder_runs_nothing_of_it(trap: Trap, hostile: bool) -> None:
    """As a user does it: `cd FOLDER; reelseek index .`, the library beside the videos."""
    reelseek = str(Path(sys.executable).with_name("reelseek"))
    # A Python without -I runs the caller's PYTHONPATH before any line of ours.
    command = [sys.executable, "-I", reelseek] if hostile else [reelseek]
    options = ["--models", "text", "--text-model", PROFILES["demo"].text_model, "--no-screen-text", "--json"]
    if hostile:  # the first run is the other case's; one process less loads models
        make_library(trap)
    for _ in range(1 if hostile else 2):
        done = subprocess.run(
            [*command, "index", ".", "--library", "library", *options],
            cwd=trap.here,
            env={**os.environ, **(trap.variables() if hostile else {})},
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == ExitCode.OK, done.stderr
        assert json.loads(done.stdout.splitlines()[-1])["indexed"] == 1
        add_a_video_and_traps(trap)  # the second time, the library holds hostile files too
    assert trap.caught() == []


def test_decoder_children_run_nothing_of_the_current_folder(inside: Trap) -> None:
    with open_video(Path("a.mp4"), settings=Settings(), frames_per_second=5) as reader:
        assert len(list(reader.frames())) == 10
    with open_audio(Path("a.mp4"), settings=Settings()) as sound:
        assert list(sound.pieces()) == []
    with (
        DecodeChildPool(1) as decode_pool,
        open_video(Path("a.mp4"), settings=Settings(), times=[0.0], decode_pool=decode_pool) as reader,
    ):
        assert len(list(reader.frames())) == 1
    assert inside.caught() == []


@pytest.mark.parametrize("work", ["clip", "remux", "transcode", "still"])
def test_media_children_run_nothing_of_the_current_folder(inside: Trap, work: Any) -> None:
    video = probed((inside.here / "a.mp4").resolve())
    stop = 0.0 if work == "still" else video.duration_seconds
    # A relative path, as a caller may give it.
    MediaWorker(Settings()).run(video, work, output=Path("made"), stop_seconds=stop)
    made = inside.here / "made"
    with av.open(str(made)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert picture.shape == (48, 64, 3)
    assert picture.dtype == np.uint8
    assert inside.caught() == []


def test_an_indexing_job_runs_nothing_of_library_and_uploads(inside: Trap) -> None:
    library = inside.here / "library"
    uploads = library / "uploads" / "0123456789abcdef"

    def run_job(path: str) -> None:
        async def run() -> tuple[int, str]:
            settings = Settings(library="library", device="cpu", **MODELS)  # pyright: ignore[reportArgumentType]
            child = await JobChild.start([path], settings)
            return await child.run(lines.append)

        lines: list[bytes] = []
        code, words = asyncio.run(run())
        assert code == ExitCode.OK, (words, lines)
        assert json.loads(lines[-1])["indexed"] == 1

    make_library(inside)
    for folder in (library, uploads.parent, uploads):
        inside.plant(folder)
    write_video(uploads / "c.mp4", range(0, 1500, 40))
    run_job(str(uploads / "c.mp4"))
    assert inside.caught() == []
    with Library.open(library) as opened:
        assert sorted(Path(video.path).name for video in opened.videos()) == ["a.mp4", "c.mp4"]


def facts_of(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    """What a child sees."""
    with start_python(
        "tests.helpers.process_facts", *arguments, environment=environment, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        return json.loads(child.stdout.read())


def test_a_child_sees_no_folder_of_the_caller(inside: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("LC_TIME", "C")
    facts = facts_of(minimal_environment({"OMP_NUM_THREADS": "1"}), "x", "ü \udc80")
    assert facts["isolated"] == 1
    assert facts["utf8"] == sys.flags.utf8_mode
    assert facts["arguments"] == ["x", "ü \udc80"]
    assert all(Path(entry).is_absolute() for entry in facts["path"])
    assert not [entry for entry in (*facts["path"], facts["folder"]) if Path(entry).is_relative_to(inside.here.parent)]
    environment = facts["environment"]
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["LC_TIME"] == "C"
    assert [name for name in environment if name.startswith("PYTHON")] == ["PYTHONSAFEPATH"]
    assert not {"HF_TOKEN", "HOME", "REELSEEK_LIBRARY"} & set(environment)
    assert inside.caught() == []


def test_a_child_that_loads_models_keeps_their_variables(inside: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"CUDA_VISIBLE_DEVICES": "", "HF_HOME": "/cache", "HTTPS_PROXY": "http://proxy", "OMP_NUM_THREADS": "2"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    environment = facts_of(inherited_environment({"REELSEEK_LIBRARY": "/l"}))["environment"]
    assert {name: environment[name] for name in kept} == kept
    assert environment["REELSEEK_LIBRARY"] == "/l"
    assert [name for name in environment if name.startswith("PYTHON")] == ["PYTHONSAFEPATH"]


def test_a_python_that_a_library_starts_ignores_the_current_folder(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """As multiprocessing starts its resource tracker."""
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    command = [sys.executable, "-c", "from multiprocessing.resource_tracker import main; import av"]
    subprocess.run(command, cwd=trap.here, capture_output=True)
    assert trap.caught(), "the trap does not work"
    for marker in (trap.here.parent / "markers").iterdir():
        marker.unlink()
    monkeypatch.setattr(os, "environ", os.environ.copy())
    protect_descendants()
    subprocess.run(command, cwd=trap.here, env=os.environ, check=True)
    assert trap.caught() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["/lib", "/v/site-packages", "/program"], ["/lib", "/v/site-packages", "/program"]),
        (
            ["/lib", "/v/site-packages", "/w/site-packages"],
            ["/lib", "/program", "/v/site-packages", "/w/site-packages"],
        ),
        (["/lib", "/usr/dist-packages"], ["/lib", "/program", "/usr/dist-packages"]),
        (["/lib"], ["/lib", "/program"]),
    ],
    ids=["installed", "not installed", "Debian", "no packages"],
)
def test_the_program_stands_between_the_standard_library_and_packages(
    before: list[str], after: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", before)
    _add_program_folder("/program")
    assert sys.path == after


STARTERS = {
    *("Popen", "create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell"),
    *("check_call", "check_output", "getoutput", "getstatusoutput", "ProcessPoolExecutor", "startfile"),
    *("system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp"),
    *(f"{kind}{ending}" for kind in ("exec", "spawn") for ending in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")),
}
"""Functions that start a process."""


def started_processes(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in STARTERS:
                yield node.lineno, name
            case ast.Attribute(value=ast.Name(id="subprocess" | "sp"), attr="run" | "call"):
                yield node.lineno, "subprocess.run"
            case ast.Attribute(value=ast.Name(id="sys"), attr="executable" | "_base_executable"):
                yield node.lineno, "sys.executable"
            case ast.Import(names=names) if any(one.name.split(".")[0] == "multiprocessing" for one in names):
                yield node.lineno, "multiprocessing"
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "multiprocessing":
                yield node.lineno, "multiprocessing"
            case ast.ImportFrom(module="subprocess" | "sys", names=names):
                yield from ((node.lineno, one.name) for one in names if one.name in {"run", "call", "executable"})
            case _:
                pass


def test_every_process_is_started_by_one_module() -> None:
    starting = {
        file.relative_to(ROOT).as_posix(): found
        for room in ("indexer", "search", "api")
        for file in sorted((ROOT / room).rglob("*.py"))
        if (found := list(started_processes(file.read_text(encoding="utf-8"))))
    }
    assert list(starting) == ["indexer/isolation/python_process.py"], starting


@pytest.mark.parametrize(
    "line",
    [
        "subprocess.Popen([])", "Popen([])", "asyncio.create_subprocess_exec('a')", "x = sys.executable",
        "subprocess.run([])", "from subprocess import run", "import multiprocessing", "os.system('a')",
        "os.execv(a, b)", "from multiprocessing.pool import Pool", "loop.subprocess_exec(a)",
    ],
)  # fmt: skip
def test_a_started_process_is_seen_in_the_source(line: str) -> None:
    assert list(started_processes(line))
