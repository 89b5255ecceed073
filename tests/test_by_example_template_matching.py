"""Template matching: a crop of any size matches the picture that it is from, and no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.records import Pixels
from search.by_example.template_matching import FLAT_VARIANCE, NO_MATCH, make_templates, match_templates
from tests.helpers.coarse_pictures import drawn

SHARES = st.floats(0.55, 1.0)


def cut_out(picture: Pixels, share: float, across: float, down: float) -> Pixels:
    height, width = picture.shape[:2]
    high, wide = round(height * share), round(width * share)
    top, left = round((height - high) * down), round((width - wide) * across)
    return picture[top : top + high, left : left + wide]


@given(seed=st.integers(0, 999), share=SHARES, across=st.floats(0, 1), down=st.floats(0, 1), mirrored=st.booleans())
def test_a_crop_matches_the_picture_that_it_is_from(
    seed: int, share: float, across: float, down: float, mirrored: bool
) -> None:
    picture = drawn(seed)
    image = cut_out(picture, share, across, down)
    parts = make_templates(np.ascontiguousarray(image[:, ::-1]) if mirrored else image)
    own, other = match_templates(parts, picture, finely=True), match_templates(parts, drawn(seed + 1000), finely=True)
    assert own.agreement > 0.7
    assert own.explained > 0.8
    assert own > other
    assert other.explained < own.explained


@given(seed=st.integers(0, 999), share=SHARES)
def test_scales_in_between_never_lower_the_match(seed: int, share: float) -> None:
    picture = drawn(seed)
    parts = make_templates(cut_out(picture, share, 0.3, 0.7))
    assert match_templates(parts, picture, finely=True) >= match_templates(parts, picture)


@given(level=st.integers(0, 255), other=st.integers(0, 255))
def test_one_colour_is_explained_by_the_same_colour_alone(level: int, other: int) -> None:
    flat, picture = np.full((60, 80, 3), level, np.uint8), np.full((60, 80, 3), other, np.uint8)
    assert match_templates(make_templates(flat), picture).explained == pytest.approx(
        1 - (level - other) ** 2 / FLAT_VARIANCE
    )


def test_an_image_larger_than_the_picture_at_every_scale_does_not_match() -> None:
    assert (
        match_templates(make_templates(np.zeros((400, 40, 3), np.uint8)), np.zeros((40, 400, 3), np.uint8)) == NO_MATCH
    )
