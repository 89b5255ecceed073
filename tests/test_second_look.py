"""A second look at search results: a model's verdicts move moments, drop none, are told, bounded and can be stopped."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.errors import GenerationCancelledError, QueryError
from indexer.models.vision_language import Prompt, Reply
from search.answering.asker import Asker
from search.query.parser import parse_query
from search.results import Moment, SearchResult
from search.second_look.second_look import take_second_look, words_of_pictures
from search.second_look.verdict_fusion import fused_order
from tests.helpers.fakes_vlm import FakeVisionLanguageModel, words_of
from tests.helpers.service import demo_library, demo_settings, own_library, serving  # noqa: F401

pytestmark = pytest.mark.slow

QUERY = "a blue background"
Look = Callable[..., tuple[SearchResult, SearchResult, FakeVisionLanguageModel]]
Judge = Callable[[int, float], bool]
"""Number of the prompt from 0, start of its clip -> whether the model says that it sees it."""


def judging(judge: Judge) -> FakeVisionLanguageModel:
    count = iter(range(1000))

    def script(prompt: Prompt) -> str:
        start, stop = (float(one) for one in re.findall(r"Clip 1, ([\d.]+)s to ([\d.]+)s:", words_of(prompt))[0])
        shows = judge(next(count), start)
        cited = [{"clip": 1, "start": start, "stop": stop, "why": "seen"}] if shows else []
        return json.dumps({"answer": "", "found": shows, "moments": cited})

    return FakeVisionLanguageModel(script)


@pytest.fixture
def look(demo_library: Path) -> Iterator[Look]:
    opened: list[Asker] = []

    def run(judge: Judge, most: int = 4, query: str = QUERY) -> tuple[SearchResult, SearchResult, object]:
        model = judging(judge)
        asker = Asker.open(demo_library, settings=demo_settings(demo_library), load=lambda _: model)
        opened.append(asker)
        before = asker.engine.search(query, per_video=0)
        return before, take_second_look(asker.context, before, most=most), model

    yield run
    for asker in opened:
        asker.close()


def places(result: SearchResult) -> list[tuple[str, float]]:
    return [(one.video_id, one.span.start_seconds) for one in result.moments]


def test_verdicts_move_moments_and_drop_none(look: Look) -> None:
    before, after, model = look(lambda number, start: number != 0)
    assert len(before.moments) >= 5, "the library has enough to move"
    assert sorted(places(before)) == sorted(places(after))
    assert len(model.prompts) == 4
    judged = [one for one in after.moments if one.second_look]
    assert len(judged) == 4
    refused = next(one for one in judged if one.second_look and not one.second_look.shows)
    assert refused.second_look is not None
    assert refused.second_look.rank_before == 1
    assert after.moments.index(refused) > 0, "another is first now"
    assert places(after)[4:] == places(before)[4:], "what was not judged stays"
    assert [one.grade for one in after.moments] == [one.grade for one in before.moments]
    assert "second_look" not in before.moments[0].to_json()
    assert after.moments[0].to_json()["second_look"]["shows"] is True


@pytest.mark.parametrize("verdict", [True, False])
def test_equal_verdicts_leave_the_order(look: Look, verdict: bool) -> None:
    before, after, _ = look(lambda number, start: verdict)
    assert places(after) == places(before)


def test_the_question_is_about_one_moment_and_what_can_be_seen(look: Look) -> None:
    _, _, model = look(lambda number, start: True, most=2)
    assert len(model.prompts) == 2
    for prompt in model.prompts:
        assert words_of(prompt).count("Clip ") == 1
        assert f"Question: When can one see {QUERY}?" in words_of(prompt)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("a red car", "a red car"),
        ("a red car then a bus within 30s", "a red car, then a bus"),
        ("beach -people folder:2023", "beach"),
        ('looks:"a corridor" said:exit', "a corridor"),
        ('said:"thank you"', None),
        ("folder:2023", None),
    ],
)
def test_words_that_can_be_seen(query: str, words: str | None) -> None:
    if words is not None:
        assert words_of_pictures(parse_query(query)) == words
        return
    with pytest.raises(QueryError, match="needs a description of what to see"):
        words_of_pictures(parse_query(query))


def test_an_example_has_no_words(look: Look, demo_library: Path) -> None:
    with pytest.raises(QueryError, match="by example"):
        words_of_pictures(None)


def test_it_can_be_stopped(demo_library: Path) -> None:
    with Asker.open(demo_library, settings=demo_settings(demo_library)) as asker:
        found = asker.engine.search(QUERY)
        with pytest.raises(GenerationCancelledError):
            take_second_look(asker.context, found, most=3, is_cancelled=lambda: True)


def test_a_reply_that_is_none_is_no_verdict(demo_library: Path) -> None:
    model = FakeVisionLanguageModel(lambda prompt: ('{"answer": "it is', False))
    with Asker.open(demo_library, settings=demo_settings(demo_library), load=lambda _: model) as asker:
        found = asker.engine.search(QUERY)
        assert take_second_look(asker.context, found, most=3).moments == found.moments


def test_a_file_that_is_gone_is_told_and_stays_in_the_list(own_library: Path, tmp_path: Path) -> None:
    model = judging(lambda number, start: True)
    with Asker.open(own_library, settings=demo_settings(own_library), load=lambda _: model) as asker:
        found = asker.engine.search(QUERY, per_video=0)
        gone = Path(found.moments[0].video)
        moved = gone.rename(tmp_path / gone.name)
        try:
            after = take_second_look(asker.context, found, most=20)
        finally:
            moved.rename(gone)
    assert places(after) == places(found)
    assert any(gone.name in warning for warning in after.warnings)
    assert after.to_json()["warnings"] == after.warnings
    judged: list[Moment] = [one for one in after.moments if one.second_look]
    assert judged
    assert not any(one.video == str(gone) for one in judged)


RELEVANCES = st.lists(st.floats(0, 1), max_size=12).map(lambda values: sorted(values, reverse=True))


@given(RELEVANCES, st.data())
def test_a_verdict_never_harms_what_is_seen(relevances: list[float], data: st.DataObject) -> None:
    one = st.sampled_from([True, False, None])
    verdicts = data.draw(st.lists(one, min_size=len(relevances), max_size=len(relevances)))
    order = fused_order(relevances, verdicts)
    assert sorted(order) == list(range(len(relevances)))
    for place, verdict in enumerate(verdicts):
        if verdict is True:
            assert order.index(place) <= place
        if verdict is False:
            assert order.index(place) >= place


def test_a_search_that_is_sure_outweighs_one_verdict() -> None:
    assert fused_order([0.99, 0.3], [False, True]) == [0, 1]
    assert fused_order([0.7, 0.6], [False, True]) == [1, 0]


def test_the_command(demo_library: Path) -> None:
    words = ["search", QUERY, "--library", str(demo_library), "--models", "demo", "--device", "cpu"]
    run = CliRunner().invoke(main, [*words, "--second-look", "2", "--json"])
    assert run.exit_code == ExitCode.OK, run.stderr
    assert sum("second_look" in one for one in json.loads(run.stdout)["moments"]) == 2
    assert CliRunner().invoke(main, [*words, "--second-look", "21"]).exit_code == ExitCode.STOPPED
    plain = CliRunner().invoke(main, [*words, "--json"])
    assert "second_look" not in plain.stdout


def test_over_http(demo_library: Path, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = judging(lambda number, start: number != 0)
    with serving(demo_settings(demo_library), roots=(world.resolve(),)) as running, running.client() as client:
        _ = running.runtime.asker.model  # so that it is not loaded later
        monkeypatch.setattr(running.runtime.asker, "_model", model)
        found = client.get("/api/v1/search", params={"query": QUERY, "second_look": 3}).json()
        looks = [one["second_look"] for one in found["moments"] if "second_look" in one]
        assert sorted(one["rank_before"] for one in looks) == [1, 2, 3]
        assert found["warnings"] == []
        posted = client.post("/api/v1/search", json={"query": QUERY, "second_look": 3}).json()
        assert sum("second_look" in one for one in posted["moments"]) == 3
        refused = client.get("/api/v1/search", params={"query": "folder:x", "second_look": 3})
        assert refused.status_code == 400
        plain = client.get("/api/v1/search", params={"query": QUERY}).json()
        assert "warnings" not in plain
        assert not any("second_look" in one for one in plain["moments"])


class EndlessModel(FakeVisionLanguageModel):
    """Looks until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(lambda prompt: "")
        self.began, self.stopped = threading.Event(), threading.Event()

    def generate(
        self,
        prompts: Sequence[Prompt],
        *,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        on_text: Callable[[str], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> list[Reply]:
        self.began.set()
        assert is_cancelled is not None
        while not is_cancelled():
            time.sleep(0.01)
        self.stopped.set()
        raise GenerationCancelledError("stopped")


def test_it_stops_when_the_client_hangs_up(demo_library: Path, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = EndlessModel()
    with serving(demo_settings(demo_library), roots=(world.resolve(),)) as running:
        _ = running.runtime.asker.model
        monkeypatch.setattr(running.runtime.asker, "_model", model)
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                f"GET /api/v1/search?query=blue&second_look=3 HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
            )
            assert model.began.wait(120)
        assert model.stopped.wait(120)
