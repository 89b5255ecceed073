"""`reelseek chat`: lines of a pipe, objects for programs, errors and Ctrl-C that do not end the chat."""

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.interruptible import InterruptibleWork
from api.cli.main import main
from indexer.config import Settings
from indexer.errors import Interrupted, ModelBusyError
from indexer.records import TimeSpan
from search.answering import asker as asking
from search.answering.answer import Answer, CitedMoment, EvidenceUsed


class FakeAsker:
    """Finds one moment for each question and remembers what it was asked; "broken" fails."""

    model = type("Model", (), {"context_limit": 2048})()

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def open(self, library: Path, *, settings: Settings) -> "FakeAsker":
        return self

    def __enter__(self) -> "FakeAsker":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def ask(self, question: str, *, on_text: Callable[[str], None] | None, **given: Any) -> Answer:
        if "broken" in question:
            raise ModelBusyError("too many questions wait; ask again later")
        self.asked.append({"question": question, **given})
        moment = CitedMoment("/films/trip.mp4", "0" * 32, TimeSpan(62.0, 70.5), "a red car")
        found = "nothing" not in question
        return Answer(question, found, "From 62.0s.", [moment], EvidenceUsed(1, 2, 3, 2048, 1), "tiny", 0.1)


Run = Callable[..., tuple[Result, FakeAsker]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def chat(lines: str | bytes, *words: str) -> tuple[Result, FakeAsker]:
        fake = FakeAsker()
        monkeypatch.setattr(asking, "Asker", fake)
        return CliRunner().invoke(main, ["chat", *words], input=lines), fake

    return chat


def test_questions_of_a_pipe_follow_one_another(run: Run) -> None:
    result, fake = run("When can one see a red car?\n\nand what colour is it?\nand after that?\n", "--scope", "tag:a")
    assert result.exit_code == ExitCode.OK
    lines = result.stdout.splitlines()
    assert lines[0] == "From 62.0s."
    assert "= What colour is the red car?" in lines
    assert "= What colour is the red car? (after 1:10 in trip.mp4)" in lines
    assert [one["question"] for one in fake.asked][1:] == ["What colour is the red car?"] * 2
    assert [one["scope"] for one in fake.asked] == ["tag:a", "tag:a", "tag:a at:70.500000s.."]


def test_an_answer_is_an_object_a_line(run: Run) -> None:
    result, _ = run("When can one see a red car?\nand a bus?\n", "--json")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["asked"], first["question"], first["resolved_by"]) == (first["asked"], first["asked"], "nothing")
    assert (second["asked"], second["question"]) == ("and a bus?", "When can one see a bus?")
    assert second["moments"][0]["start_seconds"] == 62.0


def test_an_error_is_told_and_the_chat_goes_on(run: Run) -> None:
    result, fake = run("When can one see a broken car?\nWhen can one see a bus?\n")
    assert result.exit_code == ExitCode.OK
    assert "reelseek: too many questions wait" in result.stderr
    assert [one["question"] for one in fake.asked] == ["When can one see a bus?"]
    assert run("When can one see a broken car?\n")[0].exit_code == ExitCode.STOPPED
    assert run("When can one see nothing?\n")[0].exit_code == ExitCode.NOTHING_FOUND


def test_a_line_that_is_no_text_is_refused_and_the_chat_goes_on(run: Run) -> None:
    result, fake = run(b"When can one see a \xff car?\nWhen can one see a bus?\n")
    assert result.exit_code == ExitCode.OK
    assert "decoded from other bytes than text" in result.stderr
    assert [one["question"] for one in fake.asked] == ["When can one see a bus?"]


def test_ctrl_c_ends_work_that_cannot_be_stopped_and_the_next_waits_for_it() -> None:
    work, begun, may_end = InterruptibleWork(), threading.Event(), threading.Event()
    order: list[str] = []

    def long(is_stopped: Callable[[], bool]) -> None:
        begun.set()
        may_end.wait(60)
        order.append("first, stopped" if is_stopped() else "first")

    def press() -> None:
        begun.wait(60)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(Interrupted):
        work.run(long)
    assert not order, "it was left behind while it still ran"
    may_end.set()
    assert work.run(lambda is_stopped: (order.append("second"), is_stopped())[1]) is False
    assert order == ["first, stopped", "second"]
    work.close()


def test_work_hands_on_its_errors() -> None:
    def fail(is_stopped: Callable[[], bool]) -> None:
        raise ModelBusyError("too many")

    with pytest.raises(ModelBusyError):
        InterruptibleWork().run(fail)
