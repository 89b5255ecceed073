"""Stored predictions: the official figures on the official files, and errors that name file and line."""

import json
from pathlib import Path
from typing import Any

import pytest

from indexer.errors import EvaluationError
from search.evaluation.qvhighlights import score_predictions

SHARED = Path(__file__).resolve().parents[2] / "shared" / "eval"
OFFICIAL = {
    "MR-full-R1@0.5": 53.94,
    "MR-full-R1@0.7": 34.84,
    "MR-full-mAP": 32.20,
    "MR-full-mAP@0.5": 54.96,
    "MR-full-mAP@0.75": 31.01,
    "MR-long-mAP": 41.11,
    "MR-middle-mAP": 32.30,
    "MR-short-mAP": 3.28,
}

TRUTH: dict[str, Any] = {
    "qid": 1,
    "query": "a cat",
    "duration": 20,
    "relevant_windows": [[0, 4], [6, 18]],
    "relevant_clip_ids": [0, 1],
    "saliency_scores": [[4, 3, 2], [0, 2, 3]],
}
PREDICTION: dict[str, Any] = {
    "qid": 1,
    "query": "a cat",
    "pred_relevant_windows": [[0, 4, 0.9], [6, 18, 0.8]],
    "pred_saliency_scores": [0.9, 0.8, 0, 0, 0, 0, 0, 0, 0, 0],
}


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/eval is not on this machine")
def test_official_figures() -> None:
    scores = score_predictions(SHARED / "qvhighlights_sample_predictions.jsonl", SHARED / "qvhighlights_val.jsonl")
    assert {name: scores[name] for name in OFFICIAL} == OFFICIAL


def test_perfect_predictions_score_100(tmp_path: Path) -> None:
    scores = score_predictions(write(tmp_path / "p", PREDICTION), write(tmp_path / "t", TRUTH))
    moments = {name: value for name, value in scores.items() if name.startswith("MR-full")}
    assert len(moments) == 21
    assert set(moments.values()) == {100.0}
    assert scores["HL-min-VeryGood-Hit1"] == 100.0
    assert scores["HL-min-Good-mAP"] == 83.33, "two judges agree with the order, the third calls only clip 1 good"


def test_ranges_keep_only_windows_of_their_length(tmp_path: Path) -> None:
    scores = score_predictions(write(tmp_path / "p", PREDICTION), write(tmp_path / "t", TRUTH))
    assert scores["MR-short-R1@0.5"] == 100.0
    assert scores["MR-middle-R1@0.5"] == 0.0, "the first prediction is the short window"
    assert "MR-long-mAP" not in scores, "no truth window is so long"


def test_saliency_is_optional_and_a_query_without_prediction_is_missed(tmp_path: Path) -> None:
    scores = score_predictions(
        write(tmp_path / "p", {"qid": 1, "pred_relevant_windows": []}),
        write(tmp_path / "t", {"qid": 1, "relevant_windows": [[0, 4]]}),
    )
    assert set(scores.values()) == {0.0}
    assert not any(name.startswith("HL") for name in scores)


@pytest.mark.parametrize(
    ("prediction", "truth", "reason"),
    [
        pytest.param("{oops\n", TRUTH, "p, line 1: not JSON", id="not JSON"),
        pytest.param("[1]\n", TRUTH, "p, line 1: a JSON object", id="not an object"),
        pytest.param("[" * 100_000 + "\n", TRUTH, "p, line 1: not JSON", id="deeply nested"),
        pytest.param("\n\n", TRUTH, "is empty", id="empty file"),
        pytest.param({"qid": 1}, TRUTH, "'pred_relevant_windows' is missing", id="key missing"),
        pytest.param({**PREDICTION, "qid": 2}, TRUTH, "p, line 1: qid 2 is not in the truth", id="unknown qid"),
        pytest.param(json.dumps(PREDICTION) + "\n" + json.dumps(PREDICTION), TRUTH, "line 2: qid 1", id="twice"),
        pytest.param({**PREDICTION, "qid": None}, TRUTH, "'qid' must be", id="qid of no use"),
        pytest.param({**PREDICTION, "pred_relevant_windows": [[4, 0, 1]]}, TRUTH, "stops before", id="backwards"),
        pytest.param({**PREDICTION, "pred_relevant_windows": [[0, 4]]}, TRUTH, "3 finite numbers", id="no score"),
        pytest.param('{"qid": 1, "pred_relevant_windows": [[0, NaN, 1]]}', TRUTH, "finite", id="not finite"),
        pytest.param('{"qid": 1, "pred_relevant_windows": [[0, 1' + "0" * 400 + ", 1]]}", TRUTH, "finite", id="huge"),
        pytest.param(PREDICTION, {**TRUTH, "relevant_windows": []}, "t, line 1: 'relevant_windows' is empty", id="t"),
        pytest.param(PREDICTION, {**TRUTH, "relevant_clip_ids": [0, 10]}, "outside 0 to 9", id="clip outside"),
        pytest.param(PREDICTION, {**TRUTH, "relevant_clip_ids": [0]}, "1 relevant_clip_ids but 2", id="clips"),
    ],
)
def test_faults_name_file_and_line(tmp_path: Path, prediction: Any, truth: Any, reason: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        score_predictions(write(tmp_path / "p", prediction), write(tmp_path / "t", truth))
    assert reason in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_query_without_a_prediction_line_names_the_truth(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"t, line 2: qid 7 has no line"):
        score_predictions(write(tmp_path / "p", PREDICTION), write(tmp_path / "t", TRUTH, {**TRUTH, "qid": 7}))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    good = write(tmp_path / "t", TRUTH)
    (tmp_path / "latin").write_bytes(b'{"qid": "\xe9"}')
    for name in ("absent", "latin", "."):
        with pytest.raises(EvaluationError):
            score_predictions(tmp_path / name, good)


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    predictions = tmp_path / "p"
    predictions.write_bytes(b"\xef\xbb\xbf" + json.dumps(PREDICTION).encode() + b"\r\n\r\n")
    assert score_predictions(predictions, write(tmp_path / "t", TRUTH))["MR-full-mAP"] == 100.0
