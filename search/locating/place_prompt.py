"""Prompt for the place of something in one picture, and the JSON schema of its reply, in a model's own units. Pure."""

from typing import Any

from indexer.models.frame_pairs import PictureSize
from indexer.models.vision_language import BoxUnits, Frames, Prompt, user_prompt
from search.locating.located import PlaceKind
from search.text.quoting import quote_for_prompt

MOST_PLACES = 16
"""In one reply."""
LONGEST_LABEL = 60
THOUSANDTHS = 1000
KEYS: dict[PlaceKind, tuple[str, tuple[str, ...]]] = {
    "boxes": ("bbox_2d", ("x1", "y1", "x2", "y2")),
    "points": ("point_2d", ("x", "y")),
}
"""Of each place, as the Qwen-VL models were trained: the key of its numbers, and what these are."""


def corner(units: BoxUnits, size: PictureSize) -> tuple[float, float]:
    """The lower right corner of a picture (x, y) in a model's units; the upper left one is (0, 0).

    Args:
        size: of the picture as the model sees it.
    """
    match units:
        case "thousandths":
            return THOUSANDTHS, THOUSANDTHS
        case "pixels":
            return size.width, size.height
        case "shares":
            return 1, 1


def place_prompt(query: str, frames: Frames, *, units: BoxUnits, kind: PlaceKind) -> Prompt:
    """Asks for every place of something in the only picture of `frames`."""
    size = PictureSize(*frames.pixels.shape[1:3])
    key, numbers = KEYS[kind]
    return user_prompt(
        frames,
        f"\nLocate every instance of this in the picture: {quote_for_prompt(query)}\n"
        f'Reply as JSON: {{"{kind}": [{{"{key}": [{", ".join(numbers)}], "label"}}]}}, {_units_in_words(units, size)}.'
        f" If it is not there, {kind} is empty.",
    )


def place_schema(units: BoxUnits, size: PictureSize, kind: PlaceKind) -> dict[str, Any]:
    """The schema of a reply: at most `MOST_PLACES` places, whose numbers lie in the picture."""
    key, numbers = KEYS[kind]
    number: dict[str, Any] = {
        "type": "number" if units == "shares" else "integer",
        "minimum": 0,
        "maximum": max(corner(units, size)),
    }
    place: dict[str, Any] = {
        "type": "object",
        "properties": {
            key: {"type": "array", "items": number, "minItems": len(numbers), "maxItems": len(numbers)},
            "label": {"type": "string", "maxLength": LONGEST_LABEL},
        },
        "required": [key, "label"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {kind: {"type": "array", "items": place, "maxItems": MOST_PLACES}},
        "required": [kind],
        "additionalProperties": False,
    }


def _units_in_words(units: BoxUnits, size: PictureSize) -> str:
    match units:
        case "thousandths":
            return "x from 0 at the left to 1000 at the right, y from 0 at the top to 1000 at the bottom"
        case "pixels":
            return f"in pixels of the picture, which is {size.width} wide and {size.height} high"
        case "shares":
            return "x from 0 at the left to 1 at the right, y from 0 at the top to 1 at the bottom"
