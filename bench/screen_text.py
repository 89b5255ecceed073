"""On-screen text: the cost of OCR, and whether words are found where and when they can be read.

`python -m bench.screen_text` draws films with known truth (`bench.support.text_films`) and prints
- cost: frames sampled, changed and read, and the seconds of one core that reading took; lectures of one length whose
  slides change more or less often show that reading follows the changes, not the hours;
- quality: for each kind of film the share of queries whose first moment is right (R@1), and of all queries the share
  whose first moment also starts and stops within a second of the truth. Indexed at one frame a second by the `text`
  profile, searched as a user searches.

`python -m bench.screen_text --cost FILE ...` prints the cost of any videos.
"""

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.support.film_drawing import Film, ScreenFact, write_film
from bench.support.table import print_table
from bench.support.text_films import make_films, slide_hour, slide_turns
from indexer.config import Settings
from indexer.decode.video import open_video
from indexer.ocr.change_detector import ChangeDetector
from indexer.ocr.frame_selection import read_changed_frames
from indexer.ocr.incremental_reader import IncrementalReader
from indexer.ocr.lines import FrameLines, ScreenLine
from indexer.ocr.reader import ScreenTextReader
from indexer.pipeline.index import index_paths
from indexer.records import Pixels, SampledFrame
from search.engine import SearchEngine

NEAR_SECONDS = 1.0
"""Tolerance of a start or a stop."""


@dataclass
class Cost:
    """Cost of OCR on one video."""

    seconds: float = 0.0
    sampled: int = 0
    changed: int = 0
    read: int = 0
    pictures: float = 0.0
    """Area that was read, in whole pictures."""
    core_seconds: float = 0.0


@dataclass
class Quality:
    """The first moments of some queries compared with the truth."""

    queries: int = 0
    right: int = 0
    start_errors: list[float] = field(default_factory=list[float])
    """Seconds, for right moments."""
    stop_errors: list[float] = field(default_factory=list[float])

    def row(self, name: str) -> list[str]:
        """Cells of a table."""
        near = [
            abs(start) <= NEAR_SECONDS and abs(stop) <= NEAR_SECONDS
            for start, stop in zip(self.start_errors, self.stop_errors, strict=True)
        ]
        shares = [self.right, *(_near(errors) for errors in (self.start_errors, self.stop_errors)), sum(near)]
        middles = [statistics.median(map(abs, errors or [0.0])) for errors in (self.start_errors, self.stop_errors)]
        return [
            name,
            str(self.queries),
            *(f"{share / max(1, self.queries):.3f}" for share in shares),
            *(f"{middle:.2f}" for middle in middles),
        ]


class _CountingReader:
    def __init__(self, reader: ScreenTextReader, cost: Cost) -> None:
        self._reader, self._cost = IncrementalReader(reader), cost
        self.changed_share = self._reader.changed_share

    def read(self, pixels: Pixels) -> list[ScreenLine]:
        started = time.thread_time()
        lines = self._reader.read(pixels)
        self._cost.core_seconds += time.thread_time() - started
        self._cost.read += 1
        self._cost.pictures += self._reader.read_share
        return lines


def cost_of(path: Path, reader: ScreenTextReader) -> Cost:
    """Reads a video at one frame a second, on one core."""
    cost = Cost()
    read_frames(changed_frames(path, cost), reader, cost)
    return cost


def changed_frames(path: Path, cost: Cost) -> Iterator[SampledFrame]:
    """The frames of a video, one a second, whose picture changed; counts them in `cost`.

    Raises:
        VideoError: the video cannot be read.
    """
    detector, settings = ChangeDetector(), Settings()
    with open_video(path, settings=settings, frames_per_second=1.0, max_side=settings.picture_max_side) as video:
        for frame in video.frames():
            cost.sampled += 1
            if detector.changed(frame.pixels):
                cost.changed += 1
                yield frame
        cost.seconds = video.duration_seconds


def read_frames(frames: Iterable[SampledFrame], reader: ScreenTextReader, cost: Cost) -> list[FrameLines]:
    """The frames that were read of changed ones, with their lines; counts them in `cost`."""
    return read_changed_frames(frames, reader=_CountingReader(reader, cost), cuts=())


def quality_of(films: Sequence[Film], folder: Path) -> dict[str, Quality]:
    """Indexes the films in `folder` and searches for every fact; returns quality by kind of film, and `all`."""
    library = folder / "library"
    index_paths([folder / f"{film.name}.mp4" for film in films], settings=Settings(models="text", library=str(library)))
    result: dict[str, Quality] = defaultdict(Quality)
    with SearchEngine.open(library, settings=Settings()) as engine:
        for film in films:
            for fact in film.facts:
                for quality in (result[film.kind], result["all"]):
                    _judge(engine, film, fact, quality)
    return dict(result)


def _judge(engine: SearchEngine, film: Film, fact: ScreenFact, quality: Quality) -> None:
    quality.queries += 1
    moments = engine.search(fact.query, limit=1).moments
    if not moments or Path(moments[0].video).stem != film.name:
        return
    span = moments[0].span
    if min(span.stop_seconds, fact.stop_seconds) > max(span.start_seconds, fact.start_seconds):
        quality.right += 1
        quality.start_errors.append(span.start_seconds - fact.start_seconds)
        quality.stop_errors.append(span.stop_seconds - fact.stop_seconds)


def _near(errors: Sequence[float]) -> int:
    return sum(abs(error) <= NEAR_SECONDS for error in errors)


def print_cost(files: Sequence[Path]) -> None:
    """One row a video."""
    reader = ScreenTextReader()
    heads = ["video", "length s", "sampled", "changed", "read", "pictures read", "OCR core s", "core s / min of video"]
    rows: list[list[str]] = []
    for file in files:
        cost = cost_of(file, reader)
        counts = [f"{cost.seconds:.0f}", *(str(count) for count in (cost.sampled, cost.changed, cost.read))]
        spent = [f"{cost.pictures:.1f}", f"{cost.core_seconds:.1f}", f"{60 * cost.core_seconds / cost.seconds:.2f}"]
        rows.append([file.name, *counts, *spent])
    print_table(heads, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cost", type=Path, nargs="+", metavar="FILE", help="only print what these videos cost")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2], help="worlds of five films (default 1 2)")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a film (default 60)")
    parser.add_argument("--lecture-minutes", type=float, default=60.0, help="length of the lectures (default 60)")
    parser.add_argument("--changes", type=int, nargs="*", default=[10, 40], help="slides of each (default 10 40)")
    options = parser.parse_args()
    if options.cost:
        print_cost(options.cost)
        return
    most = 1 + len(slide_turns(60 * options.lecture_minutes))
    if any(not 1 <= count <= most for count in options.changes):
        parser.error(f"a lecture of {options.lecture_minutes:g} minutes has 1 to {most} slides, of 10 s or more each")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        films = [film for seed in options.seeds for film in make_films(seed, seconds=options.seconds)]
        lectures = [slide_hour(7, seconds=60 * options.lecture_minutes, changes=count) for count in options.changes]
        files = [write_film(film, folder, frames_per_second=2) for film in lectures]
        files += [write_film(film, folder) for film in films]
        print_cost(files)
        found = quality_of(films, folder)
        heads = ["films", "queries", "R@1", "start near", "stop near", "both near", "start off s", "stop off s"]
        print_table(heads, [found[kind].row(kind) for kind in found if kind != "all"] + [found["all"].row("all")])


if __name__ == "__main__":
    main()
