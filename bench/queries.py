"""Quality of the query language on drawn worlds: exclusion, order, signs.

    python -m bench.queries --folder out/queries --seeds 21 22 23

Draws and indexes a world for each seed (kept in the folder), asks, and prints a table of a row for each world and kind.
An excluded moment is one whose best frame lies in a scene that holds what is excluded. `kept` are the wanted scenes
among the first ten, as a share of those that are there without the exclusion once unwanted moments are struck out.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import Any

from bench.support.table import print_table
from bench.support.worlds import draw_and_index, library_folder, world_folder
from demo.world.grammar_queries import GrammarQuery, Windows, world_grammar_queries
from demo.world.ground_truth import WorldIndex, world_truth
from demo.world.scenes import plan_world
from indexer.config import Settings
from indexer.models.loading import load_models
from indexer.models.vision_language_loading import load_vision_language_model
from indexer.records import TimeSpan
from search.engine import SearchEngine
from search.results import Moment

RIGHT_IOU = 0.5
FIRST = 10
VIDEO_MINUTES = 5.0
HEADS = ("seed", "kind", "queries", "R@1", "no excluded in 10", "kept", "order kept")


def main() -> None:
    options = _options()
    settings = Settings(models="demo", captions=True)
    models = load_models(settings, to_search=True)
    vlm = load_vision_language_model(settings)
    for seed in options.seeds:
        world = world_folder(options.folder, options.minutes, seed)
        own = Settings(models="demo", captions=True, library=str(library_folder(world)))
        draw_and_index(world, minutes=options.minutes, seed=seed, settings=own, models=models, model=vlm)
        with SearchEngine.open(library_folder(world), settings=own, load=lambda _: models) as engine:
            print_table(HEADS, world_rows(engine, minutes=options.minutes, seed=seed, each=options.queries))


def world_rows(engine: SearchEngine, *, minutes: float, seed: int, each: int) -> list[list[str]]:
    """Runs all queries of one world; returns a row of figures for each kind."""
    plan = plan_world(minutes=minutes, seed=seed, video_minutes=VIDEO_MINUTES)
    index = WorldIndex(scene for scenes in plan for scene in scenes)
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for line in world_grammar_queries(index, seed=seed, each=each):
        found[line.kind].append(measure_query(engine, line))
    for truth in world_truth(index, seed=seed):
        if truth.kind == "sign":
            moments = engine.search(truth.query, limit=1).moments
            found["sign"].append({"R@1": float(_is_right(moments[:1], {truth.video: truth.windows}))})
    return [
        [str(seed), kind, str(len(outcomes)), *(_mean(outcomes, name) for name in HEADS[3:])]
        for kind, outcomes in found.items()
    ]


def measure_query(engine: SearchEngine, line: GrammarQuery) -> dict[str, float]:
    """Returns the figures of one query: 0 or 1, except for the share `kept`."""
    moments = engine.search(line.query, limit=FIRST).moments
    figures = {"R@1": float(_is_right(moments[:1], line.windows))}
    if line.without:
        figures["no excluded in 10"] = float(not any(_is_in(one, line.unwanted) for one in moments))
        ideal = [one for one in engine.search(line.without, limit=50).moments if not _is_in(one, line.unwanted)][:FIRST]
        if there := _wanted_among(ideal, line.windows):
            figures["kept"] = min(1.0, _wanted_among(moments, line.windows) / there)
    else:
        figures["order kept"] = float(all(_in_order(one) for one in moments))
    return figures


def _is_right(moments: Sequence[Moment], windows: Windows) -> bool:
    return any(_answers(one, window) for one in moments for window in windows.get(_video_of(one), ()))


def _answers(moment: Moment, window: tuple[float, float]) -> bool:
    return moment.span.iou(TimeSpan(*window)) >= RIGHT_IOU


def _is_in(moment: Moment, windows: Windows) -> bool:
    return any(start <= moment.best_frame_seconds < stop for start, stop in windows.get(_video_of(moment), ()))


def _wanted_among(moments: Sequence[Moment], windows: Windows) -> int:
    """Counts the windows that a moment covers."""
    return sum(
        any(_video_of(one) == video and _answers(one, window) for one in moments)
        for video, own in windows.items()
        for window in own
    )


def _in_order(moment: Moment) -> bool:
    starts = [part.span.start_seconds for part in moment.parts]
    return len(starts) > 1 and starts == sorted(starts)


def _video_of(moment: Moment) -> int:
    return int(PurePath(moment.video).stem.rsplit("-", 1)[1])


def _mean(outcomes: Iterable[dict[str, float]], name: str) -> str:
    values = [outcome[name] for outcome in outcomes if name in outcome]
    return f"{sum(values) / len(values):.3f}" if values else ""


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("out/queries"), help="for worlds and libraries")
    parser.add_argument("--minutes", type=float, default=20, help="playing time of each world")
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23], help="of the worlds")
    parser.add_argument("--queries", type=int, default=60, help="of each kind and world")
    return parser.parse_args()


if __name__ == "__main__":
    main()
