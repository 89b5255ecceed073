"""The settings file, as the editors of several systems save it."""

from pathlib import Path

import pytest

from indexer.config import load_settings
from indexer.errors import SettingsError

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
