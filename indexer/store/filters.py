"""Conditions in the filter language of LanceDB, which is SQL's."""

from collections.abc import Collection, Iterable
from typing import Any

from indexer.catalog import TextSource
from indexer.store.hits import SegmentKey


def where_equals(column: str, value: str) -> str:
    return f"{column} = {_quoted(value)}"


def where_one_of(column: str, values: Iterable[Any]) -> str:
    """`column IN (...)`, in sorted order; without values a condition that no row meets."""
    items = [_quoted(value) if isinstance(value, str) else str(value) for value in sorted(set(values))]
    return f"{column} IN ({', '.join(items)})" if items else "false"


def where_all(condition: str, *others: str | None) -> str:
    """The conditions joined by AND; those that are None are left out."""
    return " AND ".join(f"({one})" for one in (condition, *others) if one)


def where_in_segments(keys: Iterable[SegmentKey]) -> str:
    """True for the rows of these segments, and maybe for others, which the caller drops.

    LanceDB plans and evaluates two lists far faster than one `OR` per video.
    """
    pairs = list(keys)
    videos, indices = (
        where_one_of("video_id", (v for v, _ in pairs)),
        where_one_of("segment_index", (i for _, i in pairs)),
    )
    return f"{videos} AND {indices}"


def where_source(source: TextSource, video_ids: Collection[str] | None) -> str:
    """True for the texts of one source in these videos; None stands for all videos."""
    return where_all(where_equals("source", source), None if video_ids is None else where_one_of("video_id", video_ids))


def _quoted(value: str) -> str:
    """A string literal, safe for any content."""
    return "'" + value.replace("'", "''") + "'"
