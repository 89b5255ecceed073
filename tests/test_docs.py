"""The documents name files, commands and headings that exist, and every benchmark."""

import re
from pathlib import Path

import pytest

from tests.helpers.architecture import ROOT

DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "demo").rglob("README.md")]
)
FOLDERS = ("api", "search", "indexer", "reelseek", "demo", "web", "bench", "tests", "docs")


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_links_lead_somewhere(document: Path) -> None:
    dead: list[str] = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_files_and_folders_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_python_commands_that_are_named_exist(document: Path) -> None:
    commands = re.findall(r"python -m ((?:bench|demo|tests)[\w.]+\w)", document.read_text(encoding="utf-8"))
    places = [ROOT.joinpath(*command.split(".")) for command in commands]
    absent = [one for one in places if not one.with_suffix(".py").is_file() and not (one / "__main__.py").is_file()]
    assert absent == []


def test_every_benchmark_is_listed() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    benchmarks = sorted(
        [file.stem for file in (ROOT / "bench").glob("*.py") if file.name != "__init__.py"]
        + [file.parent.name for file in (ROOT / "bench").glob("*/__main__.py")]
    )
    assert sorted(set(re.findall(r"^\| `python -m bench\.(\w+)` \|", text, re.MULTILINE))) == benchmarks
