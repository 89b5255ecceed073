"""Texts of the library as they are quoted to a model: on one line, and only those that belong to a span. Pure."""

from indexer.records import TimeSpan

LEAST_SHARED_SECONDS = 0.5
"""A text that shares less with a moment, and less than half of itself, belongs to its neighbour."""


def quoted(text: str) -> str:
    """One line that can neither close its quotation nor pass for a mark of the chat."""
    line = " ".join(text.split())
    for mark in ("<<<", ">>>", "<|", "|>"):
        line = line.replace(mark, " ")
    return line


def belongs(text: TimeSpan, span: TimeSpan) -> bool:
    """Whether a text's time is part of a span's."""
    shared = text.intersection_seconds(span)
    return shared > 0 and (shared >= LEAST_SHARED_SECONDS or shared >= text.duration_seconds / 2)
