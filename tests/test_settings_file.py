"""The settings file, as the editors of several systems save it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.config import SETTINGS, Settings, load_settings
from indexer.errors import SettingsError


@pytest.fixture(autouse=True)
def no_library_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests set a library for all; here only the file says it."""
    monkeypatch.delenv("REELSEEK_LIBRARY", raising=False)


CONTENT = 'models = "text"\nframes_per_second = 0.5\nlibrary = "Übung"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_mark_and_the_ends_of_lines_do_not_matter(tmp_path: Path, encoding: str, line_end: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(CONTENT.replace("\n", line_end).encode(encoding))
    settings = load_settings(file=file)
    assert (settings.models, settings.frames_per_second, settings.library) == ("text", 0.5, "Übung")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(CONTENT.encode(encoding))
    with pytest.raises(SettingsError, match=r"settings file .*settings\.toml (is not UTF-8|cannot be read)"):
        load_settings(file=file)


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(file=tmp_path)


VALUES = st.one_of(
    st.sampled_from(
        ["true", "false", "nan", "-inf", "0", "-1", "1e999", "9" * 400, "0x" + "f" * 5000, '"\\u0000"', '""']
    ),
    st.sampled_from(["[" * 3000, "[1]", "{}", "{ a = 1 }", "2026-01-01", "12:30:00", "'''", '"auto"', '"0.5"']),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=20).map(repr),
)
LINES = st.tuples(st.sampled_from([*SETTINGS, "unknown", "[table]", "models.a", "ключ"]), VALUES).map(" = ".join)
ENCODED = st.builds(
    lambda lines, encoding: "\n".join(lines).encode(encoding, "replace"),
    st.lists(LINES, max_size=3),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1", "cp1251", "shift_jis"]),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings")


@given(raw=st.one_of(st.binary(max_size=200), ENCODED))
def test_any_bytes_are_settings_in_their_ranges_or_a_typed_error(folder: Path, raw: bytes) -> None:
    file = folder / "settings.toml"
    file.write_bytes(raw)
    try:
        loaded = load_settings(file=file)
    except SettingsError:
        return
    for option in SETTINGS.values():
        value = getattr(loaded, option.name)
        assert value == option.default or isinstance(value, option.kind)
        if option.low is not None and option.high is not None and value != option.default:
            assert option.low <= value <= option.high


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("frames_per_second = " + "9" * 400, id="no float holds it"),
        pytest.param("frames_per_second = " + "9" * 5000, id="more digits than Python converts"),
        pytest.param("batch_frames = 0x" + "f" * 5000, id="more digits than Python shows"),
        pytest.param("library = " + "[" * 3000, id="deep"),
        pytest.param('library = ["a", "b"]', id="a list for a text"),
        pytest.param("models = { a = 1 }", id="a table for a text"),
        pytest.param("frames_per_second = true", id="a truth value for a number"),
    ],
)
def test_values_that_are_none_are_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"settings\.toml|frames_per_second|batch_frames|library|models") as caught:
        load_settings(file=file)
    assert len(str(caught.value)) < 1000


def test_whole_numbers_and_paths_are_taken_as_they_are_meant() -> None:
    assert load_settings({"library": Path("films")}).library == "films"
    assert load_settings({"batch_frames": 8.0, "library": 7}) == Settings(library="7", batch_frames=8)
