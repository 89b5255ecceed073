"""The container's files, as far as no engine is at hand: what they copy, call, set and name is there."""

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import click
import pytest
import yaml

from api.cli.main import main
from indexer.config import SETTINGS
from tests.helpers.architecture import ROOT

IN_THE_BASE_IMAGE = {"pip", "sed", "useradd", "mkdir", "chown", "ls"}
"""Commands of Debian and Python that the steps use, beside uv, which the first of them installs."""
IMAGES = re.compile(r"python:\$\{PYTHON\}-slim")


@dataclass(frozen=True)
class Step:
    """One instruction of the Dockerfile."""

    stage: int
    name: str
    value: str


def steps() -> list[Step]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text)).splitlines()
    found: list[Step] = []
    stage = -1
    for line in filter(str.strip, lines):
        name, _, value = line.partition(" ")
        stage += name == "FROM"
        found.append(Step(stage, name, value.strip()))
    return found


def of(name: str) -> list[Step]:
    return [step for step in steps() if step.name == name]


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def check_command(words: list[str]) -> None:
    """Fails unless the command line parses, up to what it would do."""
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    assert {word for word in words if word.startswith("--")} <= options


def is_ignored(path: str) -> bool:
    """Whether .dockerignore leaves a top-level entry out: everything but what is named with `!`."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    return f"!{path}" not in lines


def test_what_is_copied_exists_and_is_sent_to_the_engine() -> None:
    copied = [step.value.split() for step in of("COPY")]
    sources = {source for words in copied if not words[0].startswith("--") for source in words[:-1]}
    assert sources
    assert [source for source in sources if not (ROOT / source).exists() or is_ignored(source)] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {*project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]} <= sources, "the wheel is made of these"
    assert {project["project"]["readme"], "LICENSE", "hatch_build.py", "requirements.lock"} <= sources
    assert [words for words in copied if words[0].startswith("--") and words[0] != "--from=build"] == []


def test_each_step_calls_what_is_there() -> None:
    assert all(IMAGES.match(step.value) for step in of("FROM"))
    for step in of("RUN"):
        for command in re.split(r" && ", step.value):
            words = shlex.split(command)
            if words[0] != "uv":
                assert words[0] in IN_THE_BASE_IMAGE, command
                continue
            depth = 3 if words[1] == "pip" else 2
            shown = subprocess.run(
                [sys.executable, "-m", *words[:depth], "--help"], capture_output=True, text=True, check=True, timeout=60
            ).stdout
            assert [word for word in words if word.startswith("--") and word not in shown] == [], command


def test_the_constraints_are_the_locked_versions_without_hashes() -> None:
    (step,) = [step for step in of("RUN") if step.value.startswith("sed ")]
    command = step.value.rpartition(">")[0]
    made = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    locked = re.findall(r"(?m)^([\w.-]+==[^ \\]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert [line.partition(" ")[0] for line in made.splitlines()] == locked
    assert "sha256" not in made and "\\" not in made


def test_it_runs_as_nobody_of_importance_and_serves() -> None:
    last = max(step.stage for step in steps())
    final = {step.name: step.value for step in steps() if step.stage == last}
    assert final["USER"] == "reelseek"
    entry, arguments = json.loads(final["ENTRYPOINT"]), json.loads(final["CMD"])
    assert entry == ["reelseek"]
    check_command(arguments)
    names = set(re.findall(r"(\w+)=", final["ENV"]))
    assert {name for name in names if name.startswith("REELSEEK_")} <= {
        one.environment_variable for one in SETTINGS.values()
    }


@pytest.mark.parametrize("status", [200, 500, None], ids=["well", "a fault", "nothing answers"])
def test_health_is_what_the_service_says(status: int | None) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status or 500)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            pass

    (step,) = of("HEALTHCHECK")
    _, flag, code = json.loads(step.value.partition("CMD ")[2])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    port = server.server_port
    if status is None:
        server.server_close()
    else:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    (exposed,) = of("EXPOSE")
    assert f":{exposed.value}/" in code
    asked = code.replace(f":{exposed.value}/", f":{port}/")
    done = subprocess.run([sys.executable, flag, asked], capture_output=True, timeout=60, check=False)
    server.server_close()
    assert (done.returncode == 0) == (status == 200)


def test_compose_names_what_exists() -> None:
    found = compose()
    arguments = {step.value.partition("=")[0] for step in of("ARG")}
    for name, service in found["services"].items():
        if "build" in service:
            assert service["build"]["context"] == "."
            assert set(service["build"]["args"]) <= arguments
            assert {
                one for one in service["environment"] if one not in {s.environment_variable for s in SETTINGS.values()}
            } == set()
        sources = {volume.split(":")[0] for volume in service["volumes"]}
        assert {source for source in sources if not source.startswith("$")} <= set(found["volumes"]), name
    assert [name for name, service in found["services"].items() if not service.get("profiles")] == ["reelseek"]
    assert {"gpu", "vllm"} == {one for service in found["services"].values() for one in service.get("profiles", ())}
    devices = found["services"]["reelseek-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["capabilities"] == ["gpu"]
    assert found["services"]["reelseek"]["ports"][0].startswith("127.0.0.1:"), "nobody else on the network"


def test_videos_are_mounted_where_the_service_looks_and_cannot_be_changed() -> None:
    (command,) = of("CMD")
    root = json.loads(command.value)[-1]
    mounts = compose()["services"]["reelseek"]["volumes"]
    assert any(mount.endswith(f":{root}:ro") for mount in mounts)
    assert f"mkdir -p /data {root}" in " ".join(step.value for step in of("RUN"))
