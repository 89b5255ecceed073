"""A new stage with its signal takes one file and one line: tried on a copy of the packages."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.media import write_video

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[1]
THE_FILE = '''"""The toy stage: names the average colour of each segment's thumbnail."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

from indexer.pipeline.events import StageProgress
from indexer.pipeline.plan import Job
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.texts import VideoTexts, commit_stage_texts
from indexer.records import TimedText, Video


class ToyStage(Stage):
    """One word for each segment."""

    name = "toy"

    def fingerprint(self, video: Video) -> str:
        return "toy-1"

    def make(self, jobs: Sequence[Job]) -> None:
        for video in self.run.videos_lacking(self.is_pending, jobs):
            with self.of_one_video(video):
                made = VideoTexts(video, tuple(self.colours_of(video)), None, 0.0)
                commit_stage_texts(
                    self.run, made, stage=self.name, fingerprint=self.fingerprint(video), complaint="no colours"
                )
        self.run.commits.flush()

    def colours_of(self, video: Video) -> Iterator[TimedText]:
        for segment in self.run.segments_of(video):
            thumbnail = self.run.library.thumbnail_path(video.video_id, segment.index)
            yield TimedText(segment.span, average_colour(thumbnail))
            done = segment.span.stop_seconds
            self.run.emit(StageProgress(video.path, self.name, done, video.duration_seconds))


def average_colour(picture: Path) -> str:
    return ("blue", "green", "red")[int(cv2.imread(str(picture)).mean(axis=(0, 1)).argmax())]
'''
THE_LINE = (
    '    StageEntry("toy", "colours", 0.1, f"{_STAGES}.toy:ToyStage", TextEntry("toy", "average colour", "other")),\n'
)
CHILD = """
import json, sys
from dataclasses import asdict, replace
from pathlib import Path
from click.testing import CliRunner
from api.cli.main import main
from api.index_progress import IndexProgress, event_name, stages_of
from indexer.config import Settings
from indexer.models.profiles import PROFILES
from indexer.models.loading import Models
from indexer.pipeline.index import index_paths

step, videos, library = sys.argv[1:]
if step == "index":
    settings = Settings(library=library, models="text", screen_text=False, speech=False, device="cpu")
    models = Models(replace(PROFILES["text"], text_model="", screen_text=False), None, None)
    progress, events = IndexProgress(stages_of(settings)), []

    def on_event(event):
        progress.add(event)
        events.append({"event": event_name(event), **asdict(event)})

    index_paths([Path(videos)], settings=settings, models=models, on_event=on_event)
    print(json.dumps({"events": events, "share": progress.share, "stages": stages_of(settings)}))
else:
    arguments = {"status": ["status", "--json"], "search": ["search", "red", "--signal", "toy_words", "--json"]}[step]
    print(CliRunner().invoke(main, [*arguments, "--library", library]).stdout)
"""
PRINTED = """
import sys
from pathlib import Path
from rich.console import Console
from api.cli.output.moments import print_result
from indexer.config import Settings
from search.engine import SearchEngine

with SearchEngine.open(Path(sys.argv[1]), settings=Settings()) as engine:
    print_result(Console(width=200), engine.search("red", signals=["toy_words"]), offset=0, thumbnails=False)
"""


class Packages:
    """A copy of the packages with the toy in it, and a library that it indexes a video of two colours into."""

    def __init__(self, folder: Path) -> None:
        self.root, self.videos, self.library = folder / "root", folder / "videos", folder / "library"
        for name in ("indexer", "search", "api"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("demo", "web"):
            (self.root / name).symlink_to(ROOT / name)
        self.stage_file = self.root / "indexer" / "pipeline" / "stages" / "toy.py"
        self.stage_file.write_text(THE_FILE)
        catalog = self.root / "indexer" / "catalog.py"
        before, opening, rest = catalog.read_text().partition("STAGE_ENTRIES: ")
        catalog.write_text(before + opening + rest.replace("\n)\n", f"\n{THE_LINE})\n", 1))
        self.videos.mkdir()
        colours = ((0, 0, 200), (200, 0, 0))
        pictures = [np.full((48, 64, 3), colours[time >= 4000], np.uint8) for time in range(0, 8000, 200)]
        write_video(self.videos / "two_colours.mp4", range(0, 8000, 200), pictures=pictures)

    def run(self, code: str, *arguments: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(self.root)}
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.root,
            env=environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def step(self, name: str) -> dict[str, Any]:
        return json.loads(self.run(CHILD, name, str(self.videos), str(self.library)))


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return Packages(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def first(packages: Packages) -> dict[str, Any]:
    """What the first indexing run tells."""
    return packages.step("index")


def finished(told: dict[str, Any]) -> list[str]:
    return [event["stage"] for event in told["events"] if event["event"] == "stage_finished"]


def test_it_runs_and_is_told_in_progress(first: dict[str, Any]) -> None:
    assert "toy" in first["stages"] and first["share"] == pytest.approx(1.0)
    assert finished(first) == ["picture", "subtitles", "toy"]
    progress = [event for event in first["events"] if event["event"] == "stage_progress" and event["stage"] == "toy"]
    assert progress[-1]["done_seconds"] == pytest.approx(8.0, abs=0.3)


@pytest.mark.usefixtures("first")
def test_the_status_lists_it(packages: Packages) -> None:
    states = {one["stage"]: one["state"] for one in packages.step("status")["signals"]}
    assert states["toy"] == "ready"


@pytest.mark.usefixtures("first")
def test_a_search_finds_the_moment_by_its_signal(packages: Packages) -> None:
    (moment,) = packages.step("search")["moments"]
    assert moment["signals"] == {"toy_words": 1}
    assert moment["start_seconds"] == pytest.approx(4.0, abs=0.5)


@pytest.mark.usefixtures("first")
def test_a_match_is_shown_with_its_label(packages: Packages) -> None:
    assert "average colour words #1" in packages.run(PRINTED, str(packages.library))


@pytest.mark.usefixtures("first")
def test_a_second_run_has_nothing_to_do_until_its_fingerprint_changes(packages: Packages) -> None:
    again = packages.step("index")
    assert [event["reason"] for event in again["events"] if event["event"] == "video_skipped"] == ["indexed already"]
    assert finished(again) == []
    packages.stage_file.write_text(THE_FILE.replace("toy-1", "toy-2"))
    assert finished(packages.step("index")) == ["toy"]
