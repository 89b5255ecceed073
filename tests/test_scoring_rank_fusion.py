"""Reciprocal rank fusion: known cases, then properties that hold for any lists."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.scoring.rank_fusion import RANK_CONSTANT, fuse_ranks

keys = st.integers(0, 30)
ranked = st.lists(keys, max_size=12, unique=True)
some_lists = st.dictionaries(st.sampled_from(["picture", "subtitle", "words", "screen", "more"]), ranked, max_size=5)
quick = settings(deadline=None)


def order(lists: dict[str, list[int]]) -> list[int]:
    return [one.key for one in fuse_ranks(lists)]


def test_ranks_count_within_their_own_list() -> None:
    """LanceDB's `RRFReranker.rerank_multivector` counted ranks through all lists laid end to end (before 0.40):
    the first of the second list came after the last of the first."""
    fused = fuse_ranks({"one": [1, 2, 3], "two": [4, 5, 6]})
    assert {one.key: one.score for one in fused} == {
        key: 1 / (60 + rank) for key, rank in [(1, 1), (4, 1), (2, 2), (5, 2), (3, 3), (6, 3)]
    }
    assert [one.key for one in fused] == [1, 4, 2, 5, 3, 6]


def test_agreement_beats_a_single_first_place() -> None:
    fused = fuse_ranks({"one": [1, 2], "two": [3, 2]})
    assert fused[0].key == 2
    assert fused[0].score == pytest.approx(2 / 62)
    assert fused[0].ranks == {"one": 2, "two": 2}


def test_a_copy_counts_once_at_its_best_rank() -> None:
    assert fuse_ranks({"one": [1, 1, 2, 1, 2]}) == fuse_ranks({"one": [1, 2]})


def test_ties_go_to_the_best_single_rank_then_to_the_key() -> None:
    assert order({"one": [9, 8], "two": [8, 9]}) == [8, 9]
    assert order({"one": [5], "two": [4], "three": [3]}) == [3, 4, 5]


def test_an_item_weight_scales_the_share_of_its_list() -> None:
    """A full text search likes short texts: one word alone, near in meaning, must not beat a text that holds both."""
    lists = {"meaning": [1, 3, 4, 2], "words": [2, 1]}
    assert order(lists) == [1, 2, 3, 4]
    fused = fuse_ranks(lists, item_weights={"words": {2: 1.0, 1: 0.5}})
    assert [one.key for one in fused] == [2, 1, 3, 4]
    assert fused[0].score == pytest.approx(1 / 61 + 1 / 64)


@pytest.mark.parametrize("lists", [{}, {"one": []}, {"one": [], "two": []}])
def test_nothing_in_nothing_out(lists: dict[str, list[int]]) -> None:
    assert fuse_ranks(lists) == []


def test_the_constant_is_that_of_the_paper_and_must_be_positive() -> None:
    assert RANK_CONSTANT == 60
    with pytest.raises(ValueError, match="got 0"):
        fuse_ranks({"one": [1]}, k=0)


@quick
@given(some_lists, st.randoms())
def test_the_order_of_the_signals_does_not_matter(lists: dict[str, list[int]], random: object) -> None:
    names = list(lists)
    random.shuffle(names)  # type: ignore[attr-defined]
    assert fuse_ranks({name: lists[name] for name in names}) == fuse_ranks(lists)


@quick
@given(some_lists)
def test_renaming_the_signals_does_not_matter(lists: dict[str, list[int]]) -> None:
    turned = dict(zip(sorted(lists), [lists[name] for name in sorted(lists, reverse=True)], strict=True))
    assert sorted(one.score for one in fuse_ranks(turned)) == sorted(one.score for one in fuse_ranks(lists))
    assert order(turned) == order({f"x{name}": keys for name, keys in turned.items()})


@quick
@given(some_lists)
def test_every_key_comes_once_and_scores_fall(lists: dict[str, list[int]]) -> None:
    fused = fuse_ranks(lists)
    assert sorted(one.key for one in fused) == sorted({key for keys in lists.values() for key in keys})
    assert all(left.score >= right.score for left, right in itertools.pairwise(fused))
    for one in fused:
        assert one.ranks == {name: keys.index(one.key) + 1 for name, keys in lists.items() if one.key in keys}


@quick
@given(some_lists, st.sampled_from(["picture", "subtitle"]), st.integers(1, 11))
def test_a_better_rank_never_lowers_a_score(lists: dict[str, list[int]], name: str, place: int) -> None:
    own = lists.get(name, [])
    if place >= len(own):
        return
    raised = [*own]
    raised[place - 1], raised[place] = raised[place], raised[place - 1]
    before = {one.key: one.score for one in fuse_ranks(lists)}
    after = {one.key: one.score for one in fuse_ranks({**lists, name: raised})}
    assert after[own[place]] >= before[own[place]]
    assert order({**lists, name: raised}).index(own[place]) <= order(lists).index(own[place])


@quick
@given(some_lists, ranked)
def test_a_further_signal_never_lowers_a_score(lists: dict[str, list[int]], further: list[int]) -> None:
    before = {one.key: one.score for one in fuse_ranks(lists)}
    after = {one.key: one.score for one in fuse_ranks({**lists, "zz": further})}
    assert all(after[key] >= score for key, score in before.items())


@quick
@given(ranked)
def test_one_signal_keeps_its_order(keys: list[int]) -> None:
    assert order({"one": keys}) == keys
    assert order({"one": keys, "two": keys}) == keys


def test_a_weight_multiplies_a_lists_share() -> None:
    fused = fuse_ranks({"one": [1], "two": [2]}, weights={"one": 0.5})
    assert [(one.key, one.score) for one in fused] == [(2, 1 / 61), (1, 0.5 / 61)]
    with pytest.raises(ValueError, match="above 0"):
        fuse_ranks({"one": [1]}, weights={"one": 0.0})
