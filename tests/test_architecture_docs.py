"""`docs/architecture.md` and its picture agree with the source."""

import importlib
import xml.etree.ElementTree as ET
from functools import reduce
from itertools import pairwise

import pytest

from tests.helpers.architecture import ROOMS, modules
from tests.helpers.architecture_picture import (
    DOCUMENT,
    PICTURE,
    PLACES,
    WAYS,
    Step,
    box_graph,
    boxes_of,
    draw,
    own_names,
    steps_of,
    width_of,
    with_table,
)
from tests.helpers.layered_layout import lay_out, without_shortcuts

TEXT = DOCUMENT.read_text(encoding="utf-8")
STALE = "stale: run python -m tests.helpers.architecture_picture"


def test_table_of_packages_is_that_of_the_source() -> None:
    assert with_table(TEXT) == TEXT, STALE


def test_picture_is_that_of_the_source() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw(TEXT), STALE


def test_picture_is_well_formed_and_shows_every_box_once() -> None:
    labels = [element.text for element in ET.fromstring(draw(TEXT)).iter("{http://www.w3.org/2000/svg}text")]
    for room in ROOMS:
        assert f"{room}/" in labels
        assert {*boxes_of(room).values()} <= {*labels}


def test_every_room_has_its_place() -> None:
    assert sorted(PLACES) == sorted(ROOMS)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_has_its_steps(way: str) -> None:
    steps = [step for step in steps_of(TEXT) if step.way == way]
    assert len(steps) >= 6
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))


@pytest.mark.parametrize("step", steps_of(TEXT), ids=lambda step: f"{step.way}-{step.number}")
def test_every_step_says_where_it_happens(step: Step) -> None:
    assert step.names


@pytest.mark.parametrize("name", sorted({*own_names(TEXT)}))
def test_every_name_in_the_document_exists(name: str) -> None:
    parts = name.split(".")
    module = next(".".join(parts[:size]) for size in range(len(parts), 0, -1) if ".".join(parts[:size]) in modules())
    rest = parts[module.count(".") + 1 :]
    assert reduce(getattr, rest, importlib.import_module(module)) is not None


@pytest.mark.parametrize("room", ROOMS)
def test_layout_puts_imports_below_and_nothing_above_another(room: str) -> None:
    graph, boxes = without_shortcuts(box_graph(room)), boxes_of(room)
    widths, width = {box: width_of(label) for box, label in boxes.items()}, PLACES[room][2]
    plan = lay_out(boxes, graph, widths, width=width, gap=8)
    assert all(plan.layer[node] < plan.layer[other] for node, others in graph.items() for other in others)
    for layer in set(plan.layer.values()):
        row = sorted((box for box in boxes if plan.layer[box] == layer), key=lambda box: plan.x[box])
        for left, right in pairwise(row):
            assert plan.x[left] + widths[left] / 2 < plan.x[right] - widths[right] / 2
        half = {box: widths[box] / 2 - 1e-6 for box in row}  # places are sums of fractions
        assert all(half[box] <= plan.x[box] <= width - half[box] for box in row)
