"""What grows with a library: one table over libraries of several sizes.

    python -m bench.scale --hours 10 100 1000 --work DIR

Writes each library with the store's own code (at one frame a second: a segment for every 10 s, 1.8 texts a segment;
kept in the folder, continued where it was stopped) and measures it in processes of their own. Vectors are those of
`bench.support.synthetic_vectors`, words those of `bench.mixed`; models and decoding are left out, and no thumbnails are
written. `--only` chooses what is measured, `--out` draws a plot and keeps the figures as JSON.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench.scale.drawn_library import DrawnLibrary, write_library
from bench.scale.reading import measure_reading, measure_verify
from bench.scale.searching import measure_recall, measure_searches
from bench.scale.serving import measure_service
from bench.scale.writing import measure_optimize, measure_writing
from bench.support.latency import Latency
from bench.support.latency_plot import plot_latency
from bench.support.synthetic_vectors import FRAMES_PER_VIDEO
from bench.support.table import print_table

MEASURES: dict[str, Callable[[DrawnLibrary, int], dict[str, float]]] = {
    "reading": measure_reading,
    "searches": measure_searches,
    "service": measure_service,
    "writing": measure_writing,
    "recall": measure_recall,
    "optimize": measure_optimize,
    "verify": measure_verify,
}
PLOTTED = ("pictures alone", "all signals", "one video", "1 in 100 videos")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description="What grows with a library.")
    parser.add_argument("--hours", type=float, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--videos", type=int, help="in each library; one for every 1,000 s by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=[*MEASURES])
    parser.add_argument("--work", type=Path, help="folder that keeps the libraries: 7 GB for 1,000 hours")
    parser.add_argument("--out", type=Path, help="folder for the plot and the figures; none by default")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="reelseek-scale-") as temporary:
        work = given.work or Path(temporary)
        found = {hours: measure(_drawn(work, hours, given), given) for hours in sorted(given.hours)}
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over five minutes\n")
    print_growth(found)
    if given.out:
        keep(given.out, found)


def measure(drawn: DrawnLibrary, given: argparse.Namespace) -> dict[str, float]:
    """Every chosen figure of one library, each group in a process of its own."""
    made = _alone(write_library, drawn)
    for name in given.only:
        made |= _alone(MEASURES[name], drawn, given.queries)
        print(f"{drawn.path.name}: {name} measured", flush=True)
    return made


def print_growth(found: Mapping[float, Mapping[str, float]]) -> None:
    """A row for each figure, a column for each size, and how many times the last is the first."""
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    sizes = list(found)
    rows: list[list[str]] = []
    for name in names:
        cells = [_cell(figures.get(name)) for figures in found.values()]
        first, last = found[sizes[0]].get(name), found[sizes[-1]].get(name)
        rows.append([name, *cells, f"{last / first:.2f}" if first and last else ""])
    print_table(["measured", *(f"{hours:g} h" for hours in sizes), "growth"], rows)


def keep(folder: Path, found: Mapping[float, Mapping[str, float]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = {f"{hours:g}": figures for hours, figures in found.items()}
    (folder / "scale.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    curves = {
        kind: [Latency(figures[f"{kind}, p50 ms"], figures[f"{kind}, p95 ms"]) for figures in found.values()]
        for kind in PLOTTED
        if all(f"{kind}, p95 ms" in figures for figures in found.values())
    }
    if curves:
        print(plot_latency(folder / "scale.png", [int(hours * 3600) for hours in found], curves))


def _drawn(work: Path, hours: float, given: argparse.Namespace) -> DrawnLibrary:
    per_video = FRAMES_PER_VIDEO if given.videos is None else max(1, round(hours * 3600 / given.videos))
    return DrawnLibrary(work / f"{hours:g}h-{per_video}s-{given.seed}", hours, per_video, given.seed)


def _alone(measure: Callable[..., dict[str, float]], *arguments: object) -> dict[str, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
