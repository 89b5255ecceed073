"""`reelseek serve` and `reelseek keys` before anything is served: what is refused, what is said, what is kept."""

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.exit_codes import ExitCode
from api.cli.main import main
from api.service.api_keys import KeyStore
from indexer.store.library import Library
from indexer.store.schema import Maker

MAKER = Maker("", 0, "text-model", 4, "1/s, 2-30 s, max_side 1280", "text")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty library."""
    Library.open_writer(tmp_path / "library", maker=MAKER).close()
    return tmp_path / "library"


def test_a_key_is_shown_once_listed_and_revoked(place: Path) -> None:
    made = json.loads(run("keys", "add", "laptop", "--library", str(place), "--json").output)
    assert KeyStore(place).is_known(made["key"])
    listed = run("keys", "list", "--library", str(place), "--json").output
    assert made["key"] not in listed
    assert [key["name"] for key in json.loads(listed)["keys"]] == ["laptop"]
    assert "laptop" in run("keys", "list", "--library", str(place)).output
    assert run("keys", "revoke", "laptop", "--library", str(place)).exit_code == ExitCode.OK
    assert not KeyStore(place).is_known(made["key"])
    again = run("keys", "revoke", "laptop", "--library", str(place))
    assert again.exit_code == ExitCode.STOPPED
    assert "keys list" in again.output


def test_a_key_needs_no_library_and_no_model(tmp_path: Path) -> None:
    place = tmp_path / "new"
    made = json.loads(run("keys", "add", "laptop", "--library", str(place), "--json").output)
    assert KeyStore(place).is_known(made["key"])
    assert [entry.name for entry in place.iterdir()] == ["keys.json"]
    Library.open_writer(place, maker=MAKER).close()
    assert KeyStore(place).is_known(made["key"]), "what is indexed later keeps it"
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a.mp4").touch()
    refused = run("keys", "add", "laptop", "--library", str(tmp_path / "films"))
    assert (refused.exit_code, "is not a library" in refused.output) == (ExitCode.STOPPED, True)


def test_another_address_without_a_key_is_refused(place: Path) -> None:
    result = run("serve", "--host", "0.0.0.0", "--library", str(place))
    assert result.exit_code == ExitCode.STOPPED
    assert "reelseek keys add" in result.output


def test_an_address_in_use_is_told(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", str(taken.getsockname()[1]), "--library", str(place))
    assert result.exit_code == ExitCode.STOPPED
    assert "--port" in result.output


@pytest.mark.parametrize("origin", ["example.org", "*", "https://a/b", "ftp://a", "https://u@a"])
def test_what_is_no_origin_is_refused(place: Path, origin: str) -> None:
    result = run("serve", "--cors-origin", origin, "--library", str(place))
    assert result.exit_code == ExitCode.STOPPED
    assert "--cors-origin" in result.output


def test_a_damaged_library_is_told_before_anything_is_served(place: Path) -> None:
    (place / "library.json").write_text("{")
    result = run("serve", "--library", str(place))
    assert result.exit_code == ExitCode.STOPPED
    assert "damaged" in result.output


def test_the_help_has_examples() -> None:
    for words in (("serve",), ("keys",), ("keys", "add"), ("keys", "list"), ("keys", "revoke")):
        assert "Examples:" in run(*words, "--help").output
