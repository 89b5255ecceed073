"""Searches of the demo: generate videos, index them, run queries whose true moments are known, and compare."""

import shutil
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

from api.cli.output.index_views import BarView, IndexView, PlainView, SilentView
from api.cli.run_index import run_index
from api.cli.terminal import is_terminal, percent_bar
from api.index_progress import IndexProgress, stages_of
from demo.world.make import make_world
from indexer.config import Settings
from indexer.errors import VideoError
from indexer.library_place import LibraryPlace, library_place
from indexer.records import TimeSpan
from indexer.store.folder import MAKER_FILE
from search.engine import SearchEngine
from search.evaluation.jsonl import JsonLine, read_json_lines
from search.results import Moment

QUERIES_OF_A_KIND = 4
UNCOUNTED = {"motion": 2}
"""Kinds that no signal detects yet, with how many are shown: a single frame does not show motion."""
RIGHT_IOU = 0.5
"""Intersection over union with the truth from which a moment is right."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long each part took."""

    video_seconds: float
    draw_seconds: float
    index_seconds: float
    failed: int
    interrupted: bool

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Check:
    """One search with its result and the truth."""

    kind: str
    query: str
    true_video: str
    true_span: TimeSpan
    """Of several true spans, the one closest to what was found."""
    found_video: str
    """File name; empty if nothing was found."""
    found_span: TimeSpan | None
    iou: float
    seconds: float

    @property
    def right(self) -> bool:
        return self.iou >= RIGHT_IOU

    @property
    def counts(self) -> bool:
        """Whether it counts towards the verdict."""
        return self.kind not in UNCOUNTED

    def to_json(self) -> dict[str, Any]:
        found = [self.found_span.start_seconds, self.found_span.stop_seconds] if self.found_span else None
        return {
            "kind": self.kind,
            "query": self.query,
            "true": {"video": self.true_video, "window": [self.true_span.start_seconds, self.true_span.stop_seconds]},
            "found": {"video": self.found_video, "window": found} if found else None,
            "iou": round(self.iou, 4),
            "right": self.right,
            "counts": self.counts,
            "seconds": round(self.seconds, 4),
        }


def draw_and_index(folder: Path, *, minutes: float, seed: int, settings: Settings, quiet: bool) -> Times:
    """Generates videos in `folder` and indexes them from scratch, so that the times cover all of the work.

    Raises:
        VideoError: a generated video could not be indexed.
    """
    started = time.perf_counter()
    with percent_bar("generating", quiet=quiet) as show:
        world = make_world(folder, minutes=minutes, seed=seed, video_minutes=max(0.5, minutes / 2), progress=show)
    remove_demo_library(library_place(settings.library))
    drawn = time.perf_counter()
    tally = IndexProgress(stages=stages_of(settings))
    view: IndexView = SilentView() if quiet else BarView(tally) if is_terminal() else PlainView(tally)
    finished = run_index([folder], settings=settings, tally=tally, view=view)
    if tally.failures:
        worst = tally.failures[0]
        raise VideoError(f"the generated video {worst.path} could not be indexed: {worst.kind}: {worst.reason}")
    indexed = time.perf_counter()
    return Times(world.seconds, drawn - started, indexed - drawn, finished.failed, finished.interrupted)


def remove_demo_library(library: LibraryPlace) -> None:
    """Removes the library of an earlier demo; anything else in that folder is left alone."""
    if isinstance(library, Path) and (library / MAKER_FILE).is_file():
        shutil.rmtree(library)


def search_and_compare(truth: Path, *, settings: Settings) -> list[Check]:
    """Runs some queries of each kind, spread evenly over the ground truth."""
    by_kind: dict[str, list[JsonLine]] = defaultdict(list)
    for line in read_json_lines(truth):
        if len(line.windows("windows")):
            by_kind[line.text("kind", default="")].append(line)
    engine = SearchEngine.open(library_place(settings.library), settings=settings)
    engine.search("warm up", limit=1)
    kinds = sorted(by_kind, key=lambda kind: (kind in UNCOUNTED, kind))
    asked = [line for kind in kinds for line in _spread(by_kind[kind], UNCOUNTED.get(kind, QUERIES_OF_A_KIND))]
    return [_check(engine, line) for line in asked]


def _spread(lines: list[JsonLine], number: int) -> list[JsonLine]:
    number = min(number, len(lines))
    return [lines[(2 * i + 1) * len(lines) // (2 * number)] for i in range(number)]


def _check(engine: SearchEngine, line: JsonLine) -> Check:
    query, video = line.text("query"), line.text("video")
    started = time.perf_counter()
    result = engine.search(query, limit=1)
    seconds = time.perf_counter() - started
    found = result.moments[0] if result.moments else None
    spans = [TimeSpan(float(start), float(stop)) for start, stop in line.windows("windows")]
    true_span = max(spans, key=lambda span: _iou(found, video, span))
    name = PurePath(found.video).name if found else ""
    span = found.span if found else None
    return Check(
        line.text("kind", default=""), query, video, true_span, name, span, _iou(found, video, true_span), seconds
    )


def _iou(found: Moment | None, video: str, span: TimeSpan) -> float:
    if found is None or PurePath(found.video).name != PurePath(video).name:
        return 0.0
    return found.span.iou(span)
