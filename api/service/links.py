"""Links in responses: paths on this service. Pure."""

from indexer.records import TimeSpan

API = "/api/v1"
"""Beginning of the paths of the programs' interface."""


def thumbnail_link(video_id: str, seconds: float | None) -> str:
    """Without a time: of the cover."""
    return f"{API}/videos/{video_id}/thumbnail" + ("" if seconds is None else f"?t={_number(seconds)}")


def media_link(video_id: str) -> str:
    return f"{API}/videos/{video_id}/media"


def clip_link(video_id: str, span: TimeSpan) -> str:
    return f"{API}/videos/{video_id}/clip?start={_number(span.start_seconds)}&stop={_number(span.stop_seconds)}"


def sprites_link(video_id: str) -> str:
    return f"{API}/videos/{video_id}/sprites.vtt"


def _number(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
