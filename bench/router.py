"""Signal weights: each kind of query by each signal alone and by all, to see whether adding signals costs any.

    python -m bench.router --folder out/trust --seeds 202 203

Uses the worlds and libraries of `bench.trust` (drawn and indexed where they are not there yet), on seeds that were not
calibrated on. For each kind of query it prints R@1 of the signals that can answer it, each alone, R@1 by all, and how
much the best of them loses. A moment is right when it overlaps a true window by half of either.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from bench.support.relevance_queries import PRESENT_KINDS, Query, answers, present_queries
from bench.support.table import print_table
from bench.trust import CHECKING, open_world
from demo.world.ground_truth import WorldIndex
from demo.world.scenes import plan_world
from indexer.config import Settings
from indexer.models.loading import load_models
from search.engine import SearchEngine
from search.signals import Signal

MINUTES = 10.0
ALONE: dict[str, tuple[Signal, ...]] = {
    "picture": ("picture", "caption", "caption_words"),
    "motion": ("picture", "caption", "caption_words"),
    "sign": ("screen_text", "screen_text_words"),
    "said": ("subtitle", "subtitle_words"),
}
"""Kind -> the signals that can answer it."""


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.router", description="Each signal alone, and all together.")
    options.add_argument("--folder", type=Path, default=Path("out/trust"))
    options.add_argument("--seeds", type=int, nargs="+", default=list(CHECKING))
    options.add_argument("--each", type=int, default=75, help="queries of each kind, over all worlds")
    given = options.parse_args()
    models = load_models(Settings(models="demo", device="cpu"), to_search=True)
    right: dict[tuple[str, str], list[bool]] = {}
    for seed in given.seeds:
        index = WorldIndex(scene for scenes in plan_world(minutes=MINUTES, seed=seed) for scene in scenes)
        queries = present_queries(index, seed=seed, each=round(given.each / len(given.seeds)))
        with open_world(given.folder, seed, models) as engine:
            for query in queries:
                right.setdefault((query.kind, "all"), []).append(first_is_right(engine, query, None))
                for signal in ALONE[query.kind]:
                    right.setdefault((query.kind, signal), []).append(first_is_right(engine, query, [signal]))
    rows = [row_of(kind, right) for kind in PRESENT_KINDS if (kind, "all") in right]
    print_table(("kind of query", "queries", "R@1 of each signal alone", "R@1 by all", "fall of the best"), rows)


def row_of(kind: str, right: dict[tuple[str, str], list[bool]]) -> tuple[str, ...]:
    def share(name: str) -> float:
        return sum(right[kind, name]) / len(right[kind, name])

    alone = {signal: share(signal) for signal in ALONE[kind]}
    fall = max(alone.values()) - share("all")
    shown = ", ".join(f"{signal} {value:.3f}" for signal, value in alone.items())
    return kind, str(len(right[kind, "all"])), shown, f"{share('all'):.3f}", f"{fall:+.3f}"


def first_is_right(engine: SearchEngine, query: Query, signals: Sequence[Signal] | None) -> bool:
    """Returns whether the first moment, found or closest, answers the query."""
    result = engine.search(query.text, signals=signals, limit=1)
    first = next(iter([*result.moments, *result.closest]), None)
    if first is None:
        return False
    number = int(Path(first.video).stem.rpartition("-")[2])
    return answers(query, number, first.span.start_seconds, first.span.stop_seconds)


if __name__ == "__main__":
    main()
