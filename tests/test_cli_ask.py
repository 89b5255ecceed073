"""`reelseek ask` and `reelseek pinpoint`: the object for programs, words and time codes for people, exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.config import Settings
from indexer.errors import ModelMissingError
from indexer.records import TimeSpan
from search.answering import asker as asking
from search.answering.answer import Answer, CitedMoment, EvidenceUsed
from search.answering.effort import EFFORTS
from search.answering.pinpoint import Pinpointed
from search.options import EFFORT, MODE
from tests.helpers.fakes_cli import HOSTILE_NAME, HOSTILE_TEXT


def answer(*, found: bool = True, text: str = "From 62.0s to 70.5s.", why: str = "a red car") -> Answer:
    moment = CitedMoment("/films/trip.mp4", "0" * 32, TimeSpan(62.0, 70.5), why)
    used = EvidenceUsed(6, 40, 1800, 2048, 1)
    return Answer("when?", found, text, [moment], used, "tiny", 1.25)


class FakeAsker:
    """Gives one answer, in two pieces, and remembers what it was asked."""

    def __init__(self, given: Answer) -> None:
        self.given, self.asked = given, list[dict[str, Any]]()

    def open(self, library: Path, *, settings: Settings) -> "FakeAsker":
        return self

    def __enter__(self) -> "FakeAsker":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def pinpoint(self, query: str, *, video: str, span: TimeSpan) -> Pinpointed:
        is_seen = span.stop_seconds < 99
        return Pinpointed("/films/trip.mp4", "0" * 32, query, span, TimeSpan(62.4, 69.1), is_seen, 900, 1, 0.5)

    def ask(
        self,
        question: str,
        *,
        on_text: Callable[[str], None] | None,
        on_draft: Callable[[str], None] | None,
        is_cancelled: Callable[[], bool] | None,
        **given: Any,
    ) -> Answer:
        self.asked.append({"question": question, **given})
        if on_draft:
            on_draft("Perhaps ")
            on_draft("noon.")
        if on_text:
            half = len(self.given.answer) // 2
            on_text(self.given.answer[:half])
            on_text(self.given.answer[half:])
        return self.given


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Result, FakeAsker]]:
    def ask(given: Answer, *words: str) -> tuple[Result, FakeAsker]:
        fake = FakeAsker(given)
        monkeypatch.setattr(asking, "Asker", fake)
        return CliRunner().invoke(main, ["ask", *words]), fake

    return ask


Run = Callable[..., tuple[Result, FakeAsker]]


def test_json_is_the_documented_object(run: Run) -> None:
    options = ["--video", "trip.mp4", "--scope", "tag:a", "--effort", "high", "--mode", "video"]
    result, fake = run(answer(), "when?", "--json", *options)
    assert result.exit_code == ExitCode.OK
    assert json.loads(result.stdout) == answer().to_json()
    assert fake.asked == [
        {
            "question": "when?",
            "video": "trip.mp4",
            "scope": "tag:a",
            "mode": "video",
            "effort": "high",
            "retrieval": True,
        }
    ]


def test_people_see_the_answer_and_time_codes(run: Run) -> None:
    result, _ = run(answer(), "when?")
    assert result.stdout.splitlines() == ["From 62.0s to 70.5s.", "0:01:02.0 - 0:01:10.5  trip.mp4  a red car"]
    assert "1,800 of 2,048 tokens" in result.stderr


def test_a_stream_is_not_said_twice(run: Run) -> None:
    result, _ = run(answer(), "when?", "--stream")
    assert result.stdout.count("From 62.0s") == 1
    events = [json.loads(line) for line in run(answer(), "when?", "--stream", "--json")[0].stdout.splitlines()]
    assert "".join(event["draft"] for event in events[:2]) == "Perhaps noon."
    assert "".join(event["text"] for event in events[2:-1]) == "From 62.0s to 70.5s."
    assert events[-1]["found"]


def test_not_found_returns_one_and_shows_what_came_closest(run: Run) -> None:
    result, fake = run(answer(found=False, text="Not shown."), "when?", "--no-retrieval")
    assert result.exit_code == ExitCode.NOTHING_FOUND
    assert result.stdout.splitlines()[:2] == ["Not shown.", "Closest moments:"]
    assert fake.asked[0]["retrieval"] is False


def test_hostile_words_reach_no_terminal(run: Run) -> None:
    hostile = answer(text=HOSTILE_TEXT, why=HOSTILE_TEXT)
    moment = CitedMoment(f"/films/{HOSTILE_NAME}", "0" * 32, TimeSpan(1, 2), HOSTILE_TEXT)
    shown = Answer(**{**{name: getattr(hostile, name) for name in Answer.__slots__}, "moments": [moment]})
    for words in ((), ("--stream",)):
        out = run(shown, "when?", *words)[0].stdout
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_an_error_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> Any:
        raise ModelMissingError("no such model; name another")

    monkeypatch.setattr(FakeAsker, "ask", missing)
    result, _ = run(answer(), "when?", "--json")
    assert result.exit_code == ExitCode.STOPPED
    assert json.loads(result.stdout)["error"]["type"] == "ModelMissingError"


def test_the_choices_are_those_of_the_search() -> None:
    assert tuple(EFFORTS) == EFFORT.choices
    assert MODE.choices == ("frames", "video")
    help_text = next(option.help or "" for option in main.commands["ask"].params if option.name == "effort")  # pyright: ignore[reportAttributeAccessIssue]
    assert "3, 6 or 24" in help_text
    assert [EFFORTS[name].clips for name in EFFORTS] == [3, 6, 24]


def test_pinpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "Asker", FakeAsker(answer()))
    words = ["pinpoint", "a car", "--video", "trip.mp4", "--start", "62"]
    result = CliRunner().invoke(main, [*words, "--stop", "70"])
    assert (result.exit_code, result.stdout) == (ExitCode.OK, "0:01:02.4 - 0:01:09.1\n")
    seen = json.loads(CliRunner().invoke(main, [*words, "--stop", "70", "--json"]).stdout)
    assert (seen["start_seconds"], seen["stop_seconds"], seen["seen"]) == (62.4, 69.1, True)
    assert CliRunner().invoke(main, [*words, "--stop", "99"]).exit_code == ExitCode.NOTHING_FOUND
    assert CliRunner().invoke(main, [*words, "--stop", "60"]).exit_code == ExitCode.STOPPED
