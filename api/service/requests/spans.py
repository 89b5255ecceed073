"""Times and spans of a request, checked against the video."""

import math

from api.errors import BadRequestError

LEAST_CLIP_SECONDS = 0.001


def finite_parameter(value: float, field: str) -> float:
    """The value itself. Raises BadRequestError for infinity and NaN."""
    if not math.isfinite(value):
        raise BadRequestError(f"{field} must be a number", fields=[(field, "must be a number")])
    return value


def requested_clip_span(start: float, stop: float, duration_seconds: float, most_seconds: float) -> tuple[float, float]:
    """The span of a clip, limited to the video.

    Raises:
        BadRequestError: names the field.
    """
    start, stop = finite_parameter(start, "start"), finite_parameter(stop, "stop")
    if start >= duration_seconds:
        message = f"is after the end of the video, {duration_seconds:.3f} s"
        raise BadRequestError(f"start {message}", fields=[("start", message)])
    stop = min(stop, duration_seconds)
    if stop - start < LEAST_CLIP_SECONDS:
        raise BadRequestError("stop must be after start", fields=[("stop", "must be after start")])
    if stop - start > most_seconds:
        message = f"a clip may be at most {most_seconds:g} s long; request a shorter one"
        raise BadRequestError(message, fields=[("stop", message)])
    return round(start, 6), round(stop, 6)
