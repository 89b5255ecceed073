"""Scoring a search: a searcher that answers from a table, so that every figure can be worked out by hand."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest

from indexer.errors import EvaluationError
from indexer.records import TimeSpan, Video
from search.evaluation.evaluate import evaluate_search
from search.results import Moment, Part, SearchResult
from search.signals import Signal

Found = Sequence[tuple[str, float, float] | tuple[str, float, float, Sequence[tuple[float, float]]]]
"""Video id, start, stop, and the spans of the parts of an order."""


class TableSearcher:
    """Answers each query with the (video id, start, stop) rows of a table."""

    def __init__(self, answers: dict[str, Found], paths: dict[str, tuple[str, ...]]) -> None:
        self.answers = answers
        self.paths = paths
        self.asked: list[tuple[str, int, Collection[Signal] | None]] = []

    def search(self, query: str, *, limit: int = 10, signals: Collection[Signal] | None = None) -> SearchResult:
        self.asked.append((query, limit, signals))
        moments = [
            Moment(
                self.paths[video][0],
                video,
                TimeSpan(start, stop),
                start,
                1.0,
                {"picture": 1},
                "",
                None,
                parts=tuple(Part(TimeSpan(*span), span[0], {}, "") for parts in more for span in parts),
            )
            for video, start, stop, *more in self.answers.get(query, [])
        ]
        return SearchResult(query, bool(moments), moments, {}, False)

    def videos(self) -> Sequence[Video]:
        return [Video(name, paths, 1, (1,) * len(paths), 60.0, None) for name, paths in self.paths.items()]


PATHS = {"a": ("/films/x/talk.mp4", "/films/y/copy.mp4"), "b": ("/films/z/talk.mp4",), "c": ("/films/Caf\u00e9.mp4",)}


def write(path: Path, *lines: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_scores_by_hand(tmp_path: Path) -> None:
    truth = write(
        tmp_path / "truth.jsonl",
        {"video": "x/talk.mp4", "query": "first", "windows": [[0, 10]], "kind": "picture"},
        {"video": "x/talk.mp4", "query": "second", "windows": [[0, 10]], "kind": "picture"},
        {"video": "z/talk.mp4", "query": "missed", "windows": [[0, 10]], "kind": "said"},
    )
    searcher = TableSearcher({"first": [("a", 0, 10)], "second": [("b", 0, 10), ("a", 0, 6)]}, PATHS)
    steps: list[tuple[int, int]] = []
    report = evaluate_search(searcher, truth, progress=lambda done, total: steps.append((done, total))).to_json()
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert report["queries"] == report["all"]["queries"] == 3
    picture = report["kinds"]["picture"]
    assert (picture["R@1@0.5"], picture["R@5@0.5"], picture["R@5@0.7"]) == (0.5, 1.0, 0.5)
    assert (picture["R@1@overlap"], picture["hit@1"], picture["hit@5"]) == (0.5, 0.5, 1.0)
    assert picture["MRR"] == 0.75
    assert picture["mAP@0.5"] == 0.75
    assert report["kinds"]["said"]["R@10@0.3"] == 0.0
    assert report["absent"] == {"queries": 0, "nothing_found": 0.0}
    assert set(report["latency_seconds"]) == {"p50", "p95"}
    json.dumps(report)


def test_perfect_answers_score_1(tmp_path: Path) -> None:
    truth = write(tmp_path / "t", {"video": "z/talk.mp4", "query": "q", "windows": [[0, 4], [8, 9]]})
    scores = evaluate_search(TableSearcher({"q": [("b", 8, 9), ("b", 0, 4)]}, PATHS), truth).to_json()["all"]
    assert {value for name, value in scores.items() if name != "queries"} == {1.0}


def test_other_right_places_count_too(tmp_path: Path) -> None:
    line = {"video": "copy.mp4", "query": "q", "windows": [[0, 4]]}
    also = [{"video": "Cafe\u0301.mp4", "windows": [[20, 30]]}]
    truth = write(tmp_path / "t", {**line, "also": also})
    scores = evaluate_search(TableSearcher({"q": [("c", 20, 30), ("a", 0, 4)]}, PATHS), truth).to_json()["all"]
    assert scores["mAP"] == scores["R@1@0.7"] == scores["hit@1"] == 1.0


def test_a_file_name_that_two_videos_share_means_both(tmp_path: Path) -> None:
    truth = write(tmp_path / "t", {"video": "talk.mp4", "query": "q", "windows": [[0, 4]]})
    assert evaluate_search(TableSearcher({"q": [("b", 0, 4)]}, PATHS), truth).to_json()["all"]["R@1@0.5"] == 1.0


def test_queries_with_nothing_to_find_are_scored_apart(tmp_path: Path) -> None:
    truth = write(
        tmp_path / "t", {"query": "no such thing", "windows": []}, {"query": "nor this", "windows": [], "video": ""}
    )
    report = evaluate_search(TableSearcher({"nor this": [("a", 0, 1)]}, PATHS), truth).to_json()
    assert report["absent"] == {"queries": 2, "nothing_found": 0.5}
    assert report["all"]["queries"] == 0


def test_exclusions_are_scored_by_what_must_not_be_found(tmp_path: Path) -> None:
    unwanted = [{"video": "z/talk.mp4", "windows": [[20, 30]]}]
    lines = [
        {"video": "x/talk.mp4", "query": query, "windows": [[0, 10]], "unwanted": unwanted}
        for query in ("clean", "leak", "late")
    ]
    answers = {
        "clean": [("a", 0, 10), ("b", 30, 35), ("a", 20, 30)],
        "leak": [("a", 0, 10), ("b", 29, 35)],
        "late": [*[("a", 0, 10)] * 10, ("b", 20, 25)],
    }
    report = evaluate_search(TableSearcher(answers, PATHS), write(tmp_path / "t", *lines)).to_json()
    assert report["exclusion"] == {"queries": 3, "clean@10": 0.666667}
    assert report["order"]["queries"] == 0
    assert report["all"]["R@1@0.7"] == 1.0


def test_orders_are_scored_step_by_step(tmp_path: Path) -> None:
    steps = [[[0, 4]], [[6, 9], [20, 22]]]
    lines = [
        {"video": "copy.mp4", "query": query, "windows": [[0, 9]], "steps": steps}
        for query in ("right", "later", "turned", "short", "elsewhere", "nothing")
    ]
    answers = {
        "right": [("a", 0, 9, [(0, 4), (6, 9)]), ("a", 0, 22, [(0, 4), (20, 22)])],
        "later": [("a", 0, 22, [(1, 3), (20, 21)])],
        "turned": [("a", 0, 9, [(6, 9), (0, 4)])],
        "short": [("a", 0, 9, [(0, 4)])],
        "elsewhere": [("b", 0, 9, [(0, 4), (6, 9)])],
    }
    report = evaluate_search(TableSearcher(answers, PATHS), write(tmp_path / "t", *lines)).to_json()
    assert report["order"] == {"queries": 6, "kept": 0.666667, "steps@1": 0.333333}
    assert report["exclusion"] == {"queries": 0, "clean@10": 0.0}


def test_signals_and_limit_reach_the_search(tmp_path: Path) -> None:
    truth = write(tmp_path / "t", {"video": "copy.mp4", "query": "q", "windows": [[0, 4]]})
    searcher = TableSearcher({}, PATHS)
    report = evaluate_search(searcher, truth, signals=["picture"], limit=7).to_json()
    assert searcher.asked == [("q", 7, ["picture"])]
    assert (report["signals"], report["limit"]) == (["picture"], 7)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param({"video": "other.mp4", "query": "q", "windows": [[0, 1]]}, "not in the library", id="unknown"),
        pytest.param(
            {"video": "alk.mp4", "query": "q", "windows": [[0, 1]]}, "not in the library", id="part of a name"
        ),
        pytest.param({"video": "copy.mp4", "windows": [[0, 1]]}, "'query' is missing", id="no query"),
        pytest.param({"video": "copy.mp4", "query": " ", "windows": [[0, 1]]}, "not blank", id="blank query"),
        pytest.param({"video": "copy.mp4", "query": "q"}, "'windows' is missing", id="no windows"),
        pytest.param({"video": "copy.mp4", "query": "q", "windows": [[1]]}, "2 finite numbers", id="half a window"),
        pytest.param({"query": "q", "windows": [[0, 1]]}, "'video' is missing", id="no video"),
        pytest.param({"query": "q", "windows": [], "also": [1]}, "'also' must hold objects", id="also"),
        pytest.param({"query": "q", "windows": [], "unwanted": {}}, "'unwanted' must be a list", id="unwanted"),
        pytest.param(
            {"video": "copy.mp4", "query": "q", "windows": [], "steps": [[[0, 1]]]}, "two steps or more", id="one step"
        ),
        pytest.param(
            {"video": "copy.mp4", "query": "q", "windows": [], "steps": [[0, 1], [2, 3]]},
            "'windows' must hold lists of 2",
            id="steps without windows",
        ),
    ],
)
def test_faults_name_file_and_line(tmp_path: Path, line: dict[str, object], reason: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        evaluate_search(TableSearcher({}, PATHS), write(tmp_path / "truth.jsonl", line))
    assert str(caught.value).startswith(f"{tmp_path / 'truth.jsonl'}, line 1: ")
    assert reason in str(caught.value)
