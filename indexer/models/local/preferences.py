"""The preferences of a small model, which takes pictures of one size alone: read from a file beside its weights."""

import json
from dataclasses import replace
from pathlib import Path

from indexer.errors import ModelBrokenError
from indexer.models.vision_language import VisionSpec

PREFERENCES_FILE = "reelseek.json"


def with_preferences(vision: VisionSpec, directory: Path) -> VisionSpec:
    """What pictures a model takes, limited by the file in its directory; as given without one.

    A small model gives boxes only where its file says so (`"boxes": true`).

    Raises:
        ModelBrokenError: the file is there and cannot be used.
    """
    file = directory / PREFERENCES_FILE
    if not file.is_file():
        return vision
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        size = int(values["picture_height"]), int(values["picture_width"])
        pairs = values.get("captioned_pairs")
        boxes = vision.boxes if values.get("boxes") is True else None
        return replace(vision, only=size, captioned_pairs=None if pairs is None else max(1, int(pairs)), boxes=boxes)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelBrokenError(
            f"{file} does not state picture_height and picture_width: {error}; correct or remove it"
        ) from error
