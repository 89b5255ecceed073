"""Reading what changed alone: as good as reading everything, and it looks at no more than it must."""

import numpy as np
import pytest

from indexer.ocr.changed_regions import changed_regions, dilate_changed_blocks, region_area_share
from indexer.ocr.incremental_reader import IncrementalReader
from indexer.ocr.reader import ScreenTextReader
from indexer.records import Pixels
from tests.test_ocr_reader import TERMINAL, draw, letters

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader() -> ScreenTextReader:
    return ScreenTextReader()


def terminal(rows: list[str]) -> Pixels:
    return draw(rows, size=18, picture=(960, 540))


def test_a_terminal_that_fills_is_read_line_by_line(reader: ScreenTextReader) -> None:
    screen = IncrementalReader(reader)
    shares: list[float] = []
    for count in range(1, len(TERMINAL) + 1):
        picture = terminal(TERMINAL[:count])
        found = screen.read(picture)
        shares.append(screen.read_share)
        assert [letters(line.text) for line in found] == [letters(row) for row in TERMINAL[:count]]
        for line, whole in zip(found, reader.read(picture), strict=True):
            assert np.allclose(line.box, whole.box, atol=0.01)
    assert shares[0] == 1.0
    assert max(shares[1:]) < 0.3


def test_typed_letters_words_gone_and_words_replaced(reader: ScreenTextReader) -> None:
    screen = IncrementalReader(reader)
    for rows in (["$ git st", "second"], ["$ git status", "second"], ["$ git status"], ["$ make demo"]):
        assert [letters(line.text) for line in screen.read(terminal(rows))] == [letters(row) for row in rows]


def test_an_unchanged_picture_is_not_read(reader: ScreenTextReader) -> None:
    screen = IncrementalReader(reader)
    first = screen.read(terminal(TERMINAL))
    assert screen.changed_share(terminal(TERMINAL)) == 0.0
    assert screen.read(terminal(TERMINAL)) == first
    assert screen.read_share == 0.0


def test_a_page_turn_and_another_size_are_read_whole(reader: ScreenTextReader) -> None:
    screen = IncrementalReader(reader)
    screen.read(terminal(TERMINAL))
    page = draw(["Chapter one"], paper="white", ink="black", picture=(960, 540))
    assert screen.changed_share(page) == 1.0
    assert [line.text for line in screen.read(page)] == ["Chapter one"]
    assert [line.text for line in screen.read(draw(["HARVEST"]))] == ["HARVEST"]


def test_regions_are_apart_and_hold_what_changed() -> None:
    generator = np.random.default_rng(5)
    for _ in range(200):
        changed = generator.random((27, 50)) < 0.01
        boxes = [(left, top, left + 200.0, top + 20.0) for left, top in generator.uniform(0, 500, (2, 2)).tolist()]
        regions = changed_regions(changed, (1280, 720), boxes if changed.any() else [])
        covered = np.zeros((720, 1280), int)
        for left, top, right, bottom in regions:
            covered[top:bottom, left:right] += 1
        assert covered.max(initial=0) <= 1
        assert region_area_share(regions, (1280, 720)) == pytest.approx(covered.mean())
        for row, column in zip(*np.nonzero(changed), strict=True):
            assert covered[int((row + 0.5) * 720 / 27), int((column + 0.5) * 1280 / 50)]
        assert dilate_changed_blocks(changed, 1).sum() >= changed.sum()
