"""The engine end to end on a small real library: what is found, where, by which signals; and every refusal."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.errors import LibraryMissingError, LibraryModelsError, NotInLibraryError, QueryError
from indexer.models.loading import Models
from indexer.records import TimeSpan
from search.engine import SearchEngine
from search.options import SortName
from search.signals import SIGNALS
from tests.helpers.fakes_search import SmallLibrary, fake_models, text_only_models
from tests.helpers.fakes_text import FakeTextModel

ANIMALS = "cat dog horse cow sheep goat hen duck goose pig mouse rat fox wolf bear deer hare mole newt frog".split()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two videos of twenty shots each, three subtitles and two signs."""
    library = SmallLibrary(tmp_path_factory.mktemp("search") / "library")
    shots = [(5.0 * place, 5.0 * place + 5, f"{animal} meadow") for place, animal in enumerate(ANIMALS)]
    farm = library.add(
        "farm.mp4",
        shots,
        [
            ("subtitle", 11.5, 13.5, "The tailor from Oslo counts seven lanterns"),
            ("subtitle", 40.0, 43.0, "Nobody knows the mayor"),
            ("screen_text", 62.0, 64.0, "ANCHOR"),
        ],
    )
    library.add(
        "town.mp4",
        [(start, stop, f"{seen.split()[0]} street") for start, stop, seen in shots],
        [("subtitle", 97.0, 130.0, "The pilot sells umbrellas"), ("screen_text", 20.0, 24.0, "GRAND H0TEL")],
    )
    library.add("half.mp4", [(0.0, 30.0, "unicorn meadow")], [("subtitle", 1, 2, "unicorn")], stages={})
    library.thumbnail(farm, 2)
    return library.close()


@pytest.fixture
def engine(path: Path) -> Iterator[SearchEngine]:
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        yield engine


def test_a_picture_is_found_with_its_bounds(engine: SearchEngine) -> None:
    result = engine.search("horse meadow")
    first = result.moments[0]
    assert result.found
    assert (first.video, first.span) == ("/films/farm.mp4", TimeSpan(10, 15))
    assert first.signals["picture"] == 1
    assert first.thumbnail is not None
    assert first.thumbnail.is_file()
    assert set(result.seconds) == {"embed", "retrieve", "total"}


def test_a_line_is_found_by_its_words_and_its_meaning(engine: SearchEngine) -> None:
    first = engine.search("somebody says the tailor counts seven lanterns").moments[0]
    assert (first.video, first.span) == ("/films/farm.mp4", TimeSpan(11.5, 13.5))
    assert first.text == "The tailor from Oslo counts seven lanterns"
    assert (first.signals["subtitle"], first.signals["subtitle_words"]) == (1, 1)
    assert first.best_frame_seconds in (12.0, 13.0)


def test_a_sign_is_found_in_spite_of_a_readers_slip(engine: SearchEngine) -> None:
    first = engine.search("a sign that says GRAND HOTEL").moments[0]
    assert (first.video, first.span) == ("/films/town.mp4", TimeSpan(20, 24))
    assert "screen_text_words" in first.signals


def test_a_text_ends_with_its_video(engine: SearchEngine) -> None:
    assert engine.search("the pilot sells umbrellas").moments[0].span == TimeSpan(97, 100)


def test_nothing_found_is_an_answer(engine: SearchEngine) -> None:
    result = engine.search("what is the capital of France", signals=["subtitle_words", "screen_text_words"])
    assert (result.found, result.moments, result.more) == (False, [], False)


