"""Score a library's search on queries with known windows, with the same functions as the official metrics.

A truth file holds one JSON object a line:

    {"video": "talk.mp4", "query": "a red car", "windows": [[12.0, 15.5]], "kind": "picture",
     "also": [{"video": "other.mp4", "windows": [[3.0, 4.0]]}]}

`video` is a file name or the last components of a path. `kind` (optional) groups queries in the report; `also`
(optional) names windows in further videos that are as right. Empty `windows` without `also` say that the library
holds nothing to find: such a query is only asked whether the search says so.
"""

import time
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Protocol, cast

import numpy as np

from indexer.errors import EvaluationError
from indexer.records import Video
from search.jsonl import JsonLine, read_json_lines
from search.metrics import MAP_THRESHOLDS, MAX_PREDICTIONS, Floats, average_precision, best_iou, iou_matrix
from search.qvhighlights import score_predictions
from search.results import SearchResult, Signal

RANKS = (1, 5, 10)
IOU_THRESHOLDS = (0.3, 0.5, 0.7)
OVERLAP = float(np.nextafter(0.0, 1.0))
"""The least IoU that is an overlap at all."""


class Searcher(Protocol):
    """The part of `SearchEngine` that is scored."""

    def search(self, query: str, *, limit: int = ..., signals: Collection[Signal] | None = ...) -> SearchResult: ...

    def videos(self) -> Sequence[Video]: ...


@dataclass(frozen=True, slots=True)
class _Query:
    line: JsonLine
    text: str
    kind: str
    windows: dict[str, Floats]
    """Video id -> (m, 2) seconds; empty when nothing should be found."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How the search did on one query."""

    kind: str
    iou: Floats | None
    """(n moments in rank order, m truth windows), 0 across videos; None when nothing should be found."""
    right_video: tuple[bool, ...]
    """For each moment."""
    nothing_found: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """What `evaluate_search` measured. Shares are from 0 to 1."""

    signals: tuple[str, ...] | None
    limit: int
    outcomes: tuple[_Outcome, ...]

    def to_json(self) -> dict[str, Any]:
        """A stable JSON object:

        - `queries`: number of truth lines; `signals`: those asked for, null for all; `limit`: moments asked for
        - `all`: scores of all queries with windows; `kinds`: {kind: scores}, only where lines carry a kind
        - `absent`: {`queries`, `nothing_found`}: queries without any window, and the share answered "nothing found"
        - `latency_seconds`: {`p50`, `p95`} of the search call, the query's embedding included

        Scores: `queries`; `R@{1,5,10}@{0.3,0.5,0.7}`: one of the first k moments reaches that IoU with a window;
        `R@{1,5,10}@overlap`: it overlaps a window at all; `mAP` over IoU 0.5 to 0.95, `mAP@0.5`, `mAP@0.75`: as in
        QVHighlights, of the first 10 moments; `hit@{1,5,10}`: one of the first k moments is in a right video;
        `MRR`: mean of 1 / rank of the first moment with IoU 0.5 or more; `MRR@overlap`: the same for any overlap.
        """
        asked = [outcome for outcome in self.outcomes if outcome.iou is not None]
        absent = [outcome.nothing_found for outcome in self.outcomes if outcome.iou is None]
        kinds = sorted({outcome.kind for outcome in asked} - {""})
        seconds = [outcome.seconds for outcome in self.outcomes]
        return {
            "queries": len(self.outcomes),
            "signals": None if self.signals is None else list(self.signals),
            "limit": self.limit,
            "all": _scores(asked),
            "kinds": {kind: _scores([outcome for outcome in asked if outcome.kind == kind]) for kind in kinds},
            "absent": {"queries": len(absent), "nothing_found": _mean(absent)},
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
) -> Report:
    """Ask every query of a truth file and compare the moments with its windows.

    Args:
        signals: search by these alone; None for all that are ready.
        limit: moments asked for.
        progress: called with (queries done, queries) after each.

    Raises:
        EvaluationError: the file cannot be read, a line is not as the format asks, or it names a video that the
            library does not hold; it names file and line.
        QueryError: a query cannot be searched.
    """
    queries = _read_truth(truth, engine.videos())
    outcomes: list[_Outcome] = []
    for query in queries:
        outcomes.append(_ask(engine, query, signals=signals, limit=limit))
        if progress is not None:
            progress(len(outcomes), len(queries))
    return Report(None if signals is None else tuple(sorted(signals)), limit, tuple(outcomes))


