"""Byte ranges and conditional requests by RFC 9110."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.media.byte_ranges import (
    ByteRange,
    OutsideError,
    Validators,
    check_conditions,
    parse_range,
    range_still_holds,
)

VALIDATORS = Validators('"abc"', 784111777)
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
"""784111777 seconds after 1970, the example of RFC 9110, 5.6.7."""


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("bytes=0-499", (0, 500)),
        ("bytes=500-999", (500, 1000)),
        ("bytes=-500", (9500, 10000)),
        ("bytes=9500-", (9500, 10000)),
        ("bytes=0-0", (0, 1)),
        ("bytes=-1", (9999, 10000)),
        ("bytes=0-99999999999999999999999999", (0, 10000)),
        ("bytes=-99999999999999999999999999", (0, 10000)),
        ("BYTES=1-2", (1, 3)),
        ("bytes = 1-2", (1, 3)),
        ("bytes= , 1-2 ,", (1, 3)),
        ("bytes=0-1,20000-", (0, 2)),
        ("bytes=000001-000002", (1, 3)),
    ],
)
def test_one_range(value: str, wanted: tuple[int, int]) -> None:
    assert parse_range(value, 10_000) == ByteRange(*wanted)


@pytest.mark.parametrize(
    "value",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=0-1,5-6", "items=0-1", "bytes=1", "bytes=1-2-3",
     "bytes=٣-٤", "bytes=+1-2", "bytes=0x1-0x2", "bytes=1 -2", "bytes=" + ",".join(["0-0"] * 1000), "bytes=0-1;1-2"],
)  # fmt: skip
def test_what_is_broken_foreign_or_several_asks_for_the_whole(value: str) -> None:
    assert parse_range(value, 10_000) is None


@pytest.mark.parametrize(
    "value", ["bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999-,10000-", "bytes=" + "9" * 5000 + "-"]
)
def test_outside(value: str) -> None:
    with pytest.raises(OutsideError):
        parse_range(value, 10_000)


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=-5", "bytes=0-0"])
def test_an_empty_file_has_no_ranges(value: str) -> None:
    with pytest.raises(OutsideError):
        parse_range(value, 0)


@given(first=st.integers(0, 2**70), length=st.integers(0, 2**70), size=st.integers(1, 2**40))
def test_any_range_lies_inside(first: int, length: int, size: int) -> None:
    try:
        found = parse_range(f"bytes={first}-{first + length}", size)
    except OutsideError:
        assert first >= size
        return
    assert found == ByteRange(first, min(size, first + length + 1))


@given(length=st.integers(1, 2**70), size=st.integers(1, 2**40))
def test_any_suffix(length: int, size: int) -> None:
    assert parse_range(f"bytes=-{length}", size) == ByteRange(max(0, size - length), size)


@given(value=st.text(), size=st.integers(0, 2**40))
def test_any_text_is_answered(value: str, size: int) -> None:
    for header in (value, f"bytes={value}"):
        try:
            found = parse_range(header, size)
        except OutsideError:
            continue
        assert found is None or 0 <= found.start < found.stop <= size


def test_content_range() -> None:
    assert ByteRange(500, 1000).content_range(1234) == "bytes 500-999/1234"


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, "send"),
        ({"if-none-match": '"abc"'}, "not_modified"),
        ({"if-none-match": 'W/"abc"'}, "not_modified"),
        ({"if-none-match": '"x", "abc"'}, "not_modified"),
        ({"if-none-match": "*"}, "not_modified"),
        ({"if-none-match": '"x"'}, "send"),
        ({"if-none-match": '"x"', "if-modified-since": DATE}, "send"),
        ({"if-modified-since": DATE}, "not_modified"),
        ({"if-modified-since": "Sun, 06 Nov 1994 08:49:36 GMT"}, "send"),
        ({"if-modified-since": "nonsense"}, "send"),
        ({"if-match": '"abc"'}, "send"),
        ({"if-match": "*"}, "send"),
        ({"if-match": 'W/"abc"'}, "failed"),
        ({"if-match": '"x"'}, "failed"),
        ({"if-unmodified-since": DATE}, "send"),
        ({"if-unmodified-since": "Sun, 06 Nov 1994 08:49:36 GMT"}, "failed"),
    ],
)
def test_conditions(headers: dict[str, str], wanted: str) -> None:
    assert check_conditions(headers, VALIDATORS) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, True),
        ('"abc"', True),
        ('W/"abc"', False),
        ('"x"', False),
        (DATE, True),
        ("Sun, 06 Nov 1994 08:49:38 GMT", False),
        ("nonsense", False),
        ("*", False),
    ],
)
def test_if_range(value: str | None, wanted: bool) -> None:
    assert range_still_holds(value, VALIDATORS, now_seconds=2e9) is wanted


def test_a_date_does_not_vouch_for_a_file_written_this_second() -> None:
    assert not range_still_holds(DATE, VALIDATORS, now_seconds=VALIDATORS.modified_seconds + 0.5)


@given(value=st.text())
def test_any_header_is_answered(value: str) -> None:
    names = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
    for name in names:
        assert check_conditions({name: value}, VALIDATORS) in {"send", "not_modified", "failed"}
    range_still_holds(value, VALIDATORS, now_seconds=0)
