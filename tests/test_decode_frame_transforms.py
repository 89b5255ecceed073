"""Orientation, scaling, tone mapping and cue parsing against known values."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.decode.frame_transforms import (
    Orientation,
    fitted_frame_size,
    orientation_of,
    scale_frame,
    turn_frame_upright,
)
from indexer.decode.worker.text_tracks import TextCollector, cue_texts
from indexer.decode.worker.tone_mapping import SDR_WHITE_NITS, eetf, hlg_to_scene, nits_to_pq, pq_to_nits, tone_map


def matrix(degrees: int, *, mirrored: bool = False) -> bytes:
    """A display matrix that mirrors left to right and then turns clockwise."""
    cos, sin = round(math.cos(math.radians(degrees))), round(math.sin(math.radians(degrees)))
    sign = -1 if mirrored else 1
    rows = (sign * cos, sign * sin, 0, -sin, cos, 0, 0, 0, 1)
    return struct.pack("=9i", *(value << (30 if place == 8 else 16) for place, value in enumerate(rows)))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_display_matrices(degrees: int, mirrored: bool) -> None:
    found = orientation_of(matrix(degrees, mirrored=mirrored))
    assert found == Orientation(degrees, mirrored)
    picture = np.zeros((2, 4, 3), dtype=np.uint8)
    picture[0, 0] = 255  # top left as stored
    shown = turn_frame_upright(picture, found)
    corners = {0: (0, 0), 90: (0, -1), 180: (-1, -1), 270: (-1, 0)}
    if mirrored:
        corners = {0: (0, -1), 90: (-1, -1), 180: (-1, 0), 270: (0, 0)}
    assert shown[corners[degrees]].tolist() == [255, 255, 255]
    assert shown.shape[:2] == found.shown_size(4, 2)[::-1]


def test_no_matrix_is_upright() -> None:
    assert orientation_of(None) == orientation_of(b"short") == Orientation()


@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 4000))
def test_fitted_pictures_keep_their_shape(width: int, height: int, side: int) -> None:
    new_width, new_height = fitted_frame_size(width, height, side)
    assert max(new_width, new_height) == min(side, max(width, height))
    assert min(new_width, new_height) >= 1
    assert abs(new_width * height - new_height * width) <= max(width, height)


def test_shrinking_averages_areas() -> None:
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    picture[:, ::2] = 200
    assert np.all(scale_frame(picture, 2, 2) == 100)


def test_pq_has_the_values_of_the_standard() -> None:
    # BT.2408-7, table 2 and ST 2084: signal levels of 100, 203, 1000 and 10,000 cd/m2.
    signals = nits_to_pq(np.array([100.0, 203.0, 1000.0, 10_000.0]))
    assert signals == pytest.approx([0.508, 0.581, 0.752, 1.0], abs=0.001)
    assert pq_to_nits(signals) == pytest.approx([100, 203, 1000, 10_000], rel=1e-6)


def test_hlg_has_the_values_of_the_standard() -> None:
    assert hlg_to_scene(np.array([0.0, 0.5, 1.0])) == pytest.approx([0, 1 / 12, 1], abs=1e-6)


@given(st.floats(250, 10_000))
def test_the_tone_curve_rises_and_ends_at_white(peak: float) -> None:
    nits = np.linspace(0, peak, 200)
    mapped = eetf(nits, peak)
    assert np.all(np.diff(mapped) >= -1e-9)
    assert mapped[-1] == pytest.approx(SDR_WHITE_NITS, rel=1e-3)
    assert np.all(mapped <= nits + 1e-6)


@pytest.mark.parametrize("transfer", ["pq", "hlg"])
@pytest.mark.parametrize("wide_gamut", [True, False])
def test_greys_stay_grey_and_keep_their_order(transfer: str, wide_gamut: bool) -> None:
    codes = np.repeat(np.linspace(0, 65535, 64, dtype=np.uint16)[None, :, None], 3, axis=2)
    mapped = tone_map(codes, transfer, wide_gamut=wide_gamut)  # type: ignore[arg-type]
    assert np.all(np.ptp(mapped.astype(int), axis=2) <= 1)
    grey = mapped[0, :, 1].astype(int)
    assert grey[0] == 0
    assert grey[-1] >= 250
    assert np.all(np.diff(grey) >= 0)


def test_hdr_white_becomes_bright_and_skin_grey_stays_middling() -> None:
    """The reference levels of BT.2408: 203 cd/m2 white, 26 cd/m2 18% grey card."""
    codes = (nits_to_pq(np.array([203.0, 26.0])) * 65535).astype(np.uint16)
    white, grey = tone_map(np.repeat(codes[None, :, None], 3, axis=2), "pq", wide_gamut=True)[0, :, 0]
    assert 180 <= white <= 255
    assert 85 <= grey <= 125


def test_cues_of_each_codec() -> None:
    assert cue_texts("subrip", b"<i>a</i>\n\xc3\xbc\0") == ["<i>a</i>\nü"]
    assert cue_texts("mov_text", b"\0\x03abcstyl") == ["abc"]
    assert cue_texts("mov_text", b"\0\0") == [""]
    assert cue_texts("ass", rb"3,0,Default,,0,0,0,,Hi, {\b1}you{\b0}") == [r"Hi, {\b1}you{\b0}"]
    assert cue_texts("webvtt", b"<v Bob>hi") == ["<v Bob>hi"]
    payload = struct.pack(">I4s", 11, b"payl") + b"abc"
    assert cue_texts("webvtt", struct.pack(">I4s", 8 + len(payload), b"vttc") + payload) == ["abc"]
    assert cue_texts("webvtt", struct.pack(">I4s", 8, b"vtte")) == [""]
    assert cue_texts("subrip", b"\xe4") == ["\udce4"]


def test_cues_without_duration_last_until_the_next() -> None:
    collector = TextCollector(2, "mov_text", "de", 0.001)
    for pts, text in ((3000, b""), (1000, b"\0\x02hi"), (2000, b"\0\x02ho")):
        collector.add(pts, None, text)
    collector.add(None, 5, b"\0\x02no")
    assert collector.to_message(0.5)["cues"] == [(0.5, 1.5, "hi"), (1.5, 2.5, "ho")]
