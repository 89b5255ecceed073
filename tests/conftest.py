"""What several test files share: a small drawn world, and small real models that know nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from demo.world.make import make_world
from indexer.config import Settings
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from tests.helpers.checkpoints import write_clip_checkpoint


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three short videos of the demo world, their subtitles and truth."""
    folder = tmp_path_factory.mktemp("world")
    make_world(folder, minutes=1.2, seed=20, video_minutes=0.4)
    return folder


@pytest.fixture(scope="session")
def clip_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open_clip checkpoint of random weights: real format, real loading, no knowledge."""
    return write_clip_checkpoint(tmp_path_factory.mktemp("clip"))


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
