"""The record of a video's relevance over time."""

from typing import Annotated

from msgspec import Meta, Struct


class TimelineView(Struct, kw_only=True):
    """Relevance of a video to a query, over time."""

    query: str
    duration_seconds: float
    buckets: Annotated[
        list[float],
        Meta(
            description="Relevance of equal parts of the duration, from 0 to 1; from 0.5, a search counts it as a hit."
        ),
    ]
    peak_seconds: Annotated[float, Meta(description="Time of the greatest relevance.")]
