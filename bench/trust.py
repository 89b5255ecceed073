"""Calibration of relevance, and its evaluation: queries with and without an answer in drawn worlds.

    python -m bench.trust --folder out/trust                       checks, on worlds that were not calibrated on
    python -m bench.trust --folder out/trust --calibrate           fits the demo profile's calibration.json anew,
                                                                   then checks

Draws worlds, indexes them with the demo models (both kept in the folder) and asks `SearchEngine.search`. Prints the
area under the ROC curve, the share of false finds and of misses at the default threshold by kind of query, and what
other thresholds would give; draws the curve.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.support.calibration_fit import Sample, fit_family, shifted
from bench.support.relevance_queries import ABSENT, PRESENT_KINDS, Query, absent_queries, answers, present_queries
from bench.support.roc_plot import plot_roc
from bench.support.table import print_table
from bench.support.worlds import library_folder, world_folder
from demo.world.ground_truth import WorldIndex
from demo.world.make import make_world
from demo.world.scenes import plan_world
from indexer.catalog import StageName
from indexer.config import Settings
from indexer.models.loading import Models, load_models
from indexer.models.profiles import CALIBRATION
from indexer.pipeline.index import index_paths
from indexer.store.hits import SegmentKey
from indexer.store.schema import Maker
from search.engine import SearchEngine
from search.retrieval.hybrid_search import hybrid_search
from search.retrieval.retrieve import retrieve_candidates
from search.scoring.calibration import FAMILIES, RERANKED, CalibratedFamily, calibration_of
from search.scoring.relevance import RelevanceEvidence, relevance_features, reranker_features
from search.signals import SIGNALS

MINUTES = 10.0
CALIBRATING = (101, 201, 301)
CHECKING = (204, 205, 206)
FALSE_SHARE = 0.035
"""Share of the calibration queries without an answer that may reach the default threshold."""
FORCED: tuple[tuple[str, ...], ...] = (
    ("picture",),
    ("caption", "subtitle", "screen_text"),
    ("caption", "caption_words"),
)
"""Further sets of signals, so that the families of fewer signals are fitted too."""
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one query."""

    query: Query
    relevance: float
    """Of the best moment, found or closest."""
    found: bool


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.trust", description="How far relevance can be trusted.")
    options.add_argument("--folder", type=Path, default=Path("out/trust"), help="worlds and libraries are kept here")
    options.add_argument(
        "--queries", type=int, default=300, help="with an answer, and as many without, over all worlds"
    )
    options.add_argument("--calibrate", action="store_true", help="fit the demo profile's calibration.json first")
    options.add_argument("--calibrating", type=int, nargs="+", default=list(CALIBRATING), metavar="SEED")
    options.add_argument("--checking", type=int, nargs="+", default=list(CHECKING), metavar="SEED")
    given = options.parse_args()
    if set(given.calibrating) & set(given.checking):
        options.error("a seed that was calibrated on cannot be checked on")
    given.folder.mkdir(parents=True, exist_ok=True)
    models = load_models(Settings(models="demo", device="cpu"), to_search=True)
    if given.calibrate:
        calibrate(given.folder, given.calibrating, given.queries, models)
    outcomes: list[Outcome] = []
    for seed in given.checking:
        with open_world(given.folder, seed, models) as engine:
            queries = queries_of(seed, given.queries / len(given.checking))
            outcomes += [ask(engine, query) for query in queries]
    report(given.folder, outcomes)


def open_world(folder: Path, seed: int, models: Models) -> SearchEngine:
    """Opens the library of a world; draws and indexes it first if needed."""
    world = world_folder(folder, MINUTES, seed)
    settings = Settings(library=str(library_folder(world)), models="demo", device="cpu", captions=True)
    if not (world / "truth.jsonl").is_file():
        make_world(world, minutes=MINUTES, seed=seed)
    if not library_folder(world).is_dir():
        done = index_paths([world], settings=settings, models=models)
        assert not done.failed, f"{done.failed} videos of {world} could not be indexed"
    return SearchEngine.open(library_folder(world), settings=settings, load=lambda _: models)


def queries_of(seed: int, each_way: float) -> list[Query]:
    """Draws about `each_way` queries with an answer and as many without, in equal parts by kind."""
    index = WorldIndex(scene for scenes in plan_world(minutes=MINUTES, seed=seed) for scene in scenes)
    present = present_queries(index, seed=seed, each=round(each_way / len(PRESENT_KINDS)))
    return present + absent_queries(index, seed=seed, each=round(each_way / len(ABSENT)))


def ask(engine: SearchEngine, query: Query) -> Outcome:
    result = engine.search(query.text)
    best = max((moment.relevance for moment in [*result.moments, *result.closest]), default=0.0)
    return Outcome(query, best, result.found)


def calibrate(folder: Path, seeds: Sequence[int], count: int, models: Models) -> None:
    """Fits every family that the worlds have evidence of, the reranker's last, and writes the file."""
    samples: list[Sample] = []
    makers: list[Maker] = []
    for seed in seeds:
        with open_world(folder, seed, models) as engine:
            samples += [sample_of(engine, query) for query in queries_of(seed, count / len(seeds))]
            makers.append(engine.library.maker)
    families = first_families(samples)
    made = {
        "command": "python -m bench.trust --calibrate",
        "seeds": list(seeds),
        "minutes_each": MINUTES,
        "queries": {"with an answer": _count(samples, True), "without": _count(samples, False)},
        "false_share": FALSE_SHARE,
        "picture_model": makers[0].picture_model,
        "text_model": makers[0].text_model,
        "reranker": "" if models.reranker is None else models.reranker.name,
    }
    _write(made, families)
    if models.reranker is not None:
        again: list[Sample] = []
        for seed in seeds:
            with open_world(folder, seed, models) as engine:
                again += [read_sample_of(engine, query) for query in queries_of(seed, count / len(seeds))]
        read = {RERANKED: fit_family(RERANKED, again)}
        _write(made, families | shifted(read, again, false_share=FALSE_SHARE))
    print(f"{CALIBRATION.name}: from {len(samples)} queries\n", flush=True)


