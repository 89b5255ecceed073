"""Parser of a model's reply about places: boxes or points as shares of the picture, each checked. Pure."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from indexer.errors import BoxReplyError
from indexer.models.frame_pairs import PictureSize
from indexer.models.vision_language import BoxUnits
from search.locating.located import Box, PlaceKind, Point
from search.locating.place_prompt import KEYS, LONGEST_LABEL, MOST_PLACES, corner

Place = TypeVar("Place", Box, Point)
LONGEST_SHOWN = 80
"""Characters of a reply in a message."""


@dataclass(frozen=True, slots=True)
class ParsedPlaces:
    """The places of a reply."""

    boxes: tuple[Box, ...]
    points: tuple[Point, ...]
    faults: list[str]
    """Of each place that was left out, what is wrong with it."""


class _NoPlaceError(Exception):
    """One place of a reply is none."""


def parse_places(text: str, *, units: BoxUnits, size: PictureSize, kind: PlaceKind) -> ParsedPlaces:
    """The places of a reply as shares of the picture, each once, at most `MOST_PLACES`.

    Numbers beyond the edge are cut to it. A place that is none is left out: its numbers are missing or not numbers, in
    the wrong order, or all of it lies outside.

    Args:
        size: of the picture as the model saw it.

    Raises:
        BoxReplyError: the reply is no JSON of the form that was asked for, or none of its places is one.
    """
    items = _items(text, kind)
    far = corner(units, size)
    if kind == "boxes":
        boxes, faults = _checked(items, lambda item: _box(item, far))
        return ParsedPlaces(boxes, (), faults)
    points, faults = _checked(items, lambda item: _point(item, far))
    return ParsedPlaces((), points, faults)


def _items(text: str, kind: PlaceKind) -> list[Any]:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    items = cast(dict[str, Any], value).get(kind) if isinstance(value, dict) else None
    if not isinstance(items, list):
        raise BoxReplyError(
            f"the model's reply is no JSON with a list of {kind}, or was cut off: {_shown(text)}; look for something"
            " rarer, or choose another model with --vision-language-model"
        )
    return cast(list[Any], items)


def _checked(items: list[Any], parse: Callable[[Any], Place]) -> tuple[tuple[Place, ...], list[str]]:
    places: dict[Place, None] = {}
    faults: list[str] = []
    for item in items[:MOST_PLACES]:
        try:
            places[parse(item)] = None
        except _NoPlaceError as fault:
            faults.append(str(fault))
    if faults and not places:
        raise BoxReplyError(
            f"none of the {len(faults)} places of the model's reply is in the picture: {faults[0]}; if the model has"
            " other units, state them with --box-units"
        )
    if len(items) > MOST_PLACES:
        faults.append(f"{len(items) - MOST_PLACES} beyond the limit of {MOST_PLACES} places")
    return tuple(places), faults


def _box(item: Any, far: tuple[float, float]) -> Box:
    numbers = _numbers(item, "boxes")
    x1, y1, x2, y2 = numbers
    if not (x1 < x2 and y1 < y2):
        raise _NoPlaceError(f"{_shown(numbers)} has its edges in the wrong order")
    left, right = _share(x1, far[0]), _share(x2, far[0])
    top, bottom = _share(y1, far[1]), _share(y2, far[1])
    if not (left < right and top < bottom):
        raise _NoPlaceError(f"{_shown(numbers)} lies outside the picture, which ends at {far[0]:g}, {far[1]:g}")
    return Box(left, top, right, bottom, _label(item))


def _point(item: Any, far: tuple[float, float]) -> Point:
    numbers = _numbers(item, "points")
    x, y = numbers
    if not (0 <= x <= far[0] and 0 <= y <= far[1]):
        raise _NoPlaceError(f"{_shown(numbers)} lies outside the picture, which ends at {far[0]:g}, {far[1]:g}")
    return Point(_share(x, far[0]), _share(y, far[1]), _label(item))


def _share(value: float, far: float) -> float:
    return min(1.0, max(0.0, value / far))


def _numbers(item: Any, kind: PlaceKind) -> list[float]:
    key, names = KEYS[kind]
    given = cast(dict[str, Any], item).get(key) if isinstance(item, dict) else None
    numbers = [_finite(value) for value in cast(list[Any], given)] if isinstance(given, list) else []
    known = [value for value in numbers if value is not None]
    if len(known) != len(names) or len(numbers) != len(names):
        raise _NoPlaceError(f"{_shown(item)} has not the {len(names)} numbers {', '.join(names)} as {key}")
    return known


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _label(item: Any) -> str:
    """One line of valid Unicode."""
    label = cast(dict[str, Any], item).get("label")
    if not isinstance(label, str):
        return ""
    return " ".join(label.encode("utf-8", "replace").decode().split())[:LONGEST_LABEL]


def _shown(value: Any) -> str:
    text = " ".join(str(value).encode("utf-8", "replace").decode().split()) or "nothing"
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "\u2026"
