"""The rule when a text belongs to a moment, by the time that the two share. Pure."""

from indexer.records import TimeSpan

MIN_SHARED_SECONDS = 0.5
"""A text that shares less with a moment, and less than half of itself, belongs to its neighbour."""


def belongs_to(text: TimeSpan, moment: TimeSpan) -> bool:
    """Whether a text's time is part of a moment's."""
    shared = text.intersection_seconds(moment)
    return shared > 0 and shared >= min(MIN_SHARED_SECONDS, text.duration_seconds / 2)
