"""The Ray engine on real clusters of one machine: nodes and workers are killed, the library is that of a local run.

The logic of retries is tested in `tests/test_worker_pool.py`, without Ray.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest

from api.cli.exit_codes import ExitCode
from bench.support.library_contents import contents, differences
from demo.world.make import make_world
from indexer.config import Settings
from indexer.errors import EngineError
from indexer.pipeline.engines.ray_engine import RayEngine
from indexer.pipeline.events import IndexEvent, IndexFinished, StageFinished, StageProgress
from indexer.pipeline.index import index_paths
from indexer.store.library import Library
from tests.helpers.ray_clusters import NODES, RayCluster

os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # all on loopback; read when Ray is imported
pytest.importorskip("ray", reason="Ray is not installed; `make setup-ray` installs it", exc_type=ImportError)
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1200)]

KILL_SEED = int(os.environ.get("KILL_SEED", "7"))
KILLED_DRIVER = """
import os, signal, sys
from api.cli.main import main
from indexer.store.library import Library
Library.put_videos = lambda library, videos: os.kill(os.getpid(), signal.SIGKILL)
main(["index", *sys.argv[1:]])
"""
"""Rows and thumbnails of the first videos are written, but not the videos' own."""
REELSEEK = Path(sys.executable).with_name("reelseek")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ray") / "films"
    make_world(folder, minutes=1.6, seed=21, video_minutes=0.2)
    (folder / "broken.mp4").write_bytes(b"no film" * 1000)
    return folder


@pytest.fixture(scope="module")
def local(films: Path, clip_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that the local engine made of the films."""
    library = tmp_path_factory.mktemp("ray") / "local"
    given = {"models": "demo", "screen_text": False, "captions": False, "device": "cpu"}
    settings = Settings(library=str(library), clip_model=str(clip_checkpoint), **given)  # pyright: ignore
    assert index_paths([films], settings=settings).failed == 1
    return library


@pytest.fixture(scope="module")
def cluster() -> Generator[RayCluster]:
    with RayCluster() as started:
        yield started


@pytest.fixture
def run(films: Path, settings_for: Callable[..., Settings]) -> "Run":
    return Run(films, settings_for())


class Run:
    """Indexes the films into a library of its own."""

    def __init__(self, films: Path, settings: Settings) -> None:
        self.films, self.settings = films, settings

    def __call__(self, engine: RayEngine, on_event: Callable[[IndexEvent], None] = lambda event: None) -> IndexFinished:
        return index_paths([self.films], settings=self.settings, on_event=on_event, engine=engine)

    def assert_like(self, local: Path) -> None:
        with Library.open(Path(self.settings.library)) as library:
            assert library.audit() == []
        assert differences(contents(local), contents(Path(self.settings.library))) == []

    def arguments(self) -> list[str]:
        """Of `reelseek index`."""
        settings = self.settings
        models = ["--models", settings.models, "--clip-model", settings.clip_model, "--device", "cpu"]
        return [str(self.films), "--library", settings.library, *models, "--no-screen-text", "--no-captions", "--json"]


class Strike:
    """Listens to a run, and does something once, in a thread, after a number of events."""

    def __init__(self, after: int, action: Callable[[], None]) -> None:
        self._left, self._lock = after, threading.Lock()
        self._thread = threading.Thread(target=action)

    def __call__(self, event: IndexEvent) -> None:
        if isinstance(event, StageProgress | StageFinished):
            with self._lock:
                self._left -= 1
                if self._left == 0:
                    self._thread.start()

    def join(self) -> None:
        self._thread.join()


def test_a_worker_that_is_killed_while_it_decodes_costs_no_row(cluster: RayCluster, run: Run, local: Path) -> None:
    killed: list[int] = []

    def kill_a_worker() -> None:
        workers = [one for one in psutil.process_iter(["cmdline"]) if "ray::JobActor.answers" in _title(one)]
        killed.append(workers[0].pid)
        workers[0].kill()

    strike = Strike(1, kill_a_worker)
    finished = run(RayEngine(address=cluster.address, worker_cpus=1), strike)
    strike.join()
    assert killed and finished.failed == 1  # the broken film
    run.assert_like(local)


def test_a_driver_that_is_killed_between_two_tables_is_healed_by_the_next_run(
    cluster: RayCluster, run: Run, local: Path
) -> None:
    words = ["--engine", "ray", "--address", cluster.address, "--worker-cpus", "1"]
    driver = subprocess.run([sys.executable, "-c", KILLED_DRIVER, *run.arguments(), *words], capture_output=True)
    assert driver.returncode == -signal.SIGKILL, driver.stderr.decode()
    run(RayEngine(address=cluster.address, worker_cpus=1))
    run.assert_like(local)


def test_a_node_that_is_killed_at_any_instant_costs_no_row(cluster: RayCluster, run: Run, local: Path) -> None:
    strike = Strike(random.Random(KILL_SEED).randint(1, 20), cluster.kill_a_node)
    finished = run(RayEngine(address=cluster.address, worker_cpus=1), strike)
    strike.join()
    assert cluster.alive() == NODES - 1
    assert finished.failed == 1  # the broken film
    run.assert_like(local)


def test_ctrl_c_stops_a_ray_of_this_machine_and_keeps_what_is_finished(run: Run, local: Path) -> None:
    words = [str(REELSEEK), "index", *run.arguments(), "--engine", "ray", "--worker-cpus", "1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True) as command:
        assert command.stdout is not None
        lines = iter(command.stdout.readline, b"")
        assert any(json.loads(line)["event"] == "stage_finished" for line in lines)
        os.killpg(command.pid, signal.SIGINT)  # as a terminal does
        *_, done = map(json.loads, lines)
        assert command.wait() == ExitCode.INTERRUPTED
    assert done["event"] == "done" and done["indexed"] >= 1
    with Library.open(Path(run.settings.library)) as library:
        assert library.audit() == []
        assert len(library.videos()) >= done["indexed"]
    index_paths([run.films], settings=run.settings)
    run.assert_like(local)


def test_an_address_at_which_nothing_listens_ends_the_run_and_writes_nothing(run: Run) -> None:
    with pytest.raises(EngineError, match=r"no Ray cluster answers at 127\.0\.0\.1:1 .*ray start --head"):
        run(RayEngine(address="127.0.0.1:1"))
    with Library.open(Path(run.settings.library)) as library:
        assert library.videos() == []


def _title(process: psutil.Process) -> str:
    return " ".join(process.info["cmdline"] or ())
