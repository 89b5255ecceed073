"""A library that nobody serves and a service over its copy, for tests of commands that use a running service."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.service import RunningService, copy_unserved, demo_library, demo_settings, serving  # noqa: F401


@pytest.fixture(scope="module")
def seen(world: Path) -> str:
    """What one of the videos shows, as a query that finds it."""
    rows = [json.loads(line) for line in (world / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    return next(row["query"] for row in rows if row["kind"] == "picture")


@pytest.fixture(scope="module")
def unserved_library(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Other tests may serve the library that they share."""
    return copy_unserved(demo_library, tmp_path_factory.mktemp("alone") / "library")


@pytest.fixture(scope="module")
def shared_service(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service over another copy."""
    library = copy_unserved(demo_library, tmp_path_factory.mktemp("warm") / "library")
    with serving(replace(demo_settings(library), screen_text=True)) as running:
        yield running