def _ask(engine: Searcher, query: _Query, *, signals: Collection[Signal] | None, limit: int) -> _Outcome:
    started = time.perf_counter()
    result = engine.search(query.text, limit=limit, signals=signals)
    seconds = time.perf_counter() - started
    if not query.windows:
        return _Outcome(query.kind, None, (), not result.found, seconds)
    # Where nothing was found, the closest are what a person is offered; whether it was found is counted apart.
    moments = result.moments or result.closest
    found = np.array([(moment.span.start_seconds, moment.span.stop_seconds) for moment in moments])
    blocks: list[Floats] = []
    for video_id, windows in query.windows.items():
        same = np.array([moment.video_id == video_id for moment in moments], dtype=np.float64)
        blocks.append(iou_matrix(found.reshape(-1, 2), windows) * same[:, None])
    right_video = tuple(moment.video_id in query.windows for moment in moments)
    return _Outcome(query.kind, np.concatenate(blocks, axis=1), right_video, not result.found, seconds)


def _scores(outcomes: Sequence[_Outcome]) -> dict[str, float | int]:
    matrices = [cast(Floats, outcome.iou) for outcome in outcomes]
    scores: dict[str, float | int] = {"queries": len(outcomes)}
    for k in RANKS:
        best = [best_iou(iou, k) for iou in matrices]
        for threshold in IOU_THRESHOLDS:
            scores[f"R@{k}@{threshold}"] = _mean(value >= threshold for value in best)
        scores[f"R@{k}@overlap"] = _mean(value >= OVERLAP for value in best)
        scores[f"hit@{k}"] = _mean(any(outcome.right_video[:k]) for outcome in outcomes)
    precisions = [average_precision(iou[:MAX_PREDICTIONS]) for iou in matrices]
    mean_precision = np.mean(precisions, axis=0) if precisions else np.zeros(len(MAP_THRESHOLDS))
    scores["mAP"] = round(float(mean_precision.mean()), 6)
    scores["mAP@0.5"] = round(float(mean_precision[MAP_THRESHOLDS.index(0.5)]), 6)
    scores["mAP@0.75"] = round(float(mean_precision[MAP_THRESHOLDS.index(0.75)]), 6)
    scores["MRR"] = _mean(_reciprocal_rank(iou, 0.5) for iou in matrices)
    scores["MRR@overlap"] = _mean(_reciprocal_rank(iou, OVERLAP) for iou in matrices)
    return scores


def _reciprocal_rank(iou: Floats, threshold: float) -> float:
    right = np.flatnonzero((iou >= threshold).any(axis=1))
    return 1.0 / (1 + int(right[0])) if right.size else 0.0


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return round(float(np.mean(found)), 6) if found else 0.0


def _read_truth(truth: Path, videos: Sequence[Video]) -> list[_Query]:
    return [_read_query(line, videos) for line in read_json_lines(truth)]


def _read_query(line: JsonLine, videos: Sequence[Video]) -> _Query:
    windows: dict[str, Floats] = {}
    for place in [line, *_further_places(line)]:
        found = place.windows("windows")
        if len(found):
            for video_id in _videos_named(place, videos):
                windows[video_id] = np.concatenate([windows.get(video_id, np.zeros((0, 2))), found])
    return _Query(line, line.text("query"), line.text("kind", default=""), windows)


def _further_places(line: JsonLine) -> list[JsonLine]:
    if "also" not in line.values:
        return []
    places = line.items("also")
    if not all(isinstance(place, dict) for place in places):
        raise line.error("'also' must hold objects with 'video' and 'windows'")
    return [JsonLine(line.file, line.number, place) for place in places]


def _videos_named(place: JsonLine, videos: Sequence[Video]) -> list[str]:
    """Ids of the videos one of whose paths ends with the named components; several may share a file name."""
    wanted = _parts(place.text("video"))
    found = [video.video_id for video in videos if any(_parts(path)[-len(wanted) :] == wanted for path in video.paths)]
    if not found:
        raise place.error(
            f"the video {place.get('video')!r} is not in the library; index it or name it by its file name"
        )
    return found


def _parts(path: str) -> tuple[str, ...]:
    # File systems differ in how they compose accents; the same name must match either way.
    return PurePath(unicodedata.normalize("NFC", path)).parts


__all__ = ["EvaluationError", "Report", "Searcher", "evaluate_search", "score_predictions"]
