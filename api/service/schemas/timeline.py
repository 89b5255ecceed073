"""The record of a video's relevance over time."""

from typing import Annotated

from msgspec import Meta, Struct


class TimelineView(Struct, kw_only=True):
    """How much a video has to do with a query, over its time."""

    query: str
    duration_seconds: float
    buckets: Annotated[
        list[float],
        Meta(description="0 to 1 for equal parts of the duration; from 0.5 on a search would count it a hit."),
    ]
    peak_seconds: Annotated[float, Meta(description="Where it is greatest.")]
