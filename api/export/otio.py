"""Rendering of subclips as an OpenTimelineIO timeline: one video track, each clip at the rate of its file."""

from collections.abc import Callable, Sequence
from typing import Any

import opentimelineio as otio

from api.export.subclips import Subclip, subclip_title
from api.media.timecode import FrameRate

Locate = Callable[[Subclip], str]
"""Returns the URL of a subclip's file."""


def render_otio(subclips: Sequence[Subclip], *, title: str, rate: FrameRate, locate: Locate) -> str:
    """The timeline as OTIO JSON. Times are whole frames; a clip's range counts from the start time code of its file."""
    line = otio.schema.Timeline(_clean(title))
    line.global_start_time = _time(rate.hour_frame, rate)
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    for subclip in subclips:
        track.append(_clip(subclip, locate))
    line.tracks.append(track)
    return str(otio.adapters.write_to_string(line, "otio_json")) + "\n"


def _clip(subclip: Subclip, locate: Locate) -> Any:
    source, rate = subclip.source, subclip.rate
    reference = otio.schema.ExternalReference(
        target_url=locate(subclip), available_range=_range(source.start_frame, source.frames, rate)
    )
    reference.name = _clean(source.name)
    clip = otio.schema.Clip(
        name=_clean(source.name),
        media_reference=reference,
        source_range=_range(source.start_frame + subclip.first, subclip.count, rate),
    )
    moment = subclip.moment
    metadata = {
        "video_id": source.video.video_id,
        "start_seconds": round(moment.span.start_seconds, 3),
        "stop_seconds": round(moment.span.stop_seconds, 3),
        "text": _clean(moment.text),
        "drop_frame": rate.drops,
        "reel": _clean(source.reel),
    }
    clip.metadata["reelseek"] = metadata
    if (subclip.first, subclip.stop) != (subclip.moment_first, subclip.moment_stop):
        marked = _range(source.start_frame + subclip.moment_first, subclip.moment_stop - subclip.moment_first, rate)
        clip.markers.append(
            otio.schema.Marker(
                name=_clean(subclip_title(moment)), marked_range=marked, color=otio.schema.MarkerColor.GREEN
            )
        )
    return clip


def _time(frames: int, rate: FrameRate) -> Any:
    # OTIO stores rates as floats, and matches standard rates by the nearest one.
    return otio.opentime.RationalTime(frames, float(rate.per_second))


def _range(start: int, count: int, rate: FrameRate) -> Any:
    return otio.opentime.TimeRange(_time(start, rate), _time(count, rate))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
