"""`reelseek ask` and `chat` by a model on a server, as `python -m bench.model_server` serves the demo's own.

Streamed, cited, stopped by Ctrl-C in a terminal, and what is said when the server dies in the middle of a reply.
"""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.service import copy_unserved, demo_library  # noqa: F401
from tests.helpers.terminal import CTRL_C, CTRL_D, REELSEEK, ROOT, in_terminal
from tests.helpers.warm_service import seen  # noqa: F401

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1800)]

SLOW = ("--token-seconds", "0.5")
"""A reply takes half a minute: what ends earlier was stopped."""


@pytest.fixture(scope="module")
def library(demo_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_unserved(demo_library, tmp_path_factory.mktemp("asked") / "library")


class Served:
    """The server's process, and how it is named."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process, self._lines = process, process.stdout
        self.spec = self._lines.readline().split()[-1]

    def next_line(self) -> str:
        return self._lines.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)


@contextmanager
def serving_demo_model(*options: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "bench.model_server", "--port", "0", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield Served(process)
    finally:
        process.kill()
        process.wait(30)


def reelseek(command: str, *words: str, library: Path, server: Served) -> list[str]:
    return [*REELSEEK, command, *words, "--library", str(library), "--vision-language-model", server.spec]


def check_cited(answer: dict[str, Any]) -> None:
    assert answer["found"] and answer["model"] == "openai:demo"
    assert answer["moments"] and all(one["start_seconds"] < one["stop_seconds"] for one in answer["moments"])


def test_answers_are_streamed_and_cited(library: Path, seen: str) -> None:
    question = f"When can one see {seen}?"
    with serving_demo_model() as server:
        command = reelseek("ask", question, "--json", "--stream", library=library, server=server)
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        *pieces, answer = (json.loads(line) for line in told.stdout.splitlines())
        assert len([one for one in pieces if "text" in one]) > 3
        check_cited(answer)
        chat = reelseek("chat", "--json", library=library, server=server)
        lines = f"{question}\nhow many times in total?\n"
        told = subprocess.run(chat, cwd=ROOT, input=lines, capture_output=True, text=True, check=True)
        first, second = (json.loads(line) for line in told.stdout.splitlines())
        check_cited(first)
        assert (second["question"], second["model"]) == (f"How often can one see {seen}?", "openai:demo")


def test_ctrl_c_stops_an_answer_and_the_servers_work(library: Path, seen: str) -> None:
    question = f"When can one see {seen}?"
    with serving_demo_model(*SLOW) as server:
        with in_terminal(reelseek("ask", question, library=library, server=server)) as terminal:
            terminal.wait_for_more(3)
            terminal.press(CTRL_C)
            assert terminal.end() == 130
        assert server.next_line() == "a client has left; its reply was stopped"
        with in_terminal(reelseek("chat", library=library, server=server)) as terminal:
            terminal.wait_for("> ")
            terminal.press(f"{question}\n")
            terminal.wait_for_more(len(question) + 6)
            terminal.press(CTRL_C)
            terminal.wait_for("stopped")
            assert server.next_line() == "a client has left; its reply was stopped"
            terminal.wait_for("> ", after=terminal.shown.index("stopped"))
            terminal.press(CTRL_D)
            assert terminal.end() == 130


def test_a_server_that_dies_in_the_middle_is_named(library: Path, seen: str) -> None:
    with serving_demo_model(*SLOW) as server:
        url = server.spec.partition("@")[2]
        with in_terminal(reelseek("ask", f"When can one see {seen}?", library=library, server=server)) as terminal:
            terminal.wait_for_more(3)
            server.kill()
            assert terminal.end() == 2
            assert f"the server of demo at {url}" in " ".join(terminal.shown.split())


def test_a_chat_outlives_its_server(library: Path, seen: str) -> None:
    question = f"When can one see {seen}?"
    with (
        serving_demo_model(*SLOW) as server,
        in_terminal(reelseek("chat", library=library, server=server)) as terminal,
    ):
        terminal.wait_for("> ")
        terminal.press(f"{question}\n")
        terminal.wait_for_more(len(question) + 6)
        server.kill()
        terminal.wait_for("the server of demo")
        terminal.wait_for("> ", after=terminal.shown.index("the server of demo"))
        asked = len(terminal.shown)
        terminal.press(f"{question}\n")
        terminal.wait_for("the server of demo", after=asked)
        terminal.wait_for("> ", after=terminal.shown.index("the server of demo", asked))
        terminal.press(CTRL_D)
        assert terminal.end() == 2
