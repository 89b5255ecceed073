"""Models that cost nothing, for a service and its indexing jobs in processes of their own.

What such tests are about, processes that are killed and jobs that are stopped, is the same with any model; a real one
takes longer to load than all the rest. A test can hold the indexing up with a `Gate`.
"""

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from indexer.config import Settings
from indexer.models import loading
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES, profile_of
from indexer.models.protocols import Vectors
from indexer.records import Pixels
from tests.helpers.fakes_search import FakePictureModel
from tests.helpers.fakes_text import FakeTextModel

GATE_VARIABLE = "STAND_IN_GATE"
JOB, STAND_IN_JOB = "api.cli.index_job", "tests.helpers.stand_in_job"


class Gate:
    """While the file is there, no picture is embedded, in whatever process: a job that has begun does not end."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self) -> None:
        self._path.touch()

    def open(self) -> None:
        self._path.unlink(missing_ok=True)

    def pass_through(self) -> None:
        """Returns once the gate is open."""
        while self._path.exists():
            time.sleep(0.02)


class StandInPictureModel(FakePictureModel):
    """A picture's vector is the picture, very small."""

    def prepare(self, pixels: Pixels) -> np.ndarray:
        """(height, width, 3) -> (3, 4, 4)"""
        height, width = pixels.shape[:2]
        rows, columns = np.arange(4) * height // 4, np.arange(4) * width // 4
        return np.moveaxis(pixels[rows][:, columns], 2, 0).astype(np.float32) + 1.0

    def embed_prepared(self, inputs: np.ndarray) -> Vectors:
        """(n, 3, 4, 4) -> (n, 48)"""
        if gate := os.environ.get(GATE_VARIABLE):
            Gate(Path(gate)).pass_through()
        rows = inputs.reshape(len(inputs), -1)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def load_stand_ins(settings: Settings, **_: object) -> Models:
    """In the place of `load_models`."""
    return Models(profile_of(settings), StandInPictureModel(dim=48), FakeTextModel())


START_PROCESS = asyncio.create_subprocess_exec


async def start_stand_in_job(*command: Any, **options: Any) -> asyncio.subprocess.Process:
    """In the place of `asyncio.create_subprocess_exec`: an indexing job gets these models."""
    return await START_PROCESS(*(STAND_IN_JOB if part == JOB else part for part in command), **options)


def install() -> None:
    """For a whole process; before anything else is imported."""
    loading.load_models = load_stand_ins
    asyncio.create_subprocess_exec = start_stand_in_job


def main() -> None:
    """The command line with these models: `python -c "from ... import main; main()" serve ...`."""
    install()
    from api.cli.main import main as command

    command()


def light_models() -> Models:
    """Speech is what is tested, so pictures cost nothing, and texts are found by their words."""
    profile = replace(PROFILES["demo"], text_model="", screen_text=False)
    return Models(profile, StandInPictureModel(dim=48), None)
