"""The command lines of the documents: they run as they stand, over a small library in a home of their own."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx
import pytest

from api.cli.main import main
from tests.helpers.media_sound import synthetic_voice, write_recording

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ["README.md", "docs/install.md", "docs/models.md", "docs/service.md"]
"""docs/python.md has no command lines; tests/test_python_api.py runs its blocks."""

CANNOT_RUN = {
    "uv build ": "needs the whole checkout; tests/test_wheel.py builds it",
    "uv tool install ": "installs for the user; tests/test_wheel.py installs the wheel",
    "uv pip install ": "installs into another environment; tests/test_wheel.py installs the wheel",
    "pipx install ": "installs for the user; tests/test_wheel.py installs the wheel",
    'pip install "dist/': "installs into another environment; tests/test_wheel.py installs the wheel",
    "git pull": "needs the repository that was cloned",
    "docker ": "needs a container engine; tests/test_container.py checks the files",
    "export VIDEOS=": "means something with the line after it alone",
    "export REELSEEK_VISION": "means something with the line after it alone",
    "models fetch": "downloads weights from the hub; tests/test_models_fetch.py fetches from a server of its own",
    "--models large": "needs weights from the hub",
    "a red car in the snow": "needs the weights that the line before downloads",
    "Who opens the letter?": "needs the weights that the line before downloads",
    "Qwen/Qwen3-VL-": "needs weights from the hub",
    "--adapter ~/adapters/tennis": "needs an adapter that somebody trained",
    "match.mp4": "needs a vision-language model that knows real footage",
    "right.jsonl": "needs the answers of the line before",
    "demo.vlm.tune_lora": "needs the clips of the lines before; tests/test_models_adapter.py trains one",
    "--models demo --adapter adapter": "needs the adapter of the line before",
    "openai:": "needs a server of another program",
    "bench.model_server": "serves until it is stopped; tests/test_served_model.py asks it",
    "ollama ": "another program",
    "vllm ": "another program",
    "sglang.": "another program",
    "llama-server ": "another program",
    '"transformers[serving]"': "another program",
    "transformers serve": "another program",
    "REELSEEK_MODEL_KEY=": "means something with the line after it alone",
    '"ID"': "ID stands for an id; tests/test_export_service.py exports over HTTP",
    "videos/ID/clip": "ID stands for an id; tests/test_media_routes.py cuts clips over HTTP",
}
"""Part of a command line -> why it is not run here."""


def command_lines(document: str) -> list[str]:
    """What a reader pastes, one by one: the lines of blocks marked `sh` or not marked at all."""
    blocks: list[str] = []
    inside: str | None = None
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = None if inside is not None else line[3:]
        elif inside in ("", "sh"):
            blocks.append(line)
    return [line for line in re.sub(r"\\\n *", "", "\n".join(blocks)).splitlines() if line.strip()]


def why_not(line: str) -> str:
    return next((reason for part, reason in CANNOT_RUN.items() if part in line), "")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_and_options_exist(document: str) -> None:
    for line in command_lines(document):
        words = shlex.split(re.split(r" (?:>>|\||&&) ", line)[0])
        if words[0] == "reelseek":
            command: click.Command = main
            words = words[1:]
            while isinstance(command, click.Group) and words:
                command = command.commands[words.pop(0)]
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            assert {word for word in words if word.startswith("--")} <= known, line


def test_no_explanation_stands_on_a_command_line() -> None:
    lines = [line for document in DOCUMENTS for line in command_lines(document)]
    assert lines
    assert [line for line in lines if re.search(r"\S {2,}\S", line)] == []


def test_each_reason_for_not_running_has_its_line() -> None:
    lines = [line for document in DOCUMENTS for line in command_lines(document)]
    assert [part for part in CANNOT_RUN if not any(part in line for line in lines)] == []


@dataclass
class Shell:
    """A reader's shell: a checkout with its environment, a home with videos, and the services that were started."""

    checkout: Path
    home: Path
    services: list[subprocess.Popen[str]] = field(default_factory=list)
    port: int = 8765

    @property
    def environment(self) -> dict[str, str]:
        dropped = ("REELSEEK_", "XDG_", "MAKE", "MFLAGS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        path = f"{self.checkout / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return kept | {"HOME": str(self.home), "PATH": path, "HF_HUB_OFFLINE": "1"}

    def run(self, line: str) -> str:
        """Everything that the line printed; it must exit with 0."""
        line = line.replace("127.0.0.1:8765", f"127.0.0.1:{self.port}")
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.checkout,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        return done.stdout

    def serve(self, line: str) -> None:
        """Starts a service on a free port, since another may hold the documented one, and waits until it answers."""
        if line == "make serve":
            line = self.run("make --dry-run serve").strip().splitlines()[-1]
        self.port = free_port()
        service = subprocess.Popen(
            ["bash", "-c", f"exec {line} --port {self.port}"],
            cwd=self.checkout,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.services.append(service)
        assert service.stdout
        said: list[str] = []
        for told in service.stdout:
            said.append(told)
            if "is running at" in told:
                break
        assert "is running at" in "".join(said[-1:]), f"{line}\n{''.join(said)}"
        threading.Thread(target=service.stdout.read, daemon=True).start()  # a full pipe would stop the service
        assert httpx.get(f"http://127.0.0.1:{self.port}/", timeout=60).status_code == 200

    def stop_services(self) -> None:
        """As Ctrl-C does."""
        for service in self.services:
            service.send_signal(signal.SIGINT)
        for service in self.services:
            service.wait(60)
        self.services.clear()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    if not (Path(sys.prefix) / ".ready").exists():
        pytest.skip("the environment was not made by `make setup`")
    checkout, home = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("home")
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, checkout)
        os.utime(checkout / name, (0, 0))  # older than the environment, so that `make` does not install it again
    (checkout / ".venv").symlink_to(sys.prefix)
    (home / ".curlrc").write_text("fail-with-body\nsilent\n")
    (home / "Videos").mkdir()
    write_recording(home / "Videos" / "inauguration.flac", synthetic_voice(11, [(1, 10)]), sound_codec="flac")
    (home / "Videos" / "inauguration.srt").write_text(
        "1\n00:00:00,000 --> 00:00:07,000\nAsk not what your country can do for you.\n\n"
        "2\n00:00:07,000 --> 00:00:10,500\nAsk what you can do for your country.\n"
    )
    made = Shell(checkout, home)
    yield made
    made.stop_services()


@pytest.mark.thorough
@pytest.mark.timeout(3600)  # a whole first hour of a reader, on a machine that may be busy
@pytest.mark.parametrize("document", DOCUMENTS)
def test_command_lines_run_as_they_stand(document: str, shell: Shell) -> None:
    lines = [line for line in command_lines(document) if not why_not(line)]
    if "make demo" not in lines and not (shell.checkout / "out" / "demo").exists():
        shell.run("make demo")  # the demo library is what the other documents start from
    printed: list[str] = []
    try:
        for line in lines:
            if re.match(r"make serve|reelseek serve", line):
                shell.serve(line)
            else:
                printed.append(shell.run(line))
    finally:
        shell.stop_services()
    shown = re.findall(r"^```text\n(.*?)^```$", (ROOT / document).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    files = set(re.findall(r"[\w-]+\.(?:mp4|flac)", "".join(shown)))
    assert {file for file in files if file not in "".join(printed)} == set()
