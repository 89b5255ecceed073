"""`reelseek ask` with a running service: the same answers from its loaded models; alone where none can serve."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli.main import main
from api.local.results import decode_answer, encode_answer
from indexer.errors import GenerationCancelledError
from search.answering.answer import Answer
from search.answering.asker import Asker
from tests.helpers.marks import thorough
from tests.helpers.service import (
    RunningService,
    demo_library,  # noqa: F401
    demo_settings,
    own_library,  # noqa: F401
    serving,
)
from tests.helpers.terminal import REELSEEK
from tests.helpers.warm_service import seen, shared_service, unserved_library  # noqa: F401

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]


def arguments(library: Path, *words: str) -> list[str]:
    return ["ask", *words, "--library", str(library), "--device", "cpu", "--models", "demo"]


def ask(library: Path, *words: str) -> Result:
    return CliRunner().invoke(main, arguments(library, *words))


def lines(result: Result) -> list[Any]:
    """The JSON lines, without the time that the answer took."""
    found = [json.loads(line) for line in result.stdout.splitlines()]
    for one in found:
        one.pop("seconds", None)
    return found


@pytest.fixture
def asked_alone(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Libraries that a command opened itself."""
    opened: list[Path] = []
    open_library = Asker.open

    def note(library: Path, **options: Any) -> Asker:
        opened.append(library)
        return open_library(library, **options)

    monkeypatch.setattr(Asker, "open", note)
    return opened


@pytest.mark.parametrize(
    "options",
    [
        "--json --stream",
        *thorough("--json", "--json --stream --no-retrieval", "--json --stream --effort high --look-again"),
    ],
)
def test_what_is_printed_is_that_of_an_answer_without_the_service(
    shared_service: RunningService, unserved_library: Path, seen: str, options: str, asked_alone: list[Path]
) -> None:
    alone = ask(unserved_library, f"When is {seen} shown?", *options.split())
    assert asked_alone == [unserved_library]
    warm = ask(shared_service.runtime.place, f"When is {seen} shown?", *options.split())
    assert asked_alone == [unserved_library], "the service was not asked"
    assert (warm.exit_code, lines(warm)) == (alone.exit_code, lines(alone))
    assert len(lines(warm)) > 1 or "--stream" not in options


def test_clips_are_asked_of_the_service_too(
    shared_service: RunningService, unserved_library: Path, world: Path, asked_alone: list[Path]
) -> None:
    video = next(iter(sorted(world.glob("*.mp4"))))
    words = ("What is shown?", "--clip", f"{os.path.relpath(video)}@0:00-0:02", "--json")
    warm = ask(shared_service.runtime.place, *words)
    assert asked_alone == []
    assert lines(warm) == lines(ask(unserved_library, *words))


def test_people_see_the_same(shared_service: RunningService, unserved_library: Path, seen: str) -> None:
    alone, warm = (
        ask(library, f"When is {seen} shown?", "--stream")
        for library in (unserved_library, shared_service.runtime.place)
    )
    assert warm.stdout == alone.stdout


def test_nothing_of_an_answer_is_lost_on_the_way(unserved_library: Path, seen: str) -> None:
    with Asker.open(unserved_library, settings=demo_settings(unserved_library)) as asker:
        answer = asker.ask(f"When is {seen} shown?")
    assert answer.shown
    assert decode_answer(encode_answer(answer)) == answer


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("when?", "--video", "nowhere.mp4"), "NotInLibraryError"),
        (("when?", "--clip", "a.mp4@0-1", "--scope", "tag:a"), "QueryError"),
    ],
)
def test_errors_are_those_without_the_service(
    shared_service: RunningService, words: tuple[str, ...], kind: str
) -> None:
    result = ask(shared_service.runtime.place, *words, "--json")
    assert json.loads(result.stdout)["error"]["type"] == kind


def test_another_threshold_is_not_asked_of_the_service(
    shared_service: RunningService, seen: str, asked_alone: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELSEEK_RELEVANCE_THRESHOLD", "0.9")
    library = shared_service.runtime.place
    assert ask(library, f"When is {seen} shown?", "--json").exit_code in (0, 1)
    assert asked_alone == [library]


@pytest.mark.thorough
def test_a_service_that_fails_in_the_middle_is_replaced(
    own_library: Path, unserved_library: Path, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words that it had said are not taken for the answer."""
    question = f"When is {seen} shown?"
    alone = ask(unserved_library, question, "--stream")
    answer_alone, failed = Asker.ask, threading.Event()

    def fail_once(self: Asker, *given: Any, on_text: Callable[[str], None], **options: Any) -> Answer:
        if failed.is_set():
            return answer_alone(self, *given, on_text=on_text, **options)
        failed.set()
        on_text("Perhaps ")
        raise RuntimeError("the service breaks")

    monkeypatch.setattr(Asker, "ask", fail_once)
    with serving(replace(demo_settings(own_library), screen_text=True)):
        result = ask(own_library, question, "--stream")
    assert failed.is_set()
    assert result.stdout == "Perhaps \n" + alone.stdout


def test_ctrl_c_ends_the_command_and_the_work_of_the_service(
    own_library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service answers without end until it is told that nobody listens."""
    was_cancelled = threading.Event()

    def go_on(self: Asker, *_: Any, is_cancelled: Callable[[], bool], **__: Any) -> Answer:
        while not is_cancelled():
            was_cancelled.wait(0.02)
        was_cancelled.set()
        raise GenerationCancelledError("cancelled")

    def first_words(self: Asker, *given: Any, on_text: Callable[[str], None], **options: Any) -> Answer:
        on_text("I see ")
        return go_on(self, *given, **options)

    monkeypatch.setattr(Asker, "ask", first_words)
    with serving(replace(demo_settings(own_library), screen_text=True)):
        command = [*REELSEEK, *arguments(own_library, "When?", "--stream", "--json")]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert json.loads(process.stdout.readline()) == {"text": "I see "}
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            assert process.wait(120) == 130
        assert json.loads(rest)["error"]["type"] == "Interrupted"
        assert was_cancelled.wait(120)
