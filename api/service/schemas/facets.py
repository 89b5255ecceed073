"""Records of what a search can be narrowed by, and of suggestions."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class FacetValue(Struct, kw_only=True):
    """A value that some videos have."""

    value: Annotated[str, Meta(description="As written in a query after the facet's name.", examples=["2023"])]
    videos: Annotated[int, Meta(description="Number of videos.")]


class Facets(Struct, kw_only=True):
    """What a search can be narrowed by; each name is a field of the query language."""

    folder: Annotated[list[FacetValue], Meta(description="Names of folders that hold videos.")]
    tag: list[FacetValue]
    speaker: list[FacetValue]
    language: list[FacetValue]
    date: Annotated[list[FacetValue], Meta(description="Years in which the videos were recorded, newest first.")]


class Suggestion(Struct, kw_only=True):
    """What the end of a query may become."""

    query: Annotated[str, Meta(description="The whole query, completed.", examples=["a red car tag:holiday"])]
    kind: Annotated[Literal["word", "video", "tag", "speaker"], Meta(description="Source of the completion.")]


class Suggestions(Struct, kw_only=True):
    """Completions of a query, the best first."""

    suggestions: list[Suggestion]
