"""Types of single values that several records share: ids, times, links."""

from typing import Annotated

from msgspec import Meta

from indexer.records import MediaKind

VideoId = Annotated[
    str,
    Meta(
        description="Opaque id of a video: 32 hexadecimal digits.",
        pattern="^[0-9a-f]{32}$",
        examples=["0f3a77c25d1e4b6c8a9b0c1d2e3f4a5b"],
    ),
]
JobId = Annotated[
    str,
    Meta(description="Opaque id of a job.", pattern="^[0-9a-f]{32}$", examples=["8c1f0e2d3b4a59687766554433221100"]),
]
Seconds = Annotated[float, Meta(description="Seconds from the start, as the player counts.", examples=[12.48])]
Link = Annotated[str, Meta(description="Path on this service.", examples=["/api/v1/videos/0f3a/thumbnail?t=12.48"])]
Kind = Annotated[
    MediaKind, Meta(description="`sound` for a recording without pictures, whose thumbnails are waveforms.")
]
Name = Annotated[str, Meta(description="File name, for display; plain text.", examples=["lecture.mp4"])]
