"""Records of places in a picture."""

from typing import Annotated

from msgspec import Meta, Struct

from api.service.schemas.values import Seconds, VideoId

Share = Annotated[float, Meta(ge=0, le=1, description="Fraction of the frame's width or height.", examples=[0.25])]


class PlaceBox(Struct, kw_only=True):
    """A rectangle in the picture."""

    left: Share
    top: Share
    right: Share
    bottom: Share
    label: Annotated[str, Meta(description="What is there, in the model's words.", examples=["red car"])]


class PlacePoint(Struct, kw_only=True):
    """A point in the picture."""

    x: Share
    y: Share
    label: str


class Places(Struct, kw_only=True):
    """Where something is in a picture of a video."""

    query: str
    found: Annotated[bool, Meta(description="False if the model does not see it there.")]
    video_id: VideoId
    at_seconds: Annotated[Seconds, Meta(description="Presentation time of the frame.")]
    width: int
    height: int
    boxes: list[PlaceBox]
    points: Annotated[list[PlacePoint], Meta(description="With `points`; otherwise empty.")]
    model: str
    seconds: float
    warnings: Annotated[list[str], Meta(description="Parts of the model's reply that were ignored, and why.")]
