"""A decoder that a file has taken over reaches nothing but that file, and the product says what protects."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli.main import main as reelseek
from api.export.source_probe import MediaWorker
from api.media import worker_process
from indexer.config import Settings
from indexer.decode import child as child_module
from indexer.decode.video import open_video
from indexer.errors import UnreadableVideoError, UnsafeVideoError
from indexer.isolation.confine import Protection, available_protection
from indexer.isolation.python_process import start_python
from indexer.isolation.seatbelt import profile_text
from indexer.pipeline.index import index_paths
from tests.helpers.hostile_decoder import TARGETS_VARIABLE
from tests.helpers.media import write_video
from tests.helpers.media_service import probed

pytestmark = [pytest.mark.slow]
needs_confinement = pytest.mark.skipif(
    not available_protection().is_complete, reason=f"this system cannot confine: {available_protection()}"
)
SETTINGS = Settings(models="text", screen_text=False, speech=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A home folder with a private key beside a folder with two videos."""
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    (tmp_path / "home" / ".ssh" / "id_rsa").write_text("secret")
    (tmp_path / "videos").mkdir()
    for name in ("a.mp4", "other.mp4"):
        write_video(tmp_path / "videos" / name, range(0, 1000, 40))
    (tmp_path / "videos" / "link").symlink_to(tmp_path / "home" / ".ssh" / "id_rsa")
    return tmp_path


@contextmanager
def taken_over(folder: Path, monkeypatch: pytest.MonkeyPatch, *, system: str = "protected") -> Iterator[None]:
    """Every child that parses a file is `tests.helpers.hostile_decoder`, with targets that exist."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(folder / "local"))
        local.listen()
        targets = {
            "secret": str(folder / "home" / ".ssh" / "id_rsa"),
            "link": str(folder / "videos" / "link"),
            "video": str(folder / "videos" / "a.mp4"),
            "port": tcp.getsockname()[1],
            "socket": str(folder / "local"),
        }

        def start(module: str, *, environment: dict[str, str], **values: Any) -> "Popen[bytes]":
            environment = {**environment, TARGETS_VARIABLE: json.dumps(targets)}
            return start_python("tests.helpers.hostile_decoder", module, system, environment=environment, **values)

        monkeypatch.setattr(child_module, "start_python", start)
        monkeypatch.setattr(worker_process, "start_python", start)
        yield


def decode(folder: Path, settings: Settings = SETTINGS) -> None:
    with open_video(folder / "videos" / "a.mp4", settings=settings, frames_per_second=1.0):
        pass


def what_worked(error: UnreadableVideoError) -> set[str]:
    """Names of the attacks that succeeded."""
    text = str(error)
    outcomes = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert len(outcomes) > 20
    return {name for name, outcome in outcomes.items() if outcome == "worked"}


def contents(folder: Path) -> dict[str, tuple[int, float, int]]:
    """Length, time and mode of every file below these folders that an attack aims at."""
    files = [path for name in ("home", "videos") for path in sorted((folder / name).rglob("*"))]
    return {str(path): (path.lstat().st_size, path.lstat().st_mtime, path.lstat().st_mode) for path in files}


@needs_confinement
def test_a_decoder_reaches_nothing_but_its_video(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(folder)
    with taken_over(folder, monkeypatch), pytest.raises(UnreadableVideoError) as caught:
        decode(folder)
    assert what_worked(caught.value) == {"read the video"}
    assert contents(folder) == before


@needs_confinement
def test_a_media_worker_writes_nothing_but_its_output(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video, before = probed(folder / "videos" / "a.mp4"), contents(folder)
    with taken_over(folder, monkeypatch), pytest.raises(UnreadableVideoError) as caught:
        MediaWorker(SETTINGS).run(video, "still", output=folder / "out.jpg", start_seconds=0.5)
    assert what_worked(caught.value) == {"read the video"}
    assert contents(folder) == before


def test_the_attacks_work_where_nothing_confines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the tests above would prove nothing."""
    refused_to_anybody = {"trace the parent", "set up io_uring", "read the parent's environment"}
    with taken_over(folder, monkeypatch, system="unprotected"), pytest.raises(UnreadableVideoError) as caught:
        decode(folder)
    assert len(what_worked(caught.value) | refused_to_anybody) == 24


def test_protection_can_be_demanded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(SETTINGS, require_confinement=True)
    expected = pytest.raises(UnsafeVideoError, match="require_confinement is set and decoders are not confined")
    with taken_over(folder, monkeypatch, system="unprotected"), expected:
        decode(folder, settings)


@needs_confinement
def test_demanded_protection_decodes_where_there_is_some(folder: Path) -> None:
    decode(folder, replace(SETTINGS, require_confinement=True))


def test_status_says_what_protects(folder: Path) -> None:
    library = folder / "library"
    index_paths([folder / "videos" / "a.mp4"], settings=Settings(library=str(library), models="text"))
    shown = CliRunner().invoke(reelseek, ["status", "--library", str(library)])
    assert str(available_protection()).split(" (")[0] in " ".join(shown.output.split())
    as_json = json.loads(CliRunner().invoke(reelseek, ["status", "--library", str(library), "--json"]).output)
    assert as_json["protection"]["files"] == available_protection().files


@pytest.mark.parametrize(
    ("protection", "text"),
    [
        (Protection(False, False, False, ""), "decoders are not confined on this system"),
        (Protection(True, True, True, "Landlock 7, seccomp"), "(Landlock 7, seccomp)"),
        (Protection(False, True, True, "seccomp"), "not denied: other files"),
    ],
)
def test_protection_in_words(protection: Protection, text: str) -> None:
    assert text in str(protection)


def test_a_profile_for_macos_allows_the_video_last(tmp_path: Path) -> None:
    """A later rule wins there, so what is allowed comes after what is denied."""
    rules = profile_text([str(tmp_path / 'a "quoted".mp4')], [str(tmp_path / "out")]).splitlines()
    assert rules.index("(deny network*)") < rules.index("(deny file-write*)") < len(rules) - 1
    assert '\\"quoted\\"' in rules[-3]
    assert rules[-1].startswith("(allow file-write* (literal ")
