"""The libraries that a person has served, on their way from one service to the page of another."""

# ruff: noqa: F811 - fixtures are imported, then named as arguments

from pathlib import Path

import pytest

from api.local.known_libraries import MOST_LIBRARIES, known_libraries, remember_library
from api.local.running_service import FILE_NAME, leave_note
from api.service.api_keys import KeyStore
from api.service.routes.libraries import short_names
from indexer.store.folder import MAKER_FILE
from tests.helpers.service import demo_library, demo_settings, own_library, serving  # noqa: F401


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def make(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / MAKER_FILE).write_text("{}")
    return path


def test_the_last_served_comes_first_and_each_once(tmp_path: Path) -> None:
    films, talks = make(tmp_path / "films"), make(tmp_path / "talks")
    for library in (films, talks, films):
        remember_library(library)
    assert known_libraries() == [films, talks]


def test_what_is_gone_is_left_out_and_the_list_does_not_grow_for_ever(tmp_path: Path) -> None:
    many = [make(tmp_path / str(number)) for number in range(MOST_LIBRARIES + 5)]
    for library in many:
        remember_library(library)
    (many[-1] / MAKER_FILE).unlink()
    assert known_libraries() == many[-2:4:-1]


@pytest.mark.parametrize("content", ["", "{", "3", "[1, {}]", "\0"])
def test_a_damaged_list_is_an_empty_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "reelseek").mkdir()
    (tmp_path / "reelseek" / "libraries.json").write_text(content)
    assert known_libraries() == []
    remember_library(make(tmp_path / "films"))
    assert known_libraries() == [tmp_path / "films"]


def test_equal_names_are_told_apart_by_the_folders_above() -> None:
    paths = [Path("/a/films/library"), Path("/a/talks/library"), Path("/b/home")]
    assert [*short_names(paths).values()] == ["films/library", "talks/library", "home"]


@pytest.mark.slow
def test_a_service_names_the_libraries_that_were_served_and_where(own_library: Path, tmp_path: Path) -> None:
    copy = make(tmp_path / "copy of it")
    remember_library(copy)
    with serving(demo_settings(own_library)) as running, running.client() as client:
        leave_note(copy, url="http://127.0.0.1:9", token="t", settings=demo_settings(copy))
        this, other = client.get("/api/v1/libraries").json()["libraries"]
        assert (this["name"], this["is_this"], this["url"]) == ("library", True, None)
        assert (other["name"], other["is_this"], other["url"]) == ("copy of it", False, "http://127.0.0.1:9")
        assert f"--library '{copy}'" in other["command"]
        (copy / FILE_NAME).unlink()
        assert client.get("/api/v1/libraries").json()["libraries"][1]["url"] is None
    assert known_libraries() == [own_library, copy]


@pytest.mark.slow
def test_who_has_only_a_key_is_told_of_no_other_library(own_library: Path, tmp_path: Path) -> None:
    remember_library(make(tmp_path / "private"))
    _, token = KeyStore(own_library).add("laptop")
    with serving(demo_settings(own_library), require_key=True) as running:
        headers = {"Authorization": f"Bearer {token}"}
        with running.client(headers=headers) as client:
            assert client.get("/api/v1/libraries").json() == {"libraries": []}
