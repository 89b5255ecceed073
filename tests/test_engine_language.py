"""The query language end to end on a small real library: what each form finds, and what it leaves out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.config import Settings
from indexer.errors import QuerySyntaxError
from indexer.records import TimeSpan
from search.engine import SearchEngine
from tests.helpers.fakes_search import SmallLibrary, fake_models

PLACES = "meadow street harbour".split()
ANIMALS = "cat dog horse cow sheep goat hen duck goose pig mouse rat fox wolf bear deer hare mole newt frog".split()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three videos of twenty shots each of five seconds: one animal after the other, in three places."""
    library = SmallLibrary(tmp_path_factory.mktemp("language") / "library")
    for place in PLACES:
        shots = [(5.0 * number, 5.0 * number + 5, f"{animal} {place}") for number, animal in enumerate(ANIMALS)]
        library.add(
            f"{place}.mp4",
            shots,
            {
                "meadow": [
                    ("subtitle", 11.0, 13.0, "Thank you so much"),
                    ("subtitle", 31.0, 33.0, "So much for that, thank goodness and you"),
                    ("screen_text", 12.0, 14.0, "EMERGENCY EXIT"),
                    ("subtitle", 41.0, 43.0, "谢谢你们 我们走吧"),
                    ("subtitle", 51.0, 53.0, "شكرا جزيلا يا صديقي"),
                ],
                "street": [
                    ("screen_text", 60.0, 64.0, "EMERGENCV ONLY"),
                    ("subtitle", 61.0, 63.0, "bread with salt"),
                    ("subtitle", 71.0, 73.0, "bread without salt"),
                ],
                "harbour": [],
            }[place],
        )
    return library.close()


@pytest.fixture
def engine(path: Path) -> Iterator[SearchEngine]:
    with SearchEngine.open(path, settings=Settings(), load=fake_models) as engine:
        yield engine


def found(engine: SearchEngine, query: str, **more: object) -> list[tuple[str, TimeSpan]]:
    return [(Path(one.video).stem, one.span) for one in engine.search(query, limit=100, **more).moments]  # type: ignore[arg-type]


def test_what_is_excluded_is_left_out_and_the_rest_stays(engine: SearchEngine) -> None:
    plain = found(engine, "horse")
    assert {video for video, _ in plain[:3]} == set(PLACES)
    left = found(engine, "horse -street")
    assert left[:2] == [one for one in plain if one[0] != "street"][:2]
    assert ("street", TimeSpan(10, 15)) not in left


def test_an_excluded_text_is_excluded_by_its_words(engine: SearchEngine) -> None:
    assert ("street", TimeSpan(61, 63)) in found(engine, "said:bread")
    left = found(engine, "said:bread -said:salt")
    assert ("street", TimeSpan(61, 63)) not in left
    spoken = found(engine, "bread without salt", signals=["subtitle_words"])
    assert ("street", TimeSpan(71, 73)) in spoken, "a text that says the very words does not hold what they leave out"
    assert ("street", TimeSpan(61, 63)) not in spoken


def test_an_order_is_one_moment_with_its_parts(engine: SearchEngine) -> None:
    first = engine.search("cat harbour then dog harbour").moments[0]
    assert (Path(first.video).stem, first.span) == ("harbour", TimeSpan(0, 10))
    assert [part.span for part in first.parts] == [TimeSpan(0, 5), TimeSpan(5, 10)]
    assert [part["start_seconds"] for part in first.to_json()["parts"]] == [0.0, 5.0]
    assert first.span.start_seconds <= first.best_frame_seconds < first.span.stop_seconds


def test_no_order_is_turned_round(engine: SearchEngine) -> None:
    for query in ("dog harbour then cat harbour", "cow street >> cat street >> dog street"):
        for moment in engine.search(query, limit=100).moments:
            starts = [part.span.start_seconds for part in moment.parts]
            assert starts == sorted(starts)
            assert (Path(moment.video).stem, moment.span.start_seconds) != ("harbour", 0.0)


