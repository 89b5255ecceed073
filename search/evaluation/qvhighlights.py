"""Evaluation of stored predictions in the QVHighlights format, with the official metrics under their official names.

Truth lines hold `qid`, `relevant_windows` [[start, stop], ...] and, for highlights, `duration`,
`relevant_clip_ids` and `saliency_scores` (three judges, 0 to 4, for each relevant 2-second clip). Prediction lines
hold `qid`, `pred_relevant_windows` [[start, stop, score], ...] and, optionally, `pred_saliency_scores`.

This differs from the official evaluator in one point: a query without any predicted window counts as missed, where the
official one leaves it out of mAP and fails at R1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.evaluation.jsonl import JsonLine, read_json_lines
from search.evaluation.metrics import (
    MAP_THRESHOLDS,
    MAX_PREDICTIONS,
    Floats,
    average_precision,
    best_iou,
    highlight_average_precision,
    iou_matrix,
)

LENGTH_RANGES: dict[str, tuple[float, float]] = {
    "short": (0.0, 10.0),
    "middle": (10.0, 30.0),
    "long": (30.0, 150.0),
    "full": (-np.inf, np.inf),
}
"""Seconds; a truth window of length l is in a range where low < l <= high."""
SALIENCY_LEVELS = {"Fair": 2, "Good": 3, "VeryGood": 4}
"""The minimum score of a judge for a clip to be a highlight."""
CLIP_SECONDS = 2
JUDGES = 3
MAX_DURATION_SECONDS = 1_000_000
"""Eleven days; the videos of QVHighlights last 150 seconds."""


@dataclass(frozen=True, slots=True)
class _Query:
    """Truth and prediction of one query."""

    truth: JsonLine
    prediction: JsonLine
    truth_windows: Floats
    """(m, 2) seconds."""
    predicted_windows: Floats
    """(n, 3) start, stop, score; in the file's order."""


def score_predictions(predictions: Path, truth: Path) -> dict[str, float]:
    """Every metric of the official QVHighlights evaluator, in percent, rounded to two decimals.

    Names: `MR-{full,short,middle,long}-mAP` (over IoU 0.5 to 0.95), `MR-...-mAP@0.5` and so on,
    `MR-...-R1@0.5` and so on; when the predictions carry saliency scores also
    `HL-min-{Fair,Good,VeryGood}-{mAP,Hit1}`.

    Raises:
        EvaluationError: a file cannot be read, a line violates the format, or the two files do not hold the same
            queries; the message names file and line.
    """
    queries = _pair(read_json_lines(predictions), read_json_lines(truth))
    result: dict[str, float] = {}
    for name, bounds in LENGTH_RANGES.items():
        result.update(_moment_scores(queries, name, bounds))
    if "pred_saliency_scores" in queries[0].prediction.values:
        result.update(_highlight_scores(queries))
    return {name: round(100.0 * value, 2) for name, value in sorted(result.items())}


def _pair(predictions: Sequence[JsonLine], truth: Sequence[JsonLine]) -> list[_Query]:
    predicted, wanted = _by_qid(predictions), _by_qid(truth)
    for qid, line in predicted.items():
        if qid not in wanted:
            raise line.error(f"qid {qid} is not in the truth {truth[0].file}")
    for qid, line in wanted.items():
        if qid not in predicted:
            raise line.error(f"qid {qid} has no line in the predictions {predictions[0].file}")
    return [_query(predicted[qid], line) for qid, line in wanted.items()]


def _query(prediction: JsonLine, truth: JsonLine) -> _Query:
    windows = truth.windows("relevant_windows")
    if not len(windows):
        raise truth.error("'relevant_windows' is empty; a query without truth cannot be scored")
    return _Query(truth, prediction, windows, prediction.windows("pred_relevant_windows", columns=3))


