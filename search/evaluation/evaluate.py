"""Evaluation of a library's search on queries with known windows, by the official moment retrieval metrics.

`search.evaluation.ground_truth` describes the truth file.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np

from indexer.records import Video
from search.evaluation.ground_truth import TruthQuery, Windows, read_truth
from search.evaluation.metrics import MAP_THRESHOLDS, MAX_PREDICTIONS, Floats, average_precision, best_iou, iou_matrix
from search.results import Moment, SearchResult
from search.signals import Signal

RANKS = (1, 5, 10)
IOU_THRESHOLDS = (0.3, 0.5, 0.7)
CLEAN_RANK = 10
"""Exclusion is judged on the first so many moments."""
OVERLAP_IOU = float(np.nextafter(0.0, 1.0))
"""The smallest IoU above 0."""


class Searcher(Protocol):
    """The part of `SearchEngine` that is evaluated."""

    def search(self, query: str, *, limit: int = ..., signals: Collection[Signal] | None = ...) -> SearchResult: ...

    def videos(self) -> Sequence[Video]: ...


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The result of one query."""

    kind: str
    iou: Floats | None
    """(n moments in rank order, m truth windows), 0 across videos; None when nothing should be found."""
    right_video: tuple[bool, ...]
    """For each moment."""
    nothing_found: bool
    seconds: float
    clean: bool | None
    """Whether none of the first `CLEAN_RANK` moments lies in an unwanted window; None for a query without any."""
    in_order: bool | None
    """Whether every moment has its parts in order of time; None for a query without steps."""
    steps_right: bool | None
    """Whether each part of the first moment overlaps a window of its step; None for a query without steps."""


@dataclass(frozen=True, slots=True)
class SearchReport:
    """The results of `evaluate_search`. Shares are from 0 to 1."""

    signals: tuple[str, ...] | None
    limit: int
    outcomes: tuple[_Outcome, ...]

    def to_json(self) -> dict[str, Any]:
        """A stable JSON object:

        - `queries`: number of truth lines; `signals`: the requested ones, null for all; `limit`: moments requested
        - `all`: scores of all queries with windows; `kinds`: {kind: scores}, only where lines carry a kind
        - `absent`: {`queries`, `nothing_found`}: queries without any window, and the share answered "nothing found"
        - `exclusion`: {`queries`, `clean@10`}: queries with unwanted windows, and the share of which none of the first
          10 moments has its best frame there
        - `order`: {`queries`, `kept`, `steps@1`}: queries with steps, the share of which every moment has its parts in
          order of time, and the share of which each part of the first moment overlaps its step
        - `latency_seconds`: {`p50`, `p95`} of the search call, the query's embedding included

        Scores: `queries`; `R@{1,5,10}@{0.3,0.5,0.7}`: one of the first k moments reaches that IoU with a window;
        `R@{1,5,10}@overlap`: it overlaps a window at all; `mAP` over IoU 0.5 to 0.95, `mAP@0.5`, `mAP@0.75`: as in
        QVHighlights, of the first 10 moments; `hit@{1,5,10}`: one of the first k moments is in a right video;
        `MRR`: mean of 1 / rank of the first moment with IoU 0.5 or more; `MRR@overlap`: the same for any overlap.
        """
        present = [outcome for outcome in self.outcomes if outcome.iou is not None]
        absent = [outcome.nothing_found for outcome in self.outcomes if outcome.iou is None]
        clean = [outcome.clean for outcome in self.outcomes if outcome.clean is not None]
        in_order = [outcome.in_order for outcome in self.outcomes if outcome.in_order is not None]
        kinds = sorted({outcome.kind for outcome in present} - {""})
        seconds = [outcome.seconds for outcome in self.outcomes]
        return {
            "queries": len(self.outcomes),
            "signals": None if self.signals is None else list(self.signals),
            "limit": self.limit,
            "all": _scores(present),
            "kinds": {kind: _scores([outcome for outcome in present if outcome.kind == kind]) for kind in kinds},
            "absent": {"queries": len(absent), "nothing_found": _mean(absent)},
            "exclusion": {"queries": len(clean), "clean@10": _mean(clean)},
            "order": {
                "queries": len(in_order),
                "kept": _mean(in_order),
                "steps@1": _mean(one.steps_right for one in self.outcomes if one.steps_right is not None),
            },
            "latency_seconds": {
                "p50": round(float(np.percentile(seconds, 50)), 6),
                "p95": round(float(np.percentile(seconds, 95)), 6),
            },
        }