def test_a_gap_is_no_longer_than_asked(engine: SearchEngine) -> None:
    assert ("meadow", TimeSpan(0, 20)) in found(engine, "cat meadow then cow meadow within 10s")
    assert ("meadow", TimeSpan(0, 20)) not in found(engine, "cat meadow then cow meadow within 9s")


def test_three_steps(engine: SearchEngine) -> None:
    first = engine.search("cat street then horse street then sheep street within 30s").moments[0]
    assert [part.span.start_seconds for part in first.parts] == [0, 10, 20]
    assert first.span == TimeSpan(0, 25)


def test_quotes_ask_for_the_very_words(engine: SearchEngine) -> None:
    assert found(engine, '"thank you"') == [("meadow", TimeSpan(11, 13))]
    assert found(engine, 'said:"so much"') == [("meadow", TimeSpan(11, 13)), ("meadow", TimeSpan(31, 33))]
    assert found(engine, 'text:"thank you"') == []
    assert found(engine, '"谢谢你们"') == [("meadow", TimeSpan(41, 43))]
    assert found(engine, '"جزيلا يا"') == [("meadow", TimeSpan(51, 53))]


def test_a_readers_slip_is_forgiven_after_what_is_right(engine: SearchEngine) -> None:
    assert found(engine, 'text:"emergency"') == [("meadow", TimeSpan(12, 14)), ("street", TimeSpan(60, 64))]


def test_parts_of_one_moment_must_all_be_there(engine: SearchEngine) -> None:
    assert found(engine, 'text:"exit" said:"thank you"') == [("meadow", TimeSpan(12, 13))]
    assert found(engine, 'text:"exit" said:"goodness"') == []
    both = engine.search('looks:"horse meadow" "emergency exit"').moments[0]
    assert (both.span, {"picture", "screen_text_words"} <= set(both.signals)) == (TimeSpan(12, 14), True)


def test_a_field_searches_its_own_signals(engine: SearchEngine) -> None:
    assert all(set(one.signals) == {"picture"} for one in engine.search("looks:cat", limit=100).moments)
    assert all("picture" not in one.signals for one in engine.search("said:cat text:exit", limit=100).moments)


def test_filters(engine: SearchEngine) -> None:
    assert {video for video, _ in found(engine, "horse video:street.mp4")} == {"street"}
    assert {video for video, _ in found(engine, "horse -video:street -video:har*")} == {"meadow"}
    assert found(engine, "horse folder:nowhere") == []
    assert found(engine, "horse duration:>1h") == []
    assert found(engine, "horse meadow at:0..12 video:meadow")[0] == ("meadow", TimeSpan(10, 12))
    assert all(span.start_seconds >= 20 for _, span in found(engine, "horse -at:0..20"))


def test_a_part_of_several_steps_may_lie_outside_of_the_pool(engine: SearchEngine) -> None:
    first = engine.search('"emergency exit" then goose meadow').moments[0]
    assert first.span == TimeSpan(12, 45)


def test_taken_literally_a_query_is_only_words(engine: SearchEngine) -> None:
    literal = engine.search("horse -street", plain=True)
    assert literal.plan is not None
    assert literal.plan.is_plain
    assert "understood" not in literal.to_json()


def test_json_says_how_a_query_was_understood(engine: SearchEngine) -> None:
    understood = engine.search("horse -street video:meadow").to_json()["understood"]
    assert understood == {
        "steps": [
            {
                "text": "horse",
                "terms": [],
                "excluded": [{"text": "street", "field": None, "exact": False}],
                "within_seconds": None,
            }
        ],
        "filters": [{"name": "video", "value": "meadow", "excluded": False}],
    }


@pytest.mark.parametrize("query", ["video:meadow", "tag:x at:0..5"])
def test_filters_alone_say_nothing_to_look_for(engine: SearchEngine, query: str) -> None:
    with pytest.raises(QuerySyntaxError, match="what to look for"):
        engine.search(query)
