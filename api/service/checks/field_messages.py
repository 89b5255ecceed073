"""What a validator finds, said in words. Pure."""

import re

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_UNITS = {"str": " characters", "array": " entries"}
_PATTERNS = {"^[0-9a-f]{32}$": "must be an id: 32 of the digits 0-9 and a-f"}
_BOUND = re.compile(r"Expected `(\w+)` (of length )?(<=|>=|<|>) (\S+)")
_PATTERN = re.compile(r"Expected `str` matching regex '(.*)'")
_KIND = re.compile(r"Expected `([\w| ]+)`(?:, got `(\w+)`)?")
_CHOICE = re.compile(r"Invalid enum value '?(.*?)'?(?: - at .*)?$")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`")
_MISSING = re.compile(r"Object missing required field `(.*?)`")
_BOUNDS = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than"}


def message_in_words(message: str) -> str:
    """A message of msgspec as a person would say it, after the name of the field; others are returned as they are."""
    place = f" (at {message.rsplit(' - at ', 1)[1]})" if " - at " in message else ""
    if found := _BOUND.match(message):
        kind, of_length, sign, number = found.groups()
        number = number.rstrip(".").removesuffix(".0")
        unit = _UNITS.get(kind, "") if of_length else ""
        return f"must {'have' if of_length else 'be'} {_BOUNDS[sign]} {number}{unit}{place}"
    if found := _PATTERN.match(message):
        return _PATTERNS.get(found[1], "has the wrong form") + place
    if found := _KIND.match(message):
        kinds = [_KINDS.get(kind.strip(), kind.strip()) for kind in found[1].split("|")]
        got = f", not {_KINDS.get(found[2], found[2])}" if found[2] else ""
        return f"must be {' or '.join(kinds)}{got}{place}"
    if found := _CHOICE.match(message):
        return f"unknown value {found[1]!r}{place}"
    if found := _UNKNOWN.match(message):
        return f"has no field {found[1]!r}{place}"
    if found := _MISSING.match(message):
        return f"is missing the field {found[1]!r}{place}"
    return message
