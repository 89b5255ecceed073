"""Queries in the query language about a drawn world: their truth is exact, and each is read as it was meant."""

import pytest

from demo.world.grammar_queries import MOST_GAP_SECONDS, GrammarQuery, world_grammar_queries
from demo.world.ground_truth import WorldIndex
from demo.world.scenes import plan_world
from search.query import plan
from search.query.parser import parse_query

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lines() -> list[GrammarQuery]:
    index = WorldIndex(scene for scenes in plan_world(minutes=20, seed=5, video_minutes=5) for scene in scenes)
    return world_grammar_queries(index, seed=5, each=30)


def test_the_world_and_the_search_mean_the_same_gap() -> None:
    assert MOST_GAP_SECONDS == plan.MOST_GAP_SECONDS


def test_there_are_queries_of_every_kind(lines: list[GrammarQuery]) -> None:
    kinds = [line.kind for line in lines]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"exclusion": 30, "order": 30, "order of three": 30}


def test_every_query_is_read_as_it_was_meant(lines: list[GrammarQuery]) -> None:
    for line in lines:
        read = parse_query(line.query)
        if line.kind == "exclusion":
            assert len(read.steps) == 1
            assert read.steps[0].excluded, line.query
            assert read.steps[0].text == line.without
        else:
            assert len(read.steps) == (2 if line.kind == "order" else 3), line.query
        assert parse_query(line.without).is_plain if line.without else True


def test_what_is_wanted_is_never_unwanted(lines: list[GrammarQuery]) -> None:
    for line in lines:
        assert line.windows
        for video, windows in line.windows.items():
            assert not set(windows) & set(line.unwanted.get(video, ()))


def test_the_same_seed_gives_the_same_queries(lines: list[GrammarQuery]) -> None:
    index = WorldIndex(scene for scenes in plan_world(minutes=20, seed=5, video_minutes=5) for scene in scenes)
    assert world_grammar_queries(index, seed=5, each=30) == lines
