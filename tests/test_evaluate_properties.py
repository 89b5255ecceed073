"""Truth files and predictions of any content: read, or refused with the file and the line."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.errors import EvaluationError
from indexer.records import Video
from search.evaluation.ground_truth import read_truth
from search.evaluation.qvhighlights import score_predictions

VIDEO = Video("0" * 32, ("/films/talk.mp4",), 1, (1,), 60.0, None)
NUMBERS = st.integers() | st.floats() | st.integers(0, 200)
JSON: Any = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PAIRS = st.tuples(NUMBERS, NUMBERS).map(lambda pair: sorted(pair, key=lambda one: (one != one, one)))
WINDOWS: Any = st.lists(PAIRS, max_size=3) | st.lists(st.lists(JSON, max_size=4), max_size=3) | JSON
NAMES = st.sampled_from(["talk.mp4", "films/talk.mp4", "/", ".", "..", "\ud800", "a\0b", "", "TALK.MP4"]) | JSON
ENTRY: Any = st.fixed_dictionaries({}, optional={"video": NAMES, "windows": WINDOWS})
TRUTH = st.fixed_dictionaries(
    {"query": JSON | st.just("a red car")},
    optional={
        "video": NAMES,
        "windows": WINDOWS,
        "kind": JSON,
        "also": st.lists(ENTRY, max_size=2) | JSON,
        "unwanted": st.lists(ENTRY, max_size=2) | JSON,
        "steps": st.lists(WINDOWS, max_size=3) | JSON,
    },
)
LINE = st.one_of(TRUTH, JSON).map(lambda value: json.dumps(value).encode())
FILES = st.one_of(
    st.binary(max_size=200),
    st.lists(LINE, max_size=3).map(b"\n".join),
    LINE.map(lambda line: line.decode().encode("utf-16")),
)
SCORED = st.fixed_dictionaries(
    {"qid": st.just(1) | JSON},
    optional={
        "relevant_windows": WINDOWS,
        "pred_relevant_windows": st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=3) | WINDOWS,
        "pred_saliency_scores": st.lists(NUMBERS, max_size=4) | JSON,
        "duration": NUMBERS | st.just(150) | JSON,
        "relevant_clip_ids": st.lists(st.integers(-2, 80), max_size=3) | JSON,
        "saliency_scores": st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=3) | JSON,
    },
)
GOOD = {
    "qid": 1,
    "relevant_windows": [[0, 10]],
    "duration": 150,
    "relevant_clip_ids": [3],
    "saliency_scores": [[1, 2, 3]],
}
GOOD_PREDICTION = {"qid": 1, "pred_relevant_windows": [[0, 10, 0.5]], "pred_saliency_scores": [0.5]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("truth")


@settings(max_examples=300)
@given(raw=FILES)
def test_any_truth_file_is_read_or_refused_with_its_name(folder: Path, raw: bytes) -> None:
    file = folder / "truth.jsonl"
    file.write_bytes(raw)
    try:
        queries = read_truth(file, [VIDEO])
    except EvaluationError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith(str(file)) and len(refusal) < 1000
        return
    assert queries
    for query in queries:
        assert query.text.strip()
        for windows in (query.windows, query.unwanted, *query.steps):
            for found in windows.values():
                assert (found[:, 0] <= found[:, 1]).all()


@settings(max_examples=300)
@given(truth=SCORED | st.just(GOOD), prediction=SCORED | st.just(GOOD_PREDICTION))
@pytest.mark.filterwarnings("error")
def test_any_predictions_are_scored_or_refused(folder: Path, truth: Any, prediction: Any) -> None:
    (folder / "t").write_text(json.dumps({**GOOD, **truth}), encoding="utf-8")
    (folder / "p").write_text(json.dumps({**GOOD_PREDICTION, **prediction}), encoding="utf-8")
    try:
        scores = score_predictions(folder / "p", folder / "t")
    except EvaluationError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert str(folder) in refusal
        return
    assert scores
    assert all(math.isfinite(value) and 0 <= value <= 100 for value in scores.values())


@pytest.mark.parametrize("duration", [-4, 1e12, 1e300])
def test_a_duration_that_no_video_has_is_refused(tmp_path: Path, duration: float) -> None:
    (tmp_path / "t").write_text(json.dumps({**GOOD, "duration": duration}), encoding="utf-8")
    (tmp_path / "p").write_text(json.dumps(GOOD_PREDICTION), encoding="utf-8")
    with pytest.raises(EvaluationError, match="'duration'"):
        score_predictions(tmp_path / "p", tmp_path / "t")


@pytest.mark.parametrize("depth", [500, 900, 950, 990, 100_000])
def test_a_deep_value_is_refused(tmp_path: Path, depth: int) -> None:
    file = tmp_path / "truth.jsonl"
    file.write_text('{"query": ' + "[" * depth + "]" * depth + "}", encoding="utf-8")
    with pytest.raises(EvaluationError, match="line 1"):
        read_truth(file, [VIDEO])