def evaluate_search(
    engine: Searcher,
    truth: Path,
    *,
    signals: Collection[Signal] | None = None,
    limit: int = 100,
    progress: Callable[[int, int], None] | None = None,
) -> SearchReport:
    """Runs every query of a truth file and compares the moments with its windows.

    Args:
        signals: search by these alone; None for all that are ready.
        limit: moments requested.
        progress: called with (queries done, queries) after each.

    Raises:
        EvaluationError: the file cannot be read, a line violates the format, or it names a video that is not in the
            library; the message names file and line.
        QueryError: a query cannot be searched.
    """
    queries = read_truth(truth, engine.videos())
    outcomes: list[_Outcome] = []
    for query in queries:
        outcomes.append(_run_query(engine, query, signals=signals, limit=limit))
        if progress is not None:
            progress(len(outcomes), len(queries))
    return SearchReport(None if signals is None else tuple(sorted(signals)), limit, tuple(outcomes))


def _run_query(engine: Searcher, query: TruthQuery, *, signals: Collection[Signal] | None, limit: int) -> _Outcome:
    started = time.perf_counter()
    result = engine.search(query.text, limit=limit, signals=signals)
    seconds = time.perf_counter() - started
    # Where nothing was found, a person is offered the closest moments; whether it was found is counted separately.
    moments = result.moments or result.closest
    iou = _iou(moments, query.windows) if query.windows else None
    return _Outcome(
        query.kind,
        iou,
        tuple(moment.video_id in query.windows for moment in moments) if query.windows else (),
        not result.found,
        seconds,
        clean=not any(_is_in(one, query.unwanted) for one in result.moments[:CLEAN_RANK]) if query.unwanted else None,
        in_order=all(_in_order(one) for one in result.moments) if query.steps else None,
        steps_right=any(_follows(one, query.steps) for one in result.moments[:1]) if query.steps else None,
    )


def _iou(moments: Sequence[Moment], truth: Windows) -> Floats:
    """(n moments, m windows) IoU, 0 across videos."""
    found = np.array([(moment.span.start_seconds, moment.span.stop_seconds) for moment in moments]).reshape(-1, 2)
    blocks: list[Floats] = []
    for video_id, windows in truth.items():
        same = np.array([moment.video_id == video_id for moment in moments], dtype=np.float64)
        blocks.append(iou_matrix(found, windows) * same[:, None])
    return np.concatenate(blocks, axis=1)


def _is_in(moment: Moment, truth: Windows) -> bool:
    return any(start <= moment.best_frame_seconds < stop for start, stop in truth.get(moment.video_id, ()))


def _in_order(moment: Moment) -> bool:
    starts = [part.span.start_seconds for part in moment.parts]
    return len(starts) > 1 and starts == sorted(starts)


def _follows(moment: Moment, steps: Sequence[Windows]) -> bool:
    """Whether a moment has one part for each step, each overlapping a window of its step."""
    if len(moment.parts) != len(steps):
        return False
    spans = [(part.span.start_seconds, part.span.stop_seconds) for part in moment.parts]
    return all(
        bool((iou_matrix(np.array([span]), step[moment.video_id]) > 0).any()) if moment.video_id in step else False
        for span, step in zip(spans, steps, strict=True)
    )


def _scores(outcomes: Sequence[_Outcome]) -> dict[str, float | int]:
    matrices = [cast(Floats, outcome.iou) for outcome in outcomes]
    scores: dict[str, float | int] = {"queries": len(outcomes)}
    for k in RANKS:
        best = [best_iou(iou, k) for iou in matrices]
        for threshold in IOU_THRESHOLDS:
            scores[f"R@{k}@{threshold}"] = _mean(value >= threshold for value in best)
        scores[f"R@{k}@overlap"] = _mean(value >= OVERLAP_IOU for value in best)
        scores[f"hit@{k}"] = _mean(any(outcome.right_video[:k]) for outcome in outcomes)
    precisions = [average_precision(iou[:MAX_PREDICTIONS]) for iou in matrices]
    mean_precision = np.mean(precisions, axis=0) if precisions else np.zeros(len(MAP_THRESHOLDS))
    scores["mAP"] = round(float(mean_precision.mean()), 6)
    scores["mAP@0.5"] = round(float(mean_precision[MAP_THRESHOLDS.index(0.5)]), 6)
    scores["mAP@0.75"] = round(float(mean_precision[MAP_THRESHOLDS.index(0.75)]), 6)
    scores["MRR"] = _mean(_reciprocal_rank(iou, 0.5) for iou in matrices)
    scores["MRR@overlap"] = _mean(_reciprocal_rank(iou, OVERLAP_IOU) for iou in matrices)
    return scores


def _reciprocal_rank(iou: Floats, threshold: float) -> float:
    right = np.flatnonzero((iou >= threshold).any(axis=1))
    return 1.0 / (1 + int(right[0])) if right.size else 0.0


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return round(float(np.mean(found)), 6) if found else 0.0
