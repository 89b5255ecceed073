"""Relevance on one scale for all signals, by calibration or by rule, and the signal weights that follow from it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.support.calibration_fit import Sample, fit_family, shifted
from search.retrieval.ranked_list import Hit, RetrievalResult
from search.retrieval.signal_weights import RERANKED_STEPS, order_by_relevance, weigh_signals
from search.scoring.background import MIN_SAMPLE, Background, MatchThreshold, z_score_relevance
from search.scoring.calibration import FAMILIES, NEGATIVE_FEATURES, CalibratedFamily, Calibration, calibration_of
from search.scoring.rank_fusion import FusedItem
from search.scoring.relevance import NearestScores, RelevanceEvidence, judge_relevance, relevance_features
from search.signals import Signal
from search.text.vocabulary import vocabulary_of

A, B, C = ("v", 0), ("v", 1), ("v", 2)
QUERY = "a red circle on a green background"
BACKGROUND = Background(0.1, 0.05, 1000)
THRESHOLD = MatchThreshold(best_z_score=3.0, z_score=2.0)


def seen(*, missing_red: bool = False) -> RelevanceEvidence:
    """A picture and a caption each of two segments; the third only has a picture."""
    held = frozenset({"circle", "green", "background"})
    return RelevanceEvidence(
        {
            "picture": NearestScores({A: 0.7, B: 0.4, C: 0.65}, 0.3, BACKGROUND, THRESHOLD),
            "caption": NearestScores({A: 0.75, B: 0.5}, 0.45, BACKGROUND, THRESHOLD),
            "caption_words": NearestScores({A: 0.8}, 0.0),
        },
        {"caption": {A: held if missing_red else held | {"red"}, B: frozenset({"red"})}},
    )


def measured() -> Calibration:
    calibration = calibration_of("demo")
    assert calibration
    return calibration


def test_two_profiles_are_calibrated_and_no_other() -> None:
    assert set(measured().families) == set(FAMILIES) - {"texts"}
    assert measured().made["seeds"]
    by_real_words = calibration_of("text")
    assert by_real_words is not None and set(by_real_words.families) == {"texts"}
    assert all(calibration_of(name) is None for name in ("small", "standard", "large"))


def test_a_missing_word_that_other_captions_hold_lowers_the_relevance() -> None:
    with_it, without = (
        judge_relevance(QUERY, evidence, measured()).relevance()[A] for evidence in (seen(), seen(missing_red=True))
    )
    assert with_it > without


def test_a_segment_without_a_caption_scores_at_most_the_lowest_caption() -> None:
    """The picture alone tells little of what is where."""
    judged = judge_relevance(QUERY, seen(), measured()).relevance()
    assert judged[A] > judged[C]


def test_without_a_calibration_the_rule_applies() -> None:
    judged = judge_relevance(QUERY, seen(), None).relevance()
    assert judged[A] == 1.0
    assert judged[B] == pytest.approx(1.0)
    name_only = RelevanceEvidence({"metadata_words": NearestScores({A: 1.0}, 0.0)}, {})
    assert judge_relevance(QUERY, name_only, measured()).relevance()[A] == pytest.approx(0.89)
    half = RelevanceEvidence({"metadata_words": NearestScores({A: 0.5}, 0.0)}, {})
    assert judge_relevance(QUERY, half, measured()).relevance()[A] < 0.5
    whole = RelevanceEvidence({"metadata_words": NearestScores({A: 1.0}, 0.0)}, {}, named=frozenset({A}))
    assert judge_relevance(QUERY, whole, measured()).relevance()[A] == pytest.approx(0.95)


WORDS = "where are the new handouts?"


def told(held: str, *, run: str = "", cosine: float = 0.3, verbatim: bool = False) -> float:
    """The relevance of a segment whose on-screen text holds these words of the query."""
    evidence = RelevanceEvidence(
        {"screen_text": NearestScores({A: cosine}, -1.0), "screen_text_words": NearestScores({A: 0.5}, 0.0)},
        {"screen_text": {A: frozenset(held.split())}},
        runs={"screen_text": {A: frozenset(run.split())}},
        verbatim={"screen_text": frozenset({A} if verbatim else ())},
        vocabulary=vocabulary_of(["3 new handouts", "the build succeeded", *["a slide about nothing"] * 20]),
    )
    return judge_relevance(WORDS, evidence, calibration_of("text")).relevance()[A]


def test_rare_words_decide_and_common_ones_hardly_count() -> None:
    assert told("handouts") > 0.5 > told("new")
    assert told("new handouts") >= told("handouts")
    assert told("", cosine=0.3) < 0.5 < told("", cosine=0.3, verbatim=True)


def test_a_text_that_holds_all_content_words_always_counts() -> None:
    assert told("new handouts", cosine=-1.0) >= 0.9


def test_a_hit_begins_to_count_at_one_half() -> None:
    counting = BACKGROUND.mean + THRESHOLD.best_z_score * BACKGROUND.deviation
    low, half, high = z_score_relevance(np.array([0.1, counting, 0.9]), BACKGROUND, THRESHOLD)
    assert (low, half, high) == (0.0, pytest.approx(0.5), 1.0)
    small = Background(0.1, 0.05, MIN_SAMPLE - 1)
    assert z_score_relevance(np.array([0.3]), small, THRESHOLD)[0] >= 0.5


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=5), st.floats(0, 0.9), st.floats(0.01, 0.3), st.integers(0, 99))
def test_the_rule_is_monotonic_in_the_cosine(cosines: list[float], mean: float, deviation: float, size: int) -> None:
    ordered = np.sort(np.array(cosines))
    judged = z_score_relevance(ordered, Background(mean, deviation, size), THRESHOLD)
    assert (np.diff(judged) >= 0).all()
    assert ((judged >= 0) & (judged <= 1)).all()


def test_every_family_gets_the_features_that_it_names() -> None:
    keys = [A, B, C]
    for family, (signals, features) in relevance_features(QUERY, seen(), keys).items():
        assert features.shape == (3, len(FAMILIES[family]))
        assert signals
        against = [place for place, name in enumerate(FAMILIES[family]) if name in NEGATIVE_FEATURES]
        assert (features[:, against] <= 0).all()


def test_fitting_separates_right_from_wrong() -> None:
    rng = np.random.default_rng(3)
    samples = []
    for number in range(200):
        is_present = number % 2 == 0
        cosines = rng.normal(0.3, 0.05, 6)
        cosines[0] = rng.normal(0.7 if is_present else 0.4, 0.05)
        features = np.stack([cosines, np.full(6, -0.3)], axis=1)
        right = np.array([is_present, *[False] * 5])
        samples.append(Sample("said" if is_present else "outside", is_present, right, {"said": features}))
    family = fit_family("said", samples)
    moved = shifted({"said": family}, samples, false_share=0.05)["said"]
    best = [float(moved.probability(one.features["said"]).max()) for one in samples]
    false_finds = [value >= 0.5 for value, one in zip(best, samples, strict=True) if not one.is_present]
    misses = [value < 0.5 for value, one in zip(best, samples, strict=True) if one.is_present]
    assert np.mean(false_finds) <= 0.06
    assert np.mean(misses) <= 0.02


def found() -> RetrievalResult:
    lists: dict[Signal, list[Hit]] = {"picture": [Hit(A, None, "")], "caption": [Hit(B, None, "")]}
    return RetrievalResult(lists, {"picture": 0.8, "caption": 0.9}, BACKGROUND, seen())


def test_the_weight_of_a_list_follows_the_relevance_of_its_best_hit() -> None:
    routes = {
        route.signal: route
        for route in weigh_signals(
            found(), {A: 0.9, B: 0.1}, is_measured=True, signals=("picture", "caption", "caption_words", "subtitle")
        )
    }
    assert routes["picture"].weight == pytest.approx(0.72)
    assert routes["caption"].weight == pytest.approx(0.09)
    assert (routes["caption_words"].weight, routes["subtitle"].weight) == (0.0, 0.0)
    assert "0.90" in routes["picture"].why
    assert "nothing to compare" in routes["subtitle"].why
    unmeasured = weigh_signals(found(), {A: 0.9, B: 0.1}, is_measured=False, signals=("picture", "caption"))
    assert [route.weight for route in unmeasured] == [0.8, 0.9]


def test_relevance_orders_and_ranks_break_ties() -> None:
    fused = [FusedItem(key, score, {}) for key, score in ((A, 0.03), (B, 0.02), (C, 0.01))]
    relevance = {A: 0.301, B: 0.9, C: 0.303}
    assert [one.key for one in order_by_relevance(fused, relevance)] == [B, A, C]  # type: ignore[arg-type]
    read = order_by_relevance(fused, relevance, steps=RERANKED_STEPS)  # type: ignore[arg-type]
    assert [one.key for one in read] == [B, C, A]


def test_more_evidence_never_lowers_the_probability() -> None:
    family = CalibratedFamily((2.0, 1.0), -1.0)
    assert family.probability(np.array([[0.1, -0.2], [0.2, -0.2], [0.2, -0.1]])).tolist() == sorted(
        family.probability(np.array([[0.1, -0.2], [0.2, -0.2], [0.2, -0.1]])).tolist()
    )
    assert all(weight >= 0 for one in measured().families.values() for weight in one.weights)
