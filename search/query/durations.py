"""Lengths of time as people write them: `90`, `90s`, `1.5m`, `2 hours`, `1:30`, `1:02:03`. Pure."""

import re

from indexer.errors import QueryError

UNITS: dict[str, float] = {
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
}
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z]*)")
_CLOCK = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2}(?:\.[0-9]{1,9})?)")


def duration_or_none(text: str) -> float | None:
    """The seconds that a text says; None where it is no length of time."""
    plain = text.strip().casefold()
    if amount := _AMOUNT.fullmatch(plain):
        return float(amount[1]) * UNITS[amount[2]] if amount[2] in UNITS else None
    if clock := _CLOCK.fullmatch(plain):
        return int(clock[1] or 0) * 3600.0 + int(clock[2]) * 60.0 + float(clock[3])
    return None


def parse_duration(text: str) -> float:
    """The seconds that a text says.

    Raises:
        QueryError: it is no length of time.
    """
    found = duration_or_none(text)
    if found is None:
        raise QueryError(f"{text!r} is no length of time; write it as 90, 90s, 5m, 2h or 1:30")
    return found