def test_the_threshold_decides_what_counts_as_found(path: Path) -> None:
    """Whatever it is, nothing is lost: what was found with the lowest is offered as the closest with the highest."""
    results = {}
    for threshold in (0.0, 0.5, 1.0):
        settings = Settings(relevance_threshold=threshold)
        with SearchEngine.open(path, settings=settings, load=fake_models) as engine:
            results[threshold] = engine.search("the tailor of Oslo and a zeppelin", limit=50)
    low, high = results[0.0], results[1.0]
    assert low.found
    assert not low.closest
    best = max(moment.relevance for moment in low.moments)
    assert 0 < best < 1
    assert results[0.5].found is (best >= 0.5)
    assert (high.found, high.moments, high.more) == (False, [], False)
    assert high.closest[0].relevance == best
    assert len(high.closest) == 3
    assert high.to_json()["closest"][0]["relevance"] == round(best, 3)


def test_good_moments_come_before_weak_ones(path: Path) -> None:
    settings = Settings(relevance_threshold=0.5)
    with SearchEngine.open(path, settings=settings, load=fake_models) as engine:
        grades = [one.grade for one in engine.search("the tailor of Oslo counts seven lanterns", limit=50).moments]
        exact = engine.search('"the tailor"', limit=50).moments
    assert grades == sorted(grades)
    assert grades[0] == "good"
    assert {one.grade for one in exact} == {"good"}


def test_a_typing_mistake_is_corrected_and_told(engine: SearchEngine) -> None:
    right, wrong = engine.search("lanterns"), engine.search("lantrens")
    assert (right.corrected, wrong.corrected) == ("", "lanterns")
    assert [one.span for one in wrong.moments] == [one.span for one in right.moments]
    assert wrong.to_json()["corrected"] == "lanterns" and "corrected" not in right.to_json()
    assert engine.search('"lantrens"').corrected == ""
    assert engine.search("lantrens", plain=True).corrected == ""


def test_each_signal_says_how_it_counts(engine: SearchEngine) -> None:
    routes = {route.signal: route for route in engine.search("the tailor counts seven lanterns").signal_weights}
    assert set(routes) == set(SIGNALS)
    assert routes["subtitle_words"].weight > 0
    assert routes["subtitle_words"].hits == 1
    assert (routes["screen_text_words"].weight, routes["screen_text_words"].hits) == (0.0, 0)
    assert all(route.why for route in routes.values())
    assert [route.signal for route in engine.search("the tailor", signals=["picture"]).signal_weights] == ["picture"]


def test_stages_that_are_not_ready_are_not_searched(engine: SearchEngine) -> None:
    assert all(moment.video != "/films/half.mp4" for moment in engine.search("unicorn meadow", limit=1000).moments)


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_signal_alone(engine: SearchEngine, signal: str) -> None:
    for query in ("cat meadow", "the mayor", "ANCHOR"):
        for moment in engine.search(query, signals=[signal]).moments:  # type: ignore[list-item]
            assert set(moment.signals) == {signal}


def test_one_video_alone(engine: SearchEngine) -> None:
    for name in ("town.mp4", "/films/town.mp4", engine.library.find_video("town.mp4").video_id[:12]):
        moments = engine.search("cat street", video=name).moments
        assert moments
        assert {moment.video for moment in moments} == {"/films/town.mp4"}
    with pytest.raises(NotInLibraryError):
        engine.search("cat", video="nowhere.mp4")


def test_pages_fit_together(engine: SearchEngine) -> None:
    whole = engine.search("goose meadow", limit=1000)
    pages = [engine.search("goose meadow", limit=3, offset=offset) for offset in range(0, len(whole.moments), 3)]
    assert [moment for page in pages for moment in page.moments] == whole.moments
    assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]
    beyond = engine.search("goose meadow", offset=10_000)
    assert (beyond.found, beyond.moments, beyond.more) == (True, [], False)


