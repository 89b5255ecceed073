"""What a model says of places: every family's units, and every fault of a reply."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.errors import BoxReplyError
from indexer.models.frame_pairs import PictureSize
from indexer.models.remote.box_units import box_units_by_name
from indexer.models.vision_language import BoxUnits
from search.locating.located import Box, Point
from search.locating.place_prompt import MOST_PLACES, place_schema
from search.locating.place_reply import ParsedPlaces, parse_places

SIZE = PictureSize(height=280, width=560)
"""As the model sees the picture."""


def parsed(*boxes: Any, units: BoxUnits = "thousandths") -> ParsedPlaces:
    reply = json.dumps({"boxes": [{"bbox_2d": box, "label": "car"} for box in boxes]})
    return parse_places(reply, units=units, size=SIZE, kind="boxes")


@pytest.mark.parametrize(
    ("units", "box", "point"),
    [
        ("thousandths", [250, 500, 750, 1000], [500, 750]),
        ("pixels", [140, 140, 420, 280], [280, 210]),
        ("shares", [0.25, 0.5, 0.75, 1.0], [0.5, 0.75]),
    ],
)
def test_units_become_shares_of_the_picture(units: BoxUnits, box: list[float], point: list[float]) -> None:
    assert parsed(box, units=units).boxes == (Box(0.25, 0.5, 0.75, 1.0, "car"),)
    reply = json.dumps({"points": [{"point_2d": point, "label": "car"}]})
    assert parse_places(reply, units=units, size=SIZE, kind="points").points == (Point(0.5, 0.75, "car"),)


@pytest.mark.parametrize(
    ("name", "units"),
    [
        ("Qwen/Qwen2-VL-7B-Instruct", "thousandths"),
        ("Qwen/Qwen2.5-VL-72B-Instruct-AWQ", "pixels"),
        ("qwen2.5vl:7b", "pixels"),
        ("qwen3-vl:8b", "thousandths"),
        ("Qwen/Qwen3.5-4B", "thousandths"),
        ("llava-hf/llava-interleave-qwen-7b-hf", "shares"),
        ("some-other-model", None),
    ],
)
def test_a_servers_model_has_the_units_of_its_family(name: str, units: BoxUnits | None) -> None:
    assert box_units_by_name(name) == units


def test_numbers_beyond_the_edge_are_cut_to_it() -> None:
    assert parsed([-20, 0, 500, 1003]).boxes == (Box(0.0, 0.0, 0.5, 1.0, "car"),)


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ([500, 0, 200, 900], "wrong order"),
        ([0, 900, 200, 900], "wrong order"),
        ([1100, 10, 1200, 20], "outside"),
        ([-90, 10, -20, 20], "outside"),
        ([1, 2, 3], "has not the 4 numbers"),
        ([1, 2, 3, 4, 5], "has not the 4 numbers"),
        ([1, 2, 3, None], "has not the 4 numbers"),
        ([1, 2, 3, True], "has not the 4 numbers"),
        (["1", "2", "3", "4"], "has not the 4 numbers"),
        ([1, 2, 3, float("nan")], "has not the 4 numbers"),
        ([1, 2, float("inf"), 4], "has not the 4 numbers"),
        ([1, 2, 10**400, 4], "has not the 4 numbers"),
        ("1, 2, 3, 4", "has not the 4 numbers"),
    ],
)
def test_a_box_that_is_none_is_left_out_and_told(box: Any, reason: str) -> None:
    with pytest.raises(BoxReplyError, match=reason):
        parsed(box)
    beside = parsed(box, [0, 0, 10, 10])
    assert beside.boxes == (Box(0.0, 0.0, 0.01, 0.01, "car"),)
    assert len(beside.faults) == 1
    assert reason in beside.faults[0]


@pytest.mark.parametrize("text", ["", "none", "[]", '{"boxes": 3}', '{"points": []}', '{"boxes": [{"bbox', "[" * 9999])
def test_another_reply_than_was_asked_for_is_an_error(text: str) -> None:
    with pytest.raises(BoxReplyError, match="no JSON with a list of boxes"):
        parse_places(text, units="shares", size=SIZE, kind="boxes")


def test_no_more_than_so_many_are_taken_each_once() -> None:
    many = parsed(*[[place, 0, place + 9, 9] for place in range(MOST_PLACES + 3)])
    assert len(many.boxes) == MOST_PLACES
    assert many.faults == [f"3 beyond the limit of {MOST_PLACES} places"]
    assert len(parsed([0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 8]).boxes) == 2
    assert parsed() == ParsedPlaces((), (), [])


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda one: st.lists(one)))
def test_whatever_a_model_says_a_box_lies_in_the_picture(said: Any) -> None:
    reply = json.dumps({"boxes": [{"bbox_2d": said, "label": said}, said]})
    try:
        found = parse_places(reply, units="pixels", size=SIZE, kind="boxes")
    except BoxReplyError:
        return
    for box in found.boxes:
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1


def test_the_schema_keeps_numbers_in_the_picture() -> None:
    numbers = {
        units: place_schema(units, SIZE, "boxes")["properties"]["boxes"]["items"]["properties"]["bbox_2d"]["items"]
        for units in ("thousandths", "pixels", "shares")
    }
    assert {units: (one["type"], one["maximum"]) for units, one in numbers.items()} == {
        "thousandths": ("integer", 1000),
        "pixels": ("integer", 560),
        "shares": ("number", 1),
    }
