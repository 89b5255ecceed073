"""The command group: help, exit codes, errors, and how quickly it starts."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.flags import INDEX_SETTINGS
from api.cli.main import main
from indexer import errors
from indexer.config import SETTINGS, Settings
from indexer.options import shown_value
from search.options import SIGNALS_ONLY
from search.signals import SIGNALS
from tests.helpers.fakes_search import SmallLibrary

COMMANDS = [
    *"index watch search ask chat pinpoint locate describe transcript export collection serve mcp keys".split(),
    *"status videos tag speakers remove verify repair optimize backup restore eval models demo".split(),
]
PARTS = [
    *(["collection", name] for name in "list show create add trim note arrange rename remove".split()),
    ["keys", "add"],
    ["keys", "list"],
    ["keys", "revoke"],
    ["speakers", "list"],
    ["speakers", "rename"],
    ["speakers", "split"],
    ["models", "list"],
    ["models", "fetch"],
    ["demo", "make"],
    ["demo", "run"],
]
LEAVES = [[name] for name in COMMANDS if name not in {"collection", "keys", "models", "demo", "speakers"}] + PARTS


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def reelseek(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """The real entry in a process of its own."""
    command = [str(Path(sys.executable).with_name("reelseek")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, check=False)


def test_the_commands_are_listed_in_the_order_of_use() -> None:
    assert list(main.commands) == COMMANDS


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_help_teaches_with_examples(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.output
    assert f"reelseek {' '.join(command)}" in result.output.split("Examples:")[1]
    assert "--json" in result.output


@pytest.mark.parametrize("command", LEAVES[:-3], ids=" ".join)
def test_every_command_takes_library_and_models(command: list[str]) -> None:
    output = run(*command, "--help").output
    assert "-l, --library" in output
    assert "-m, --models" in output


def test_index_has_an_option_for_every_setting_with_its_default_and_range() -> None:
    output = " ".join(run("index", "--help").output.split())
    for name in INDEX_SETTINGS:
        assert "--" + name.replace("_", "-") in output
        if (high := SETTINGS[name].high) is not None:
            assert f"to {shown_value(high)}" in output, name
    default = f"[default: {Settings().frames_per_second:g}]"
    assert f"--frames-per-second X Frames sampled per second; 0.05 to 10. {default}" in output


def test_no_arguments_print_the_help_as_usage_error() -> None:
    result = reelseek()
    assert result.returncode == ExitCode.STOPPED
    assert "Examples:" in result.stderr


@pytest.mark.slow
def test_help_and_videos_do_not_import_torch_or_the_models(tmp_path: Path) -> None:
    code = """
