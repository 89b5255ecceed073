"""What several test files share: a small drawn world, and small real models that know nothing."""

import gc
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from demo.world.make import make_world
from indexer.config import Settings
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from tests.helpers.checkpoints import write_clip_checkpoint
from tests.helpers.shared_folder import make_once

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
"""The small models of the tests are slower in several threads, and workers side by side must not fight for cores.
Child processes inherit it."""
os.environ["REELSEEK_LIBRARY"] = "reelseek-library"
"""Of the working folder: no test may meet the library of the person who runs it."""
_data_folder = TemporaryDirectory(prefix="reelseek-tests-")
os.environ["XDG_DATA_HOME"] = _data_folder.name  # nor be remembered as one of that person
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # of a shell's background job; commands would inherit it
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)  # set in the workers of pytest-xdist; what is printed must not depend on it

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # no test may depend on how busy the machine is

SLOW_FIXTURES = {"browser", "clip_checkpoint", "demo_library", "media", "world"}
"""They load models, draw and index videos, or start a server or a browser."""


LEFT_OUT = {
    "not slow": re.compile(r"^pytestmark = pytest\.mark\.(slow|thorough)$", re.MULTILINE),
    "not thorough": re.compile(r"^pytestmark = pytest\.mark\.thorough$", re.MULTILINE),
}
"""Marker expression -> files that it leaves out as a whole."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One and a half for each core: a test that waits for a browser, a service or a child leaves its core idle."""
    return min(12, max(2, (os.cpu_count() or 1) * 3 // 2))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that are left out as a whole are not even imported: that takes seconds."""
    whole = LEFT_OUT.get(config.getoption("markexpr")) if collection_path.suffix == ".py" else None
    return True if whole and whole.search(collection_path.read_text("utf-8")) else None


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None]:
    """What collecting makes stays to the end, and is not looked through for garbage: that took half of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as slow what needs a slow fixture; files and tests that are slow by themselves carry the marker.

    Files with slow tests come first, so that no worker is left with a long one when the others have finished.
    """
    give_ids_of_their_own(items)
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("thorough"):
            item.add_marker(pytest.mark.slow)
    slow_files = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow_files)


def give_ids_of_their_own(items: list[pytest.Item]) -> None:
    """pytest-xdist tells tests apart by their ids, and runs one alone of those that share an id, without a word.

    Since pytest 9.2 the operations of a Schemathesis test all have the test's own id.
    """
    for item in items:
        if not item.nodeid.endswith(item.name):
            _, bracket, operation = item.name.removesuffix("]").partition("[")
            item._id = item.id.with_params(operation if bracket else None)
    shared = [name for name, count in Counter(item.nodeid for item in items).items() if count > 1]
    if shared:
        raise pytest.UsageError(f"several tests have the same id: {shared}")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three short videos of the demo world, their subtitles and truth."""
    return make_once(
        tmp_path_factory, "world", lambda folder: make_world(folder, minutes=1.2, seed=20, video_minutes=0.4)
    )


@pytest.fixture(scope="session")
def clip_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open_clip checkpoint of random weights: real format, real loading, no knowledge."""
    return make_once(tmp_path_factory, "clip", write_clip_checkpoint)


@pytest.fixture(scope="session")
def models(clip_checkpoint: Path) -> Models:
    """Pictures by random weights, texts by words alone, no on-screen text: quick, and real all the way."""
    from dataclasses import replace

    from indexer.models.image_embedder import load_clip_model

    profile = replace(PROFILES["demo"], clip_model=str(clip_checkpoint), text_model="", screen_text=False)
    return Models(profile, load_clip_model(str(clip_checkpoint), device="cpu", batch_frames=8), None)


@pytest.fixture
def settings_for(tmp_path: Path, clip_checkpoint: Path) -> Callable[..., Settings]:
    """Settings of a new library in the test's folder that go with `models`."""

    def make(**values: object) -> Settings:
        given = {"library": str(tmp_path / "library"), "models": "demo", "screen_text": False, "captions": False}
        given["device"] = "cpu"
        return Settings(**{**given, "clip_model": str(clip_checkpoint), **values})  # pyright: ignore[reportArgumentType]

    return make
