"""The documents tell the truth: options, exit codes, files and profiles are those of the code."""

import re
from pathlib import Path

import click
import pytest

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from indexer.models.profiles import PROFILES
from tests.helpers.cli_docs import COMMANDS, flags_of

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "docs/cli.md",
    "docs/json.md",
    "docs/glossary.md",
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """Heading of second level, without back quotes -> what stands below it."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {heading.replace("`", ""): body for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def test_cli_md_has_a_section_for_each_command_and_no_other() -> None:
    documented = {heading for heading in sections(read("docs/cli.md")) if heading.startswith("reelseek")}
    assert documented == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_cli_md_lists_exactly_the_options_in_code(name: str) -> None:
    body = sections(read("docs/cli.md"))[name]
    rows = re.findall(r"^\| `(-[^`]*)` \|", body, flags=re.MULTILINE)
    options = [param for param in COMMANDS[name].params if isinstance(param, click.Option)]
    expected = [", ".join((*option.opts, *option.secondary_opts)) for option in options]
    assert [re.sub(r" [A-Z].*$", "", row) for row in rows] == expected


def test_cli_md_says_the_defaults_of_the_options() -> None:
    text = " ".join(read("docs/cli.md").split())
    for command in COMMANDS.values():
        for flag in flags_of(command):
            if flag.option.kind is not bool and (shown := flag.option.shown_default()):
                assert f"[{shown}]" in text, flag.name


def test_the_exit_codes_are_documented() -> None:
    rows = re.findall(r"^\| (\d+) \|", sections(read("docs/json.md"))["Exit codes"], flags=re.MULTILINE)
    assert [int(row) for row in rows] == [int(code) for code in ExitCode]


def test_the_profiles_are_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", sections(read("docs/models.md"))["Profiles"], flags=re.MULTILINE)
    assert rows == list(PROFILES)


def test_the_readme_names_commands_that_exist() -> None:
    words = re.findall(r"\breelseek ([a-z]+)", " ".join(read(name) for name in DOCUMENTS))
    assert set(words) <= set(main.commands)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_and_named_files_exist(name: str) -> None:
    text = read(name)
    base = (ROOT / name).parent
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (base / link).exists()] == []
    named = re.findall(r"`((?:indexer|search|api|web|demo|bench|docs)/[\w/.]+)`", text)
    assert [file for file in named if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_hold_no_absolute_paths_of_a_machine(name: str) -> None:
    assert not re.search(r"(?<![\w.~])/(work|home|root|Users)/", read(name))
