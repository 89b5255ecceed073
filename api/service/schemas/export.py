"""What `/api/export` is asked, as typed records: part of the OpenAPI description."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from api.service.schemas.videos import VideoId

MOST_MOMENTS = 200
MOST_CLIPS = 50
MOST_CLIP_SECONDS = 600.0
"""Of all clips of one ZIP, or of one reel, together."""
ExportFormat = Literal["csv", "json", "webvtt", "edl", "fcpxml", "otio", "clips", "reel"]
"""As `api.export.subclip_preparation.Format`; a test holds that they are equal."""
_TIME = Meta(ge=0, le=1e7, description="Seconds on the player's clock.", examples=[12.48])


class ExportMoment(Struct, forbid_unknown_fields=False, kw_only=True):
    """A moment as `/api/search` and `/api/ask` give it; names that are not listed here are taken and left out."""

    video_id: VideoId
    start_seconds: Annotated[float, _TIME]
    stop_seconds: Annotated[float, _TIME]
    text: Annotated[str, Meta(max_length=20_000, examples=["An invoice for the tables"])] = ""
    caption: Annotated[str, Meta(max_length=20_000)] = ""
    why: Annotated[str, Meta(max_length=20_000)] = ""


class ExportRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Moments that are taken away."""

    format: ExportFormat
    moments: Annotated[
        list[ExportMoment], Meta(min_length=1, max_length=MOST_MOMENTS, description="In the order of the time line.")
    ]
    title: Annotated[str, Meta(max_length=1000, description="Of the time line.", examples=["red cars"])] = "moments"
    handle_seconds: Annotated[float, Meta(ge=0, le=60, description="So much more at both ends.")] = 0.0
    rate: Annotated[str, Meta(max_length=20, description="Of the time line: 25, 29.97, 30000/1001.")] | None = None
    """None: that of most moments."""
    drop_frame: bool | None = None
    """Time code at 29.97 and 59.94 for files that have none; None: drop-frame."""
