"""Records of collections: chosen moments with their trims, handles and notes."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from api.service.schemas.values import Link, Name, Seconds, VideoId
from indexer.store.collections.records import (
    MAX_HANDLE_SECONDS,
    MAX_MOMENTS,
    MAX_NAME_CHARACTERS,
    MAX_NOTES,
    MAX_SECONDS,
    MAX_TEXT_CHARACTERS,
)

CollectionName = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARACTERS, examples=["Opening titles"])]
_Time = Annotated[float, Meta(ge=0, le=MAX_SECONDS, description="Seconds from the start.", examples=[12.48])]
_Handles = Annotated[
    float,
    Meta(ge=0, le=MAX_HANDLE_SECONDS, description="Extra time before and after the moment in exports, in seconds."),
]
MomentId = Annotated[str, Meta(description="Id of a moment in its collection.", examples=["1f0c22ab"])]


class NoteView(Struct, forbid_unknown_fields=True, kw_only=True):
    """What somebody wrote at a time of a video; edit lists have it as a marker."""

    time_seconds: _Time
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS, examples=["fade from here"])]


class NewMoment(Struct, forbid_unknown_fields=False, kw_only=True):
    """A moment as returned by `/api/v1/search` or `/api/v1/ask`; other fields are ignored."""

    video_id: VideoId
    start_seconds: _Time
    stop_seconds: _Time
    text: Annotated[str, Meta(max_length=20_000)] = ""


class NewCollection(Struct, forbid_unknown_fields=True, kw_only=True):
    """A collection to begin."""

    name: CollectionName
    moments: Annotated[list[NewMoment], Meta(max_length=MAX_MOMENTS)] = []


class NewMoments(Struct, forbid_unknown_fields=True, kw_only=True):
    """Moments to append."""

    moments: Annotated[list[NewMoment], Meta(min_length=1, max_length=MAX_MOMENTS)]


class CollectionChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    name: CollectionName | UnsetType = UNSET
    order: (
        Annotated[
            list[MomentId],
            Meta(max_length=MAX_MOMENTS, description="Ids in the new order; moments left out come after them."),
        ]
        | UnsetType
    ) = UNSET


class MomentChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    start_seconds: _Time | UnsetType = UNSET
    stop_seconds: _Time | UnsetType = UNSET
    handle_seconds: _Handles | UnsetType = UNSET
    notes: (
        Annotated[list[NoteView], Meta(max_length=MAX_NOTES, description="All notes; they replace the current ones.")]
        | UnsetType
    ) = UNSET


class MomentView(Struct, kw_only=True):
    """A moment of a collection."""

    moment_id: MomentId
    video_id: VideoId
    video: Name
    start_seconds: Seconds
    stop_seconds: Seconds
    handle_seconds: float
    text: str
    notes: list[NoteView]
    thumbnail: Link
    is_there: Annotated[bool, Meta(description="False if the video was removed from the library.")]


class CollectionView(Struct, kw_only=True):
    """A collection with its moments in their order."""

    collection_id: Annotated[str, Meta(description="Opaque id.", examples=["0f3a77c25d1e"])]
    name: CollectionName
    created_at: Annotated[str, Meta(description="RFC 3339.")]
    moments: list[MomentView]


class CollectionSummary(Struct, kw_only=True):
    """A collection without its moments."""

    collection_id: str
    name: CollectionName
    created_at: str
    moments: Annotated[int, Meta(description="Number of moments.")]
    seconds: Annotated[float, Meta(description="Total length of the moments, without handles.")]


class CollectionList(Struct, kw_only=True):
    """All collections, in the order in which they were begun."""

    collections: list[CollectionSummary]
