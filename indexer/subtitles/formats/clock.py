"""Clock times as subtitle files write them, in seconds."""

import re

SEPARATOR = r"\s?[:：]\s?"
FRACTION = r"[.,，．٫､、;]"
CLOCK = rf"[-−]?\d{{1,9}}(?:{SEPARATOR}[-−]?\d{{1,9}}){{1,3}}(?:\s?{FRACTION}\s?\d{{1,12}}(?:\.\d{{1,20}})?)?"
"""`1:02:03.4`, `02:03`, `00:00:01:500`, also with the digits and signs of other scripts, and with a minus anywhere."""


def clock_seconds(text: str) -> float:
    """Seconds of a text that `CLOCK` matches; below 0 where a part of it is.

    A fourth part is a fraction: some editors write a colon before the milliseconds.
    """
    whole, _, fraction = re.sub(FRACTION, ".", text).partition(".")
    fraction = fraction.partition(".")[0]  # `01,249.0999`: milliseconds with a fraction of their own
    parts = [part.strip() for part in re.split("[:：]", whole)]
    if len(parts) == 4 and not fraction:
        fraction = parts.pop()
    negative = any(part.startswith(("-", "−")) for part in parts)
    seconds = 0
    for part in parts[:3]:
        seconds = seconds * 60 + int(part.lstrip("-−"))
    digits = "".join(str(int(digit)) for digit in fraction.strip() if digit.isdecimal())
    value = seconds + (int(digits) / 10 ** len(digits) if digits else 0.0)
    return -value if negative else value
