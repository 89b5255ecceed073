"""Rendering of subclips as an OpenTimelineIO timeline: video and audio track, each clip at the rate of its file."""

from collections.abc import Callable, Sequence
from typing import Any

import opentimelineio as otio

from api.export.subclips import Subclip, subclip_title
from api.media.timecode import FrameRate

Locate = Callable[[Subclip], str]
"""Returns the URL of a subclip's file."""


def render_otio(subclips: Sequence[Subclip], *, title: str, rate: FrameRate, locate: Locate) -> str:
    """The timeline as OTIO JSON. Times are whole frames; a clip's range counts from the start time code of its file.

    All clips follow one another, those of videos on the track V1 and those of recordings on A1, each beside a gap in
    the other track. A track without clips is left out.
    """
    line = otio.schema.Timeline(_clean(title))
    line.global_start_time = _time(rate.hour_frame, rate)
    kinds = {True: ("V1", otio.schema.TrackKind.Video), False: ("A1", otio.schema.TrackKind.Audio)}
    present = {subclip.source.has_pictures for subclip in subclips}
    tracks = {has: otio.schema.Track(name, kind=kind) for has, (name, kind) in kinds.items() if has in present}
    for subclip in subclips:
        for has_pictures, track in tracks.items():
            is_own = has_pictures == subclip.source.has_pictures
            track.append(_clip(subclip, locate) if is_own else _gap(subclip))
    for track in tracks.values():
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
    for frame, text in subclip.notes:
        marked = _range(source.start_frame + frame, 1, rate)
        clip.markers.append(
            otio.schema.Marker(name=_clean(text), marked_range=marked, color=otio.schema.MarkerColor.YELLOW)
        )
    if (subclip.first, subclip.stop) != (subclip.moment_first, subclip.moment_stop):
        marked = _range(source.start_frame + subclip.moment_first, subclip.moment_stop - subclip.moment_first, rate)
        clip.markers.append(
            otio.schema.Marker(
                name=_clean(subclip_title(moment)), marked_range=marked, color=otio.schema.MarkerColor.GREEN
            )
        )
    return clip


def _gap(subclip: Subclip) -> Any:
    return otio.schema.Gap(source_range=_range(0, subclip.count, subclip.rate))


def _time(frames: int, rate: FrameRate) -> Any:
    # OTIO stores rates as floats, and matches standard rates by the nearest one.
    return otio.opentime.RationalTime(frames, float(rate.per_second))


def _range(start: int, count: int, rate: FrameRate) -> Any:
    return otio.opentime.TimeRange(_time(start, rate), _time(count, rate))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