def first_families(samples: Sequence[Sample]) -> dict[str, CalibratedFamily]:
    """Fits every family with evidence, except the reranker's, shifted by one amount."""
    there = [name for name in FAMILIES if any(name in one.features for one in samples)]
    whole = {name: fit_family(name, samples) for name in there}
    main = {name: one for name, one in whole.items() if name in PLAIN}
    offset = main[PLAIN[0]].bias - shifted(main, samples, false_share=FALSE_SHARE)[PLAIN[0]].bias
    return {name: CalibratedFamily(one.weights, round(one.bias - offset, 4)) for name, one in whole.items()}


def _write(made: Mapping[str, Any], families: Mapping[str, CalibratedFamily]) -> None:
    told = {
        name: {"features": FAMILIES[name], "weights": one.weights, "bias": one.bias} for name, one in families.items()
    }
    CALIBRATION.write_text(json.dumps({"made": made, "families": told}, indent=2) + "\n", encoding="utf-8")
    calibration_of.cache_clear()


PLAIN = ("picture, caption and words", "said and words", "written and words")
"""The families of a search by all signals."""


def _count(samples: Sequence[Sample], is_present: bool) -> int:
    return sum(one.is_present is is_present for one in samples)


def sample_of(engine: SearchEngine, query: Query) -> Sample:
    """Collects the evidence of one query, by all signals and by fewer."""
    videos = {one.video_id: one for one in engine.videos()}

    def ready(video_id: str, stage: StageName) -> bool:
        return stage in videos[video_id].stages

    found = retrieve_candidates(engine.library, engine.embed_query(query.text), signals=SIGNALS, ready=ready)
    keys = found.evidence.keys()
    features: dict[str, Any] = {}
    for signals in (*FORCED, SIGNALS):
        near = {name: near for name, near in found.evidence.nearest.items() if name in signals}
        held: Any = {name: held for name, held in found.evidence.held_words.items() if f"{name}_words" in signals}
        own = relevance_features(query.text, RelevanceEvidence(near, held), keys)
        features |= {name: matrix for name, (_, matrix) in own.items()}
    return Sample(query.kind, bool(query.windows), right_of(engine, query, keys), features)


def read_sample_of(engine: SearchEngine, query: Query) -> Sample:
    """Collects the reranker's scores of one query, beside the first estimates."""
    videos = {one.video_id: one for one in engine.videos()}
    finding = hybrid_search(engine.library, engine.embed_query(query.text), signals=SIGNALS, videos=videos)
    keys = sorted(finding.reranked)
    first = np.array([finding.relevance[key] for key in keys])
    logits = np.array([finding.reranked[key] for key in keys])
    features = {RERANKED: reranker_features(first, logits)}
    return Sample(query.kind, bool(query.windows), right_of(engine, query, keys), features)


def right_of(engine: SearchEngine, query: Query, keys: Sequence[SegmentKey]) -> NDArray[np.bool_]:
    """Returns (n,) whether each segment answers the query."""
    numbers = {one.video_id: int(Path(one.path).stem.rpartition("-")[2]) for one in engine.videos()}
    rows = engine.library.segments_by_key(keys)
    spans = [(numbers[key[0]], rows[key].span.start_seconds, rows[key].span.stop_seconds) for key in keys]
    return np.array([bool(query.windows) and answers(query, *span) for span in spans], bool)


def report(folder: Path, outcomes: Sequence[Outcome]) -> None:
    present = np.array([one.relevance for one in outcomes if one.query.windows])
    absent = np.array([one.relevance for one in outcomes if not one.query.windows])
    area = float((present[:, None] > absent).mean() + (present[:, None] == absent).mean() / 2)
    print(f"{len(present)} queries with an answer, {len(absent)} without; area under the ROC curve {area:.3f}\n")
    kinds = [*PRESENT_KINDS, *ABSENT]
    rows: list[tuple[str, ...]] = []
    for kind in kinds:
        own = [one for one in outcomes if one.query.kind == kind]
        if own:
            share = sum(one.found for one in own) / len(own)
            shares = (f"{1 - share:.3f}", "") if kind in PRESENT_KINDS else ("", f"{share:.3f}")
            rows.append((kind, str(len(own)), *shares))
    found = {way: [one.found for one in outcomes if bool(one.query.windows) is way] for way in (True, False)}
    rows.append(("all", str(len(outcomes)), f"{1 - np.mean(found[True]):.3f}", f"{np.mean(found[False]):.3f}"))
    print_table(("kind of query", "queries", "misses", "false finds"), rows)
    at = [(f"{t:.1f}", f"{(present < t).mean():.3f}", f"{(absent >= t).mean():.3f}") for t in THRESHOLDS]
    print_table(("relevance_threshold", "misses", "false finds"), at)
    kept = [{"query": one.query.text, "kind": one.query.kind, "relevance": round(one.relevance, 4)} for one in outcomes]
    (folder / "trust.json").write_text(json.dumps(kept, indent=0), encoding="utf-8")
    print(plot_roc(folder / "trust_roc.png", present, absent, area))


if __name__ == "__main__":
    main()
