"""What a search makes of a reranker's judgement: read while nothing answers, ordered, and never beyond its bound."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.config import Settings
from indexer.models.protocols import Reranker
from indexer.store.hits import SegmentKey
from search.engine import SearchEngine
from search.retrieval.reranking import BATCH_SEGMENTS, MOST_SEGMENTS
from search.scoring.calibration import RERANKED, CalibratedFamily, Calibration
from search.scoring.relevance import NearestScores, RelevanceEvidence, judge_relevance
from search.signals import Signal
from tests.helpers.fakes_reranker import FakeReranker
from tests.helpers.fakes_search import SmallLibrary, fake_models

DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
LINES = [f"the mayor opens bridge {number} on {DAYS[number % 7]}" for number in range(100)]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred lines that differ by a number and a day."""
    library = SmallLibrary(tmp_path_factory.mktemp("reading") / "library")
    shots = [(5.0 * place, 5.0 * place + 5, f"street {place}") for place in range(len(LINES))]
    library.add(
        "town.mp4", shots, [("subtitle", 5.0 * place + 1, 5.0 * place + 3, line) for place, line in enumerate(LINES)]
    )
    return library.close()


def found_by(path: Path, reranker: Reranker | None, query: str, signals: Sequence[Signal] | None = None) -> list[str]:
    def load(settings: Settings) -> object:
        return replace(fake_models(), reranker=reranker)

    with SearchEngine.open(path, settings=Settings(), load=load) as engine:  # type: ignore[arg-type]
        return [one.text for one in engine.search(query, signals=signals, limit=100, per_video=0, fold=False).moments]


QUERY = "the mayor opens bridge"


def test_what_the_reranker_approves_of_comes_first(path: Path) -> None:
    without = found_by(path, None, QUERY)
    approved = next(line for line in without[3:BATCH_SEGMENTS] if line)
    again = found_by(path, FakeReranker(approved), QUERY)
    assert again[0] == approved
    assert sorted(again) == sorted(without)  # nothing is lost


def test_reading_ends_where_something_answers(path: Path) -> None:
    reranker = FakeReranker("bridge")
    found_by(path, reranker, QUERY)
    assert len(reranker.read) == BATCH_SEGMENTS


def test_reading_goes_on_to_its_bound_where_nothing_answers(path: Path) -> None:
    reranker = FakeReranker("no line holds this")
    found = found_by(path, reranker, QUERY)
    assert len(reranker.read) == MOST_SEGMENTS
    assert found == found_by(path, None, QUERY)


def test_texts_of_signals_that_were_not_asked_for_are_not_read(path: Path) -> None:
    reranker = FakeReranker("bridge")
    assert found_by(path, reranker, "street 5", ["picture"])
    assert reranker.read == []


def of(values: dict[SegmentKey, float], read: dict[SegmentKey, float]) -> dict[SegmentKey, float]:
    families = {"picture": CalibratedFamily((1.0, 0.0), 0.0), RERANKED: CalibratedFamily((0.5, 1.0), 0.0)}
    evidence = RelevanceEvidence({"picture": NearestScores(values, -1.0)})
    return judge_relevance("a red circle", evidence, Calibration(families, {})).relevance(read)


KEYS = st.integers(0, 9).map(lambda index: ("v", index))


@given(st.dictionaries(KEYS, st.floats(-5, 5), min_size=1), st.dictionaries(KEYS, st.floats(-50, 50)))
def test_what_was_not_read_is_at_most_as_likely_as_the_best_that_was(
    values: dict[SegmentKey, float], judged: dict[SegmentKey, float]
) -> None:
    read = {key: value for key, value in judged.items() if key in values}
    relevance = of(values, read)
    assert set(relevance) == set(values)
    assert all(0 <= value <= 1 for value in relevance.values())
    if read:
        best = max(relevance[key] for key in read)
        assert all(relevance[key] <= best for key in values)
    else:
        assert relevance == of(values, {})


def test_a_reading_overrules_what_only_looked_near() -> None:
    near, right = ("v", 0), ("v", 1)
    values = {near: 3.0, right: 1.0}
    assert of(values, {})[near] > of(values, {})[right]
    again = of(values, {near: -6.0, right: 6.0})
    assert again[right] > 0.9 > 0.1 > again[near]


def test_a_reading_does_not_turn_down_what_is_written_word_for_word() -> None:
    """A sign that reads LIZARD MANGO is a sign that says mango."""
    exact, other = ("v", 0), ("v", 1)
    near = {
        "screen_text": NearestScores({exact: 2.0, other: 2.0}, -1.0),
        "screen_text_words": NearestScores({exact: 0.7}, 0.0),
    }
    evidence = RelevanceEvidence(near, {"screen_text": {exact: frozenset({"mango"})}})
    families = {
        "written and words": CalibratedFamily((1.0, 0.0, 0.0, 0.0), 0.0),
        RERANKED: CalibratedFamily((0.5, 1.0), 0.0),
    }
    judged = judge_relevance("a sign that says mango", evidence, Calibration(families, {}))
    before, after = judged.relevance(), judged.relevance({exact: -6.0, other: -6.0})
    assert after[exact] == before[exact] > 0.5 > after[other]


def test_a_name_counts_though_no_text_answers() -> None:
    """What the words around a video say is no text to be read."""
    key = ("v", 0)
    evidence = RelevanceEvidence(
        {"picture": NearestScores({key: 0.5}, -1.0), "metadata_words": NearestScores({key: 1.0}, 0.0)}
    )
    families = {"picture": CalibratedFamily((1.0, 0.0), 0.0), RERANKED: CalibratedFamily((0.5, 1.0), 0.0)}
    read = {key: -9.0}
    assert judge_relevance("beach", evidence, Calibration(families, {})).relevance(read)[key] == pytest.approx(0.89)
    assert np.isfinite(judge_relevance("beach", evidence, None).relevance(read)[key])
