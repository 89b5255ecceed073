"""The thresholds of a model profile, read from the data file that the profile's row names.

Every model has its own scale of cosines, so these figures hold for one set of models. A profile without a data file
gets the defaults below, and so does whatever a data file leaves out. The data file tells how each figure was measured.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from indexer.models.profiles import PROFILES

NEAR_DUPLICATE_COSINE = 0.97
"""For profiles without a scale of their own. Not measured with a large model."""


@dataclass(frozen=True, slots=True)
class CosineBounds:
    """Cosines that decide about a match regardless of the background; the defaults never do."""

    floor: float = -1.0
    """Below it, a hit never counts."""
    sure: float = 2.0
    """From it on, a hit always counts."""


@dataclass(frozen=True, slots=True)
class PresenceBounds:
    """Bounds of the mean cosine of picture and caption of the best segment."""

    absent: float
    """Below it, nothing in the library shows what is described."""
    sure: float
    """From it on, something certainly does."""


@dataclass(frozen=True, slots=True)
class ProfileThresholds:
    """All thresholds that depend on a profile's models."""

    picture: CosineBounds = CosineBounds()
    """Between a query and a frame."""
    text: CosineBounds = CosineBounds()
    """Between a query and a text."""
    near_duplicate_cosine: float = NEAR_DUPLICATE_COSINE
    """From it on, two segments show the same; cosine of their mean picture vectors."""
    example_words_weight: float | None = None
    """Factor of the vector of the words beside an example; None: derived from the library."""
    visual_presence: PresenceBounds | None = None
    """None: visual presence is not judged."""


@cache
def profile_thresholds(profile: str) -> ProfileThresholds:
    """The thresholds of the profile of that name; the defaults for a name that is not in the table of profiles."""
    row = PROFILES.get(profile)
    return ProfileThresholds() if row is None or row.thresholds is None else read_thresholds(row.thresholds)


def read_thresholds(file: Path) -> ProfileThresholds:
    """The thresholds in a TOML file whose keys are the fields of `ProfileThresholds`; the defaults for absent ones.

    Raises:
        OSError: the file cannot be read.
        tomllib.TOMLDecodeError: the file is not TOML.
        TypeError: a key is unknown, or one of a pair of bounds is missing.
    """
    values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    for name, bounds in (("picture", CosineBounds), ("text", CosineBounds), ("visual_presence", PresenceBounds)):
        if name in values:
            values[name] = bounds(**values[name])
    return ProfileThresholds(**values)
