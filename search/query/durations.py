"""Parser of times and lengths of time as people write them: `90`, `90s`, `1.5m`, `2 hours`, `1:30`, `1:02:03`. Pure."""

import re

from indexer.errors import QueryError

UNITS: dict[str, float] = {
    **dict.fromkeys(("", "s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
}
_AMOUNT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z]*)")
_CLOCK = re.compile(r"(?:(?:([0-9]{1,9}):)?([0-9]{1,9}):)?([0-9]{1,9}(?:\.[0-9]{0,20})?)")


def clock_seconds(text: str) -> float | None:
    """The seconds of `754.2`, `12:34` or `1:02:03.5`; None where it is not such a time, as `1:75`."""
    clock = _CLOCK.fullmatch(text.strip())
    if clock is None:
        return None
    hours, minutes, seconds = int(clock[1] or 0), int(clock[2] or 0), float(clock[3])
    if (clock[2] and seconds >= 60) or (clock[1] and minutes >= 60):
        return None
    return hours * 3600.0 + minutes * 60.0 + seconds


def duration_or_none(text: str) -> float | None:
    """The seconds of a length of time; None where it is not one."""
    plain = text.strip().casefold()
    if amount := _AMOUNT.fullmatch(plain):
        return float(amount[1]) * UNITS[amount[2]] if amount[2] in UNITS else None
    return clock_seconds(plain)


def parse_duration(text: str) -> float:
    """The seconds of a length of time.

    Raises:
        QueryError: it is not a length of time.
    """
    found = duration_or_none(text)
    if found is None:
        raise QueryError(f"{text!r} is not a duration; write it as 90, 90s, 5m, 2h or 1:30")
    return found
