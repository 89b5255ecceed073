"""Drawn films, indexed and searched for real: when words are found, where their boxes are, what scenery is worth."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bench.support.film_drawing import Box, Film, write_film
from bench.support.text_films import make_films, pages_film
from indexer.config import Settings
from indexer.ocr.timed_texts import mark_scenery_texts
from indexer.pipeline.index import index_paths
from indexer.records import TimedText, TimeSpan
from search.engine import SearchEngine
from search.results import Moment

pytestmark = pytest.mark.thorough

SLIDES = pages_film(
    "channel",
    ["Harvest moon", "Channel crossing", "Copper kettle", "Winter garden", "Violet ribbon"],
    20,
    logo="CHANNEL",
)
FERRY = pages_film("ferry", ["The channel ferry", "Another page"], 8)
MOVING = next(film for film in make_films(4, seconds=16) if film.kind == "slide-in")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    folder = tmp_path_factory.mktemp("screen")
    files = [write_film(film, folder, frames_per_second=rate) for film, rate in ((SLIDES, 2), (FERRY, 2), (MOVING, 10))]
    library = folder / "library"
    index_paths(files, settings=Settings(models="text", library=str(library)))
    with SearchEngine.open(library, settings=Settings()) as opened:
        yield opened


def first(engine: SearchEngine, query: str) -> Moment:
    return engine.search(query, limit=1).moments[0]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (sum((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)) - shared)


@pytest.mark.parametrize("film", [SLIDES, MOVING], ids=lambda film: film.kind)
def test_words_are_found_when_and_where_they_are_read(engine: SearchEngine, film: Film) -> None:
    assert film.facts
    for fact in film.facts:
        moment = first(engine, fact.query)
        assert Path(moment.video).stem == film.name
        assert moment.span.start_seconds == pytest.approx(fact.start_seconds, abs=1)
        assert moment.span.stop_seconds == pytest.approx(fact.stop_seconds, abs=1)
        middle = (fact.start_seconds + fact.stop_seconds) / 2
        now = [box for box in moment.boxes if box.start_seconds <= middle < box.stop_seconds]
        assert len(now) == 1
        # A moving line is known where it was when it was looked at, half a second away at most.
        least = 0.5 if film.kind == "slides" else 0.25
        assert overlap((now[0].left, now[0].top, now[0].right, now[0].bottom), fact.box) > least


def test_boxes_stand_in_the_json_and_only_where_words_were_read(engine: SearchEngine) -> None:
    found = first(engine, "copper kettle").to_json()["boxes"]
    assert [set(box) for box in found] == [{"line", "start_seconds", "stop_seconds", "left", "top", "right", "bottom"}]
    assert engine.search("ferry", signals=["metadata_words"]).moments[0].boxes == ()


def test_a_logo_is_worth_less_than_the_same_word_that_appears(engine: SearchEngine) -> None:
    """The logo has nothing but the word, so words alone would rank it first."""
    texts = [moment.text for moment in engine.search("channel", signals=["screen_text_words"]).moments]
    assert "CHANNEL" not in texts[0].split("\n")
    rows = engine.library.texts(first(engine, "copper kettle").video_id, "screen_text")
    assert {row.text for row in rows if row.is_scenery} == {"CHANNEL"}


def text(words: str, *spans: tuple[float, float]) -> list[TimedText]:
    return [TimedText(TimeSpan(*span), words) for span in spans]


def scenery(texts: list[TimedText], cuts: list[float]) -> set[str]:
    scenes = [TimeSpan(start, stop) for start, stop in pairwise(cuts)]
    return {item.text for item in mark_scenery_texts(texts, scenes) if item.is_scenery}


def test_what_scenery_is() -> None:
    cuts = [0.0, 10, 20, 30, 40, 50]
    logo = text("NEWS 24", (0, 22), (25, 50))
    assert scenery([*logo, *text("Harvest", (0, 10))], cuts) == {"NEWS 24"}
    assert scenery(text("one slide", (0, 50)), [0.0, 50]) == set(), "a still picture is no scenery"
    assert scenery(text("two of five scenes", (0, 20)), cuts) == set()
    assert scenery(text("a long shot", (0, 41)), [0.0, 41, 43, 45, 47, 50]) == set()
