"""What was measured with a profile's models is read from its data file; other profiles get the defaults."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from indexer.models.profiles import PROFILES
from search.scoring.profile_thresholds import (
    CosineBounds,
    PresenceBounds,
    ProfileThresholds,
    profile_thresholds,
    read_thresholds,
)

MEASURED = [profile for profile in PROFILES.values() if profile.thresholds is not None]
SEARCH = Path(__file__).parents[1] / "search"


def test_the_profiles_with_their_own_models_are_measured() -> None:
    assert [profile.name for profile in MEASURED] == ["text", "demo"]
    assert profile_thresholds("demo") == ProfileThresholds(
        CosineBounds(0.5, 0.55), CosineBounds(0.5, 0.6), 0.998, 2.0, PresenceBounds(0.58, 0.68)
    )
    assert profile_thresholds("text") == ProfileThresholds(text=CosineBounds(0.28, 0.38))


@pytest.mark.parametrize("name", ["small", "standard", "large", "", "no such profile"])
def test_other_profiles_get_the_defaults(name: str) -> None:
    assert profile_thresholds(name) == ProfileThresholds()


@pytest.mark.parametrize("profile", MEASURED, ids=lambda profile: profile.name)
def test_every_figure_of_a_data_file_says_how_it_was_measured(profile) -> None:
    blocks = profile.thresholds.read_text(encoding="utf-8").split("\n\n")
    assert all(block.startswith("#") for block in blocks)
    tables = [block for block in blocks if tomllib.loads(block)]
    assert len(tables) == len(tomllib.loads("\n\n".join(blocks)))
    measured = read_thresholds(profile.thresholds)
    for bounds in (measured.picture, measured.text):
        assert -1 <= bounds.floor <= bounds.sure
    assert measured.visual_presence is None or measured.visual_presence.absent < measured.visual_presence.sure


@pytest.mark.parametrize("text", ["pictures = 1", "[picture]\nsure_cosine = 0.5", "[visual_presence]\nsure = 0.5"])
def test_unknown_and_missing_keys_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "thresholds.toml").write_text(text)
    with pytest.raises(TypeError):
        read_thresholds(tmp_path / "thresholds.toml")


def test_the_printed_row_of_a_profile_names_no_data_file() -> None:
    hidden = {"thresholds", "calibration"}
    for profile in PROFILES.values():
        assert set(profile.to_json()) == {field.name for field in fields(profile)} - hidden


def test_search_knows_no_profile_by_name() -> None:
    for file in SEARCH.rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        assert not any(f'"{name}"' in source for name in PROFILES if name not in ("text", "words", "small", "large")), (
            file
        )
