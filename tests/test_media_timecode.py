"""Frame rates and time codes: counted by hand, against OpenTimelineIO, and by properties."""

from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.media.timecode import FrameRate, is_drop_frame, parse_rate, standard_rate
from indexer.errors import FrameRateError

NTSC = {24: Fraction(24_000, 1001), 30: Fraction(30_000, 1001), 60: Fraction(60_000, 1001)}
RATES = [
    *(FrameRate(rate) for rate in NTSC.values()),
    *(FrameRate(Fraction(rate)) for rate in (24, 25, 30, 50, 60)),
    FrameRate(NTSC[30], drops=True),
    FrameRate(NTSC[60], drops=True),
]
any_rate = st.sampled_from(RATES)
DF = FrameRate(NTSC[30], drops=True)
DF60 = FrameRate(NTSC[60], drops=True)


@pytest.mark.parametrize(
    ("rate", "frame", "timecode"),
    [
        (DF, 0, "00:00:00;00"),
        (DF, 1799, "00:00:59;29"),
        (DF, 1800, "00:01:00;02"),
        (DF, 17_981, "00:09:59;29"),
        (DF, 17_982, "00:10:00;00"),
        (DF, 107_892, "01:00:00;00"),
        (DF, 2_589_407, "23:59:59;29"),
        (DF, 2_589_408, "00:00:00;00"),
        (DF60, 3599, "00:00:59;59"),
        (DF60, 3600, "00:01:00;04"),
        (DF60, 35_964, "00:10:00;00"),
        (FrameRate(NTSC[30]), 1800, "00:01:00:00"),
        (FrameRate(NTSC[24]), 24, "00:00:01:00"),
        (FrameRate(Fraction(25)), 90_000, "01:00:00:00"),
    ],
)
def test_time_codes_as_the_standard_counts_them(rate: FrameRate, frame: int, timecode: str) -> None:
    assert rate.timecode(frame) == timecode
    assert rate.frame_at(timecode) == frame % rate.day_frames


@given(any_rate, st.integers(0, 10_000_000))
def test_a_time_code_names_its_frame(rate: FrameRate, frame: int) -> None:
    frame %= rate.day_frames
    assert rate.frame_at(rate.timecode(frame)) == frame


@given(any_rate, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 59))
def test_a_frame_has_its_time_code_or_the_number_is_left_out(
    rate: FrameRate, hours: int, minutes: int, seconds: int, frames: int
) -> None:
    timecode = f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if rate.drops else ':'}{frames:02d}"
    is_left_out = rate.drops and seconds == 0 and minutes % 10 and frames < (2 if rate.counted == 30 else 4)
    if frames >= rate.counted or is_left_out:
        with pytest.raises(FrameRateError):
            rate.frame_at(timecode)
    else:
        assert rate.timecode(rate.frame_at(timecode)) == timecode


@given(any_rate, st.integers(0, 2_000_000))
def test_time_codes_rise(rate: FrameRate, frame: int) -> None:
    frame %= rate.day_frames - 1
    assert rate.timecode(frame) < rate.timecode(frame + 1)


@given(any_rate, st.integers(0, 2_000_000))
def test_opentimelineio_counts_the_same(rate: FrameRate, frame: int) -> None:
    frame %= rate.day_frames
    exact = float(rate.per_second)
    time = otio.opentime.RationalTime(frame, exact)
    assert otio.opentime.to_timecode(time, exact, drop_frame=rate.drops) == rate.timecode(frame)
    assert otio.opentime.from_timecode(rate.timecode(frame), exact).value == frame


@given(any_rate, st.integers(0, 1_000_000), st.integers(1, 100_000), st.integers(-1, 1), st.integers(-1, 1))
def test_a_span_told_to_the_millisecond_means_its_frames(
    rate: FrameRate, first: int, count: int, early: int, late: int
) -> None:
    start, stop = rate.seconds(first), rate.seconds(first + count)
    for tell in (float, lambda time: round(float(time), 3)):
        assert rate.frames_of(tell(start), tell(stop)) == (first, first + count)
    inside = rate.seconds(1) / 4
    assert rate.frames_of(float(start + inside * (1 + early)), float(stop - inside * (1 + late))) == (
        first,
        first + count,
    )


@given(any_rate, st.floats(0, 1e5), st.floats(0, 1e3))
def test_a_span_holds_what_is_on_screen_in_it(rate: FrameRate, start: float, length: float) -> None:
    first, stop = rate.frames_of(start, start + length)
    slack = Fraction(1, 1000)
    assert rate.seconds(first) - slack <= start < rate.seconds(first + 1)
    assert stop == first + 1 or rate.seconds(stop - 1) < Fraction(start + length) <= rate.seconds(stop) + slack


@pytest.mark.parametrize(
    ("told", "meant"),
    [("23.976", NTSC[24]), ("23.98", NTSC[24]), ("29.97", NTSC[30]), ("2997/100", NTSC[30]), ("59.94", NTSC[60]),
     ("24", Fraction(24)), ("25", Fraction(25)), ("12.5", Fraction(25, 2))],
)  # fmt: skip
def test_rates_as_containers_write_them(told: str, meant: Fraction) -> None:
    assert parse_rate(told) == meant
    assert standard_rate(meant) == meant


@pytest.mark.parametrize("text", ["", "fast", "0", "-25", "1/0", "2000", "nan"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(FrameRateError):
        parse_rate(text)


@pytest.mark.parametrize(
    "text", ["", "1:2:3:4", "00:00:00:25", "24:00:00:00", "00:60:00:00", "00:00:00:0a", "00:00:00"]
)
def test_what_is_no_time_code(text: str) -> None:
    with pytest.raises(FrameRateError):
        FrameRate(Fraction(25)).frame_at(text)


def test_drop_frame_exists_for_two_rates_alone() -> None:
    with pytest.raises(FrameRateError, match="drop-frame"):
        FrameRate(Fraction(25), drops=True)
    with pytest.raises(FrameRateError, match="time code is not defined"):
        FrameRate(Fraction(25, 2)).timecode(0)
    assert is_drop_frame("01:00:00;00") and is_drop_frame("01:00:00.00") and not is_drop_frame("01:00:00:00")


@pytest.mark.parametrize(
    ("rate", "frame"),
    [
        (FrameRate(Fraction(25)), 90_000),
        (FrameRate(Fraction(30_000, 1001)), 108_000),
        (FrameRate(Fraction(30_000, 1001), drops=True), 107_892),
        (FrameRate(Fraction(60_000, 1001), drops=True), 215_784),
        (FrameRate(Fraction(25, 2)), 45_000),
    ],
    ids=lambda value: value.name if isinstance(value, FrameRate) else str(value),
)
def test_the_frame_of_one_hour(rate: FrameRate, frame: int) -> None:
    assert rate.hour_frame == frame