import sys
from api.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print([name for name in ("torch", "transformers", "open_clip", "lancedb", "numpy", "rich") if name in sys.modules])
"""
    for arguments, allowed in ((["--help"], set()), (["videos", "--library", str(tmp_path)], {"lancedb", "numpy"})):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
        imported = set(eval(done.stdout.splitlines()[-1]))
        assert imported <= allowed, (arguments, done.stderr)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["serch", "x"], "Did you mean one of: 'search', 'serve'?) Try `"),
        (["serach", "x"], "Did you mean 'search'? Try `"),
        (["export", "x", "--out", "x.mov"], "no format has the extension .mov; choose one with --format"),
        (
            ["collection", "add", "x", "--video", "y", "--start", "1:75"],
            "'1:75' is not a time; write it",
        ),
        (["collection", "note", "x", "1", "-1", "z"], "-1"),
        (["search"], "nothing to search for"),
        (["search", "x", "--signal", "smell"], "smell"),
        (["search", "x", "--limit", "0"], "--limit"),
        (["index", "/nowhere/at/all"], "/nowhere/at/all"),
        (["eval", "--truth", "/nowhere.jsonl"], "/nowhere.jsonl"),
        (["eval"], "--truth"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], hint: str) -> None:
    result = run(*arguments)
    assert result.exit_code == ExitCode.STOPPED
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("reelseek: ")
    assert hint in result.stderr


def test_with_json_an_error_is_an_object_on_standard_output_too() -> None:
    for arguments in (["search", "--json"], ["videos", "--json", "--sort", "smell"]):
        result = run(*arguments)
        assert result.exit_code == ExitCode.STOPPED
        error = json.loads(result.stdout)
        assert set(error) == {"error"}
        assert error["error"]["type"] == "UsageError"
        assert error["error"]["message"] in result.stderr


def test_json_behind_two_dashes_is_a_word_to_search_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELSEEK_LIBRARY", "/nowhere")
    result = run("search", "--", "--json")
    assert result.exit_code == ExitCode.STOPPED
    assert result.stdout == ""


def _all_errors() -> list[type[errors.ReelseekError]]:
    found = [errors.ReelseekError]
    for kind in found:
        found += [below for below in kind.__subclasses__() if below.__module__ == errors.__name__]
    return found


@pytest.mark.parametrize("kind", _all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_the_tree_ends_in_one_line_without_traceback(
    kind: type[errors.ReelseekError], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "the thing \x1b[31m is gone;\nbring it back"

    def fail() -> None:
        if kind is errors.QuerySyntaxError:  # it also says where
            raise errors.QuerySyntaxError(said, "-", 0, 1, "beach -people")
        raise kind(said)

    monkeypatch.setitem(main.commands, "models", click.Command("models", callback=fail))
    result = run("models")
    code = ExitCode.INTERRUPTED if issubclass(kind, errors.Interrupted) else ExitCode.STOPPED
    assert result.exit_code == code
    assert result.stderr.startswith("reelseek: the thing \\x1b[31m is gone; bring it back")
    assert len(result.stderr.splitlines()) == 1


def test_a_fault_prints_its_traceback_and_does_not_look_like_nothing_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise KeyError("inner")

    monkeypatch.setitem(main.commands, "models", click.Command("models", callback=fail))
    result = run("models")
    assert result.exit_code == ExitCode.FAULT
    assert "Traceback" in result.stderr
    assert "please report" in result.stderr


def test_ctrl_c_ends_any_command_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(main.commands, "models", click.Command("models", callback=fail))
    result = run("models")
    assert result.exit_code == ExitCode.INTERRUPTED


def test_settings_come_from_default_file_environment_and_option_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f"library = '{tmp_path}/from-file'\n")
    monkeypatch.delenv("REELSEEK_LIBRARY", raising=False)
    monkeypatch.setenv("REELSEEK_SETTINGS", str(file))
    assert "from-file" in run("status").stderr
    monkeypatch.setenv("REELSEEK_LIBRARY", str(tmp_path / "from-environment"))
    assert "from-environment" in run("status").stderr
    assert "from-option" in run("status", "--library", str(tmp_path / "from-option")).stderr


def test_a_setting_out_of_range_says_the_range() -> None:
    result = run("index", ".", "--fps", "99")
    assert result.exit_code == ExitCode.STOPPED
    assert "0.05 to 10" in result.stderr


def test_help_names_every_signal_without_loading_what_searches() -> None:
    script = "import sys; import api.cli.commands.search; print([m for m in ('numpy', 'torch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"
    told = "".join(run("search", "--help").stdout.split())
    assert all(signal in told for signal in SIGNALS)


def test_the_signals_are_those_of_the_search() -> None:
    assert SIGNALS_ONLY.choices == SIGNALS
    assert f"[{'|'.join(SIGNALS)}]" in run("search", "--help").output.replace("\n", "").replace(" ", "")


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    library = SmallLibrary(tmp_path / "library")
    library.add("farm.mp4", [(0.0, 6.0, "cat meadow")])
    program = Path(sys.executable).with_name("reelseek")
    command = f"{program} videos --json --library '{library.close()}' | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