def _by_qid(lines: Sequence[JsonLine]) -> dict[int | str, JsonLine]:
    found: dict[int | str, JsonLine] = {}
    for line in lines:
        qid = line.get("qid")
        if isinstance(qid, bool) or not isinstance(qid, int | str):
            raise line.error(f"'qid' must be a whole number or a text, got {qid!r}")
        if qid in found:
            raise line.error(f"qid {qid} was already on line {found[qid].number}")
        found[qid] = line
    return found


def _moment_scores(queries: Sequence[_Query], name: str, bounds: tuple[float, float]) -> Mapping[str, float]:
    """Metrics over the truth windows in a range of lengths; queries without such a window are left out."""
    first: list[float] = []
    precisions: list[Floats] = []
    for query in queries:
        length = query.truth_windows[:, 1] - query.truth_windows[:, 0]
        windows = query.truth_windows[(length > bounds[0]) & (length <= bounds[1])]
        if not len(windows):
            continue
        # R1 takes the file's first prediction; average precision sorts the file's first ten by score.
        considered = query.predicted_windows[:MAX_PREDICTIONS]
        iou = iou_matrix(considered, windows)
        first.append(best_iou(iou, 1))
        precisions.append(average_precision(iou[np.argsort(-considered[:, 2], kind="stable")]))
    if not first:
        return {}
    mean_precision = np.mean(precisions, axis=0)  # (n thresholds,)
    scores = {f"MR-{name}-mAP": float(mean_precision.mean())}
    for threshold, precision in zip(MAP_THRESHOLDS, mean_precision, strict=True):
        scores[f"MR-{name}-mAP@{threshold}"] = float(precision)
        scores[f"MR-{name}-R1@{threshold}"] = float(np.mean(np.array(first) >= threshold))
    return scores


def _highlight_scores(queries: Sequence[_Query]) -> Mapping[str, float]:
    judged = [_judged_clips(query.truth) for query in queries]
    predicted = [query.prediction.scores("pred_saliency_scores") for query in queries]
    scores: dict[str, float] = {}
    for name, least in SALIENCY_LEVELS.items():
        pairs = [(clips >= least, guess) for clips, guess in zip(judged, predicted, strict=True)]
        scores[f"HL-min-{name}-Hit1"] = float(np.mean([_hit(positive, guess) for positive, guess in pairs]))
        precisions = [
            highlight_average_precision(positive[:, judge], _fitted(guess, len(positive)))
            for positive, guess in pairs
            for judge in range(JUDGES)
        ]
        scores[f"HL-min-{name}-mAP"] = float(np.mean(precisions))
    return scores


def _judged_clips(truth: JsonLine) -> Floats:
    """(n clips, 3 judges) scores over the whole video, 0 for a clip that is not relevant."""
    duration = truth.number_of("duration")
    if not 0 <= duration <= MAX_DURATION_SECONDS:
        raise truth.error(f"'duration' must lie between 0 and {MAX_DURATION_SECONDS:,} seconds, got {duration:g}")
    n_clips = int(duration / CLIP_SECONDS)
    clip_ids = truth.scores("relevant_clip_ids")
    scores = truth.rows("saliency_scores", columns=JUDGES)
    if len(clip_ids) != len(scores):
        raise truth.error(f"{len(clip_ids)} relevant_clip_ids but {len(scores)} saliency_scores")
    if len(clip_ids) and not (clip_ids.min() >= 0 and clip_ids.max() < n_clips):
        raise truth.error(
            f"a relevant clip is outside 0 to {n_clips - 1}, the {CLIP_SECONDS}-second clips of the video"
        )
    clips = np.zeros((n_clips, JUDGES))
    clips[clip_ids.astype(np.int64)] = scores
    return clips


def _hit(positive: NDArray[np.bool_], guess: Floats) -> bool:
    """Whether the clip of highest saliency is a highlight for any judge."""
    if not guess.size:
        return False
    best = int(np.argmax(guess))
    return best < len(positive) and bool(positive[best].any())


def _fitted(guess: Floats, n_clips: int) -> Floats:
    """The scores cut or zero-padded to the number of clips, as in the official evaluator."""
    return np.concatenate([guess[:n_clips], np.zeros(max(0, n_clips - len(guess)))])
