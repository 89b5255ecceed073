"""HTTP byte ranges and conditional requests by RFC 9110 (sections 8.8, 13, 14). Pure.

A single range is served. Of several, those outside the file are dropped; if more than one remains, the whole file is
sent, which 14.2 allows ("a server MAY ignore the Range header field").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Literal

_SET = re.compile(r"\s*bytes\s*=(?P<set>.*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_SPEC = re.compile(r"(?P<first>[0-9]*)-(?P<last>[0-9]*)", re.ASCII)
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_MAX_DIGITS = 18
_MAX_RANGES = 64
"""A header with more ranges is ignored; no player sends that many."""
Condition = Literal["send", "not_modified", "failed"]


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Half-open range `[start, stop)` of bytes."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size: int) -> str:
        """Value of the `Content-Range` header."""
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class OutsideError(Exception):
    """No requested range overlaps the file: 416."""


@dataclass(frozen=True, slots=True)
class Validators:
    """Validators that identify a version of a file."""

    etag: str
    """Strong entity tag, with quotes."""
    modified_seconds: int
    """Modification time in seconds since 1970."""

    @property
    def last_modified(self) -> str:
        """Value of the `Last-Modified` header."""
        return format_datetime(datetime.fromtimestamp(self.modified_seconds, UTC), usegmt=True)


def parse_range(value: str, size: int) -> ByteRange | None:
    """The range to send of a file of `size` bytes; None for the whole file.

    Other units, invalid headers and several ranges select the whole file.

    Raises:
        OutsideError: every range lies outside the file.
    """
    found = _SET.fullmatch(value)
    if found is None:
        return None
    specs = [spec for spec in (piece.strip(" \t") for piece in found["set"].split(",")) if spec]
    if not specs or len(specs) > _MAX_RANGES:
        return None
    inside: list[ByteRange] = []
    for spec in specs:
        match = _SPEC.fullmatch(spec)
        if match is None or spec == "-":
            return None
        first, last = match["first"], match["last"]
        if first and last and _number(last) < _number(first):
            return None
        if (one := _inside(first, last, size)) is not None:
            inside.append(one)
    if not inside:
        raise OutsideError
    return inside[0] if len(inside) == 1 else None


def _inside(first: str, last: str, size: int) -> ByteRange | None:
    if not first:
        length = min(_number(last), size)
        return ByteRange(size - length, size) if length else None
    start = _number(first)
    stop = min(_number(last) + 1, size) if last else size
    return ByteRange(start, stop) if start < size else None


def _number(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def check_conditions(headers: Mapping[str, str], validators: Validators) -> Condition:
    """Evaluate the four preconditions of a GET or HEAD, in the order of RFC 9110, 13.2.2.

    Args:
        headers: of the request, with lower-case names.
    """
    if (match := headers.get("if-match")) is not None:
        if not _matches(match, validators.etag, weak=False):
            return "failed"
    elif (since := _seconds(headers.get("if-unmodified-since"))) is not None and validators.modified_seconds > since:
        return "failed"
    if (match := headers.get("if-none-match")) is not None:
        return "not_modified" if _matches(match, validators.etag, weak=True) else "send"
    since = _seconds(headers.get("if-modified-since"))
    return "not_modified" if since is not None and validators.modified_seconds <= since else "send"


def range_still_holds(value: str | None, validators: Validators, *, now_seconds: float) -> bool:
    """Whether `If-Range` permits sending the range: an equal strong tag, or the exact date.

    A date is a strong validator only when the file was not modified within the last second (8.8.2.2).
    """
    if value is None:
        return True
    value = value.strip()
    if value.startswith(('"', "W/")):
        return value == validators.etag
    since = _seconds(value)
    return since == validators.modified_seconds and now_seconds - validators.modified_seconds > 1


def _matches(value: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags, or `*`, matches."""
    if value.strip() == "*":
        return True
    tags = _TAG.findall(value)
    if weak:
        return etag.removeprefix("W/") in (tag.removeprefix("W/") for tag in tags)
    return not etag.startswith("W/") and etag in tags


def _seconds(value: str | None) -> int | None:
    """An HTTP date in seconds since 1970; None when missing or invalid."""
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
        return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
