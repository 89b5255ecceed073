"""Rendering of subclips as FCPXML 1.10, which Final Cut Pro, DaVinci Resolve and Premiere's converters read. Pure.

OpenTimelineIO's adapter (otio-fcpx-xml-adapter 1.0) is not used: it has no `frameDuration` for 30000/1001, no
drop-frame, and runs `ffprobe` on each file. It reads this file's output but truncates rates to integers, 29.97 to 29,
so its frame numbers are wrong; its seconds are right to one of its frames. Times are rational seconds, each a whole
number of frames, as Apple requires ("FCPXML Reference", Timing Attributes).
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from fractions import Fraction

from api.export.subclips import FrameFormat, Subclip, SubclipSource, subclip_title
from api.export.xml_text import xml_text
from api.media.timecode import FrameRate, rate_name

_CONFORMED = {"23.976": "23.98", "47.952": "47.95", "119.88": "119.88"}
"""Rates that the format spells differently."""
_WITHOUT_PICTURES = FrameFormat(1920, 1080)
"""Of a timeline of recordings alone, which needs one all the same."""


def render_fcpxml(subclips: Sequence[Subclip], *, title: str, rate: FrameRate, locate: Callable[[Subclip], str]) -> str:
    """One project with all subclips in sequence.

    Args:
        rate: of the timeline; the duration of a subclip with another rate is rounded to whole frames of it.
        locate: returns the URL of a subclip's file.
    """
    root = ElementTree.Element("fcpxml", version="1.10")
    resources = ElementTree.SubElement(root, "resources")
    first = next((one.source for one in subclips if one.source.has_pictures), None)
    sequence_format = _format(resources, "r1", rate, first)
    assets = _assets(resources, subclips, locate)
    event = ElementTree.SubElement(ElementTree.SubElement(root, "library"), "event", name=xml_text(title))
    project = ElementTree.SubElement(event, "project", name=xml_text(title))
    # Starts at 0, as new projects in Final Cut do: some readers would show an hour of black before a later start.
    sequence = ElementTree.SubElement(project, "sequence", format=sequence_format, tcStart="0s", tcFormat=_mode(rate))
    spine, offset = ElementTree.SubElement(sequence, "spine"), 0
    for subclip in subclips:
        count = max(1, round(subclip.duration_seconds * rate.per_second))
        _asset_clip(spine, subclip, assets[subclip.source.video.video_id], offset, count, rate)
        offset += count
    sequence.set("duration", fcpxml_time(offset, rate))
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{body}\n'


def fcpxml_time(frames: int, rate: FrameRate) -> str:
    """Whole frames as rational seconds: `1001/30000s`; `0s` for none."""
    exact = rate.per_second
    return f"{frames * exact.denominator}/{exact.numerator}s" if frames else "0s"


def _assets(
    resources: ElementTree.Element, subclips: Sequence[Subclip], locate: Callable[[Subclip], str]
) -> dict[str, tuple[str, str]]:
    """Ids of the (asset, format) of each video; a recording has no format."""
    found: dict[str, tuple[str, str]] = {}
    formats: dict[tuple[Fraction, FrameFormat], str] = {}
    for subclip in subclips:
        source, rate = subclip.source, subclip.rate
        if source.video.video_id in found:
            continue
        key = (rate.per_second, source.frame_format)
        if source.has_pictures and key not in formats:
            formats[key] = _format(resources, f"r{len(formats) + len(found) + 2}", rate, source)
        asset = ElementTree.SubElement(
            resources,
            "asset",
            id=f"r{len(formats) + len(found) + 2}",
            name=xml_text(source.name),
            start=fcpxml_time(source.start_frame, rate),
            duration=fcpxml_time(source.frames, rate),
        )
        if source.has_pictures:
            asset.set("hasVideo", "1")
            asset.set("format", formats[key])
        if source.video.probe is not None and source.video.probe.audio_streams:
            asset.set("hasAudio", "1")
            asset.set("audioSources", "1")
            asset.set("audioChannels", "2")
        ElementTree.SubElement(asset, "media-rep", kind="original-media", src=xml_text(locate(subclip)))
        found[source.video.video_id] = (asset.get("id", ""), formats.get(key, ""))
    return found


def _asset_clip(
    spine: ElementTree.Element, subclip: Subclip, asset: tuple[str, str], offset: int, count: int, rate: FrameRate
) -> None:
    own = subclip.rate
    clip = ElementTree.SubElement(
        spine,
        "asset-clip",
        ref=asset[0],
        offset=fcpxml_time(offset, rate),
        name=xml_text(subclip.source.name),
        start=fcpxml_time(subclip.source.start_frame + subclip.first, own),
        duration=fcpxml_time(count, rate),
        tcFormat=_mode(own),
    )
    if subclip.source.has_pictures:
        clip.set("format", asset[1])
    else:
        clip.set("audioRole", "dialogue")
    if subclip.moment.text.strip():
        ElementTree.SubElement(clip, "note").text = xml_text(subclip_title(subclip.moment, max_characters=400))
    if own.per_second != rate.per_second:
        name = rate_name(own.per_second)
        ElementTree.SubElement(clip, "conform-rate", scaleEnabled="0", srcFrameRate=_CONFORMED.get(name, name))
    marked = list(subclip.notes)
    if (subclip.first, subclip.stop) != (subclip.moment_first, subclip.moment_stop):
        marked.append((subclip.moment_first, subclip_title(subclip.moment)))
    for frame, text in sorted(marked):
        start, length = fcpxml_time(subclip.source.start_frame + frame, own), fcpxml_time(1, own)
        ElementTree.SubElement(clip, "marker", start=start, duration=length, value=xml_text(text))


def _format(resources: ElementTree.Element, name: str, rate: FrameRate, source: SubclipSource | None) -> str:
    frames = source.frame_format if source is not None else _WITHOUT_PICTURES
    size = {"width": str(frames.width), "height": str(frames.height)}
    if frames.pixel_aspect != 1:
        size["paspH"], size["paspV"] = map(str, frames.pixel_aspect.as_integer_ratio())
    ElementTree.SubElement(resources, "format", {"id": name, "frameDuration": fcpxml_time(1, rate), **size})
    return name


def _mode(rate: FrameRate) -> str:
    return "DF" if rate.drops else "NDF"
