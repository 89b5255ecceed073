"""The record of an export request."""

from typing import Annotated

from msgspec import Meta, Struct

from api.export.formats import Format
from api.options import DROP_FRAME, EXPORT_FORMAT, EXPORT_TITLE, HANDLES, RATE
from api.service.parameters import body_field
from api.service.schemas.values import VideoId

MOST_MOMENTS = 200
MOST_CLIPS = 50
MOST_CLIP_SECONDS = 600.0
"""Total length of the clips in one ZIP or reel."""
_TIME = Meta(ge=0, le=1e7, description="Seconds from the start, as the player counts.", examples=[12.48])


class ExportMoment(Struct, forbid_unknown_fields=False, kw_only=True):
    """A moment as returned by `/api/v1/search` or `/api/v1/ask`; other fields are ignored."""

    video_id: VideoId
    start_seconds: Annotated[float, _TIME]
    stop_seconds: Annotated[float, _TIME]
    text: Annotated[str, Meta(max_length=20_000, examples=["An invoice for the tables"])] = ""
    caption: Annotated[str, Meta(max_length=20_000)] = ""
    why: Annotated[str, Meta(max_length=20_000)] = ""


class ExportRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Moments to export."""

    format: Annotated[Format, body_field(EXPORT_FORMAT)]
    moments: Annotated[
        list[ExportMoment], Meta(max_length=MOST_MOMENTS, description="In the order of the timeline.")
    ] = []
    collection: (
        Annotated[
            str,
            Meta(pattern="^[0-9a-f]{12}$", description="Id of the collection to export in place of `moments`."),
        ]
        | None
    ) = None
    title: Annotated[str, body_field(EXPORT_TITLE)] = "moments"
    handle_seconds: Annotated[float, body_field(HANDLES)] = HANDLES.default
    rate: Annotated[str, body_field(RATE)] | None = None
    drop_frame: Annotated[bool, body_field(DROP_FRAME)] | None = None