def test_moments_are_sorted_by_date_or_video_before_they_are_paged(engine: SearchEngine) -> None:
    created = {one.video_id: one.created for one in engine.videos()}
    best = engine.search("cat", limit=1000)
    sorts: tuple[SortName, ...] = ("newest", "video")
    for sort in sorts:
        whole = engine.search("cat", limit=1000, sort=sort)
        pages = [engine.search("cat", limit=2, offset=offset, sort=sort) for offset in range(0, len(whole.moments), 2)]
        assert [moment for page in pages for moment in page.moments] == whole.moments
        assert {(one.video_id, one.span) for one in whole.moments} == {(one.video_id, one.span) for one in best.moments}
        for grade in ("good", "weak"):
            ranked = [one for one in best.moments if one.grade == grade]
            found = [one for one in whole.moments if one.grade == grade]
            first = list(dict.fromkeys(one.video_id for one in ranked))
            if sort == "newest":
                wanted = sorted(ranked, key=lambda one: -created[one.video_id].timestamp())
            else:
                wanted = sorted(ranked, key=lambda one: (first.index(one.video_id), one.span.start_seconds))
            assert [(one.video_id, one.span) for one in found] == [(one.video_id, one.span) for one in wanted]
        assert [one.grade for one in whole.moments] == sorted(one.grade for one in whole.moments)
    assert len({one.video_id for one in best.moments}) > 1


def test_the_same_search_twice_gives_the_same(engine: SearchEngine, path: Path) -> None:
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as again:
        for query in ("goose street", "the tailor", "ANCHOR"):
            assert again.search(query).moments == engine.search(query).moments


def test_json_is_the_documented_object(engine: SearchEngine) -> None:
    found = json.loads(json.dumps(engine.search("horse meadow").to_json()))
    assert list(found) == ["query", "found", "moments"]
    assert list(found["moments"][0]) == [
        "video", "video_id", "kind", "start_seconds", "stop_seconds", "best_frame_seconds", "score", "relevance",
        "grade", "signals", "text", "boxes", "alike", "in_video",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": "  "},
        {"query": "a\x00"},
        {"limit": 0},
        {"limit": 1001},
        {"offset": -1},
        {"signals": ["smell"]},
        {"sort": "loudest"},
        {"signals": []},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(engine: SearchEngine, wrong: dict[str, object]) -> None:
    with pytest.raises(QueryError):
        engine.search(**{"query": "cat", **wrong})  # type: ignore[arg-type]


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    path = SmallLibrary(tmp_path / "library").close()
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        assert engine.search("cat").to_json() == {"query": "cat", "found": False, "moments": [], "closest": []}


def test_a_library_without_pictures_is_searched_by_its_texts(tmp_path: Path) -> None:
    library = SmallLibrary(tmp_path / "library", text_only_models())
    library.add("talk.mp4", [(0.0, 20.0, ""), (20.0, 45.0, "")], [("screen_text", 2, 9, "XQuery path expressions")])
    with SearchEngine.open(library.close(), settings=Settings(), load=text_only_models) as engine:
        (moment,) = engine.search("a slide on XQuery path expressions").moments
        assert (moment.span, moment.best_frame_seconds) == (TimeSpan(2, 9), 5.5)


def test_models_are_loaded_by_the_first_search_that_needs_them(path: Path) -> None:
    asked: list[Settings] = []

    def load(settings: Settings) -> Models:
        asked.append(settings)
        return fake_models()

    with SearchEngine.open(path, settings=Settings(), load=load) as engine:
        engine.search("the mayor", signals=["subtitle_words"])
        assert not asked
        engine.search("the mayor")
        engine.search("the tailor")
    assert [one.models for one in asked] == ["demo"], "the library's own profile, once"


def test_other_models_than_the_librarys_are_refused_by_name(path: Path) -> None:
    other = replace(fake_models(), text=FakeTextModel(dim=16))
    with (
        SearchEngine.open(path, settings=Settings(models="text"), load=lambda _: other) as engine,
        pytest.raises(LibraryModelsError, match=r"fake-text 48.*fake-text 16"),
    ):
        engine.search("cat")


def test_no_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissingError):
        SearchEngine.open(tmp_path / "nowhere", settings=Settings())
