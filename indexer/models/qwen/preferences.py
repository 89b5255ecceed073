"""The preferences of a small model, which takes pictures of one size alone: read from a file beside its weights."""

import json
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import ModelBrokenError

PREFERENCES_FILE = "reelseek.json"


@dataclass(frozen=True, slots=True)
class Preferences:
    """Limits of a model; a model without the file has none."""

    picture_size: tuple[int, int] | None = None
    """See `VisionLanguageModel.picture_size`."""
    captioned_pairs: int | None = None
    """See `VisionLanguageModel.captioned_pairs`."""


def read_preferences(directory: Path) -> Preferences:
    """The preferences in a checkpoint directory.

    Raises:
        ModelBrokenError: the file is there and cannot be used.
    """
    file = directory / PREFERENCES_FILE
    if not file.is_file():
        return Preferences()
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        size = int(values["picture_height"]), int(values["picture_width"])
        pairs = values.get("captioned_pairs")
        return Preferences(size, None if pairs is None else max(1, int(pairs)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelBrokenError(
            f"{file} does not state picture_height and picture_width: {error}; mend or remove it"
        ) from error
