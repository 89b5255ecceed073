"""The Ray engine on real clusters of one machine: nodes and workers are killed, the library is that of a local run.

The logic of retries is tested in `tests/test_worker_pool.py`, without Ray.
"""

import os
import random
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from bench.support.library_contents import contents, differences
from demo.world.make import make_world
from indexer.config import Settings
from indexer.pipeline.engines.ray_engine import RayEngine
from indexer.pipeline.events import IndexEvent, StageFinished, StageProgress
from indexer.pipeline.index import index_paths
from indexer.store.library import Library
from tests.helpers.ray_clusters import NODES, RayCluster

pytest.importorskip("ray", reason="Ray is not installed; `make setup-ray` installs it", exc_type=ImportError)
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1200)]

KILL_SEED = int(os.environ.get("KILL_SEED", "7"))
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


def assert_equal(library: str, local: Path) -> None:
    with Library.open(Path(library)) as opened:
        assert opened.audit() == []
    assert differences(contents(local), contents(Path(library))) == []


def test_a_node_that_is_killed_costs_no_row(
    cluster: RayCluster, films: Path, local: Path, settings_for: Callable[..., Settings]
) -> None:
    kill_at, seen, killing = random.Random(KILL_SEED).randint(1, 12), [0], list[threading.Thread]()

    def on_event(event: IndexEvent) -> None:
        seen[0] += isinstance(event, StageProgress | StageFinished)
        if seen[0] == kill_at and not killing:
            killing.append(threading.Thread(target=cluster.kill_a_node))
            killing[0].start()

    settings = settings_for()
    engine = RayEngine(address=cluster.address, worker_cpus=1)
    finished = index_paths([films], settings=settings, on_event=on_event, engine=engine)
    killing[0].join()
    assert cluster.alive() == NODES - 1
    assert finished.failed == 1  # the broken one
    assert_equal(settings.library, local)
