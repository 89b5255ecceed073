"""Relevance over time: where the heat strip is hot, and that a video without the thing stays cool."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer.config import Settings
from indexer.errors import NotInLibraryError, QueryError
from indexer.records import TimeSpan
from search.engine import SearchEngine
from search.scoring.background import PICTURE_THRESHOLD, Background
from search.timeline import THRESHOLD_RELEVANCE, TimelineScale, timeline, timeline_levels
from tests.helpers.fakes_search import SmallLibrary, fake_models, text_only_models

ANIMALS = "cat dog horse cow sheep goat hen duck goose pig mouse rat fox wolf bear deer hare mole newt frog".split()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A farm of twenty shots of 5 s with two spoken lines and a sign, and a town of others."""
    library = SmallLibrary(tmp_path_factory.mktemp("timeline") / "library")
    shots = [(5.0 * place, 5.0 * place + 5, f"{animal} meadow") for place, animal in enumerate(ANIMALS)]
    lines = [
        ("subtitle", 11.5, 13.5, "The tailor from Oslo counts seven lanterns"),
        ("screen_text", 62.0, 64.0, "ANCHOR"),
    ]
    library.add("farm.mp4", shots, lines)  # pyright: ignore
    library.add("town.mp4", [(start, stop, f"{seen.split()[0]} street") for start, stop, seen in shots])
    library.add("half.mp4", [(0.0, 30.0, "horse meadow")], stages={})
    return library.close()


@pytest.fixture
def engine(path: Path) -> Iterator[SearchEngine]:
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        yield engine


def test_it_is_hottest_where_it_is_seen(engine: SearchEngine) -> None:
    found = timeline(engine, "horse meadow", "farm.mp4", buckets=100)
    assert len(found.buckets) == 100 and found.duration_seconds == 100.0
    assert 10 <= found.peak_seconds < 15
    levels = np.array(found.buckets)
    assert levels[10:15].min() == pytest.approx(1.0, abs=1e-3), "the best of the library is 1"
    assert np.delete(levels, range(10, 15)).max() < levels[10:15].min()
    assert ((levels >= 0) & (levels <= 1)).all()


def test_it_is_hot_where_it_is_said_or_written(engine: SearchEngine) -> None:
    said = timeline(engine, "the tailor counts seven lanterns", "farm.mp4", buckets=200)
    assert 11.5 <= said.peak_seconds <= 13.5
    assert np.array(said.buckets)[23:27].min() > THRESHOLD_RELEVANCE
    written = timeline(engine, "a sign that says ANCHOR", "farm.mp4", buckets=200)
    assert 62 <= written.peak_seconds <= 64


def test_another_video_stays_cooler(engine: SearchEngine) -> None:
    here = timeline(engine, "horse meadow", "farm.mp4")
    there = timeline(engine, "horse meadow", "town.mp4")
    assert max(there.buckets) < max(here.buckets)
    assert max(timeline(engine, "horse meadow", "half.mp4").buckets) == 0.0, "a stage that is not ready says nothing"


def test_texts_alone_make_a_strip(tmp_path: Path) -> None:
    library = SmallLibrary(tmp_path / "library", text_only_models())
    library.add("talk.mp4", [(0.0, 60.0, "x")], [("subtitle", 30, 33, "We count lanterns")])
    with SearchEngine.open(library.close(), settings=Settings(), load=text_only_models) as engine:
        found = timeline(engine, "lanterns", "talk.mp4", buckets=60)
    assert [place for place, level in enumerate(found.buckets) if level > THRESHOLD_RELEVANCE] == [30, 31, 32]


@pytest.mark.parametrize("buckets", [1, 7, 2000])
def test_any_number_of_buckets(engine: SearchEngine, buckets: int) -> None:
    assert len(timeline(engine, "horse meadow", "farm.mp4", buckets=buckets).buckets) == buckets


def test_refusals(engine: SearchEngine) -> None:
    for query, buckets in (("", 10), ("x" * 2000, 10), ("x", 0)):
        with pytest.raises(QueryError):
            timeline(engine, query, "farm.mp4", buckets=buckets)
    with pytest.raises(NotInLibraryError):
        timeline(engine, "x", "nowhere.mp4")


def test_a_scale_meets_one_half_where_a_hit_counts() -> None:
    background = Background(mean=0.1, deviation=0.05, size=1000)
    scale = TimelineScale.of(background, PICTURE_THRESHOLD, best=0.5)
    counting = 0.1 + PICTURE_THRESHOLD.z_score * 0.05
    found = scale.relevance(np.array([0.0, 0.1, counting, 0.5, 0.9]))
    assert np.allclose(found, [0, 0, THRESHOLD_RELEVANCE, 1, 1])


def test_parts_fill_every_bucket_they_touch() -> None:
    parts = [
        (TimeSpan(2.5, 2.6), 0.5),
        (TimeSpan(9.0, 30.0), 1.0),
        (TimeSpan(-3.0, 0.0), 0.25),
        (TimeSpan(4.0, 4.0), 0.75),
    ]
    assert timeline_levels(parts, 10.0, 10).tolist() == [0, 0, 0.5, 0, 0.75, 0, 0, 0, 0, 1.0]
    assert timeline_levels(parts, 0.0, 3).tolist() == [0, 0, 0]
