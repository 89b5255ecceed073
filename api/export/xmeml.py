"""Rendering of subclips as Final Cut Pro 7 XML (xmeml 5), which Premiere Pro and DaVinci Resolve read. Pure.

OpenTimelineIO's adapter (otio-fcp-adapter 1.0) is not used: it writes no sound for videos and no drop-frame time code
that the file does not have. It does read this file's output, and tests compare the frames. A clip's `in` and `out`
count frames of its file from 0, its `start` and `end` those of the sequence ("Final Cut Pro XML Interchange Format").
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from fractions import Fraction

from api.export.subclips import Subclip, SubclipSource, subclip_title
from api.export.xml_text import xml_text
from api.media.timecode import FrameRate, rate_name
from indexer.errors import FrameRateError

Locate = Callable[[Subclip], str]
"""Returns the URL of a subclip's file."""
_SIZE = (1920, 1080)
"""Of a sequence of recordings alone, which needs one all the same."""


def render_xmeml(subclips: Sequence[Subclip], *, title: str, rate: FrameRate, locate: Locate) -> str:
    """One sequence with all subclips one after another, pictures on the track V1 and sound on A1.

    Args:
        rate: of the sequence; the place of a subclip with another rate is rounded to whole frames of it.

    Raises:
        FrameRateError: the format cannot represent one of the rates.
    """
    root = ElementTree.Element("xmeml", version="5")
    sequence = _child(root, "sequence", id="sequence-1")
    _child(sequence, "name", xml_text(title))
    counts = [max(1, round(subclip.duration_seconds * rate.per_second)) for subclip in subclips]
    _child(sequence, "duration", sum(counts))
    _rate(sequence, rate)
    _timecode(sequence, rate, rate.hour_frame)
    media = _child(sequence, "media")
    video, audio = _child(media, "video"), _child(media, "audio")
    _picture_format(_child(video, "format"), subclips, rate)
    tracks = {"video": _child(video, "track"), "audio": _child(audio, "track")}
    written: set[str] = set()
    place = 0
    for number, (subclip, count) in enumerate(zip(subclips, counts, strict=True), 1):
        kinds = [kind for kind in tracks if _has(subclip.source, kind)]
        for kind in kinds:
            item = _clip_item(tracks[kind], subclip, f"{kind}-{number}", place, count)
            _file(item, subclip, locate, is_first=subclip.source.video.video_id not in written)
            written.add(subclip.source.video.video_id)
            if kind == "audio":
                source_track = _child(item, "sourcetrack")
                _child(source_track, "mediatype", "audio")
                _child(source_track, "trackindex", 1)
            _markers(item, subclip)
            for other in kinds if len(kinds) > 1 else ():
                link = _child(item, "link")
                _child(link, "linkclipref", f"{other}-{number}")
                _child(link, "mediatype", other)
        place += count
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n{body}\n'


def timebase(rate: FrameRate) -> tuple[int, bool]:
    """Whole frames a second, and whether the rate is 1000/1001 of them.

    Raises:
        FrameRateError: it is neither.
    """
    base = round(rate.per_second)
    is_ntsc = rate.per_second == Fraction(base * 1000, 1001)
    if not base or (rate.per_second != base and not is_ntsc):
        raise FrameRateError(
            f"Final Cut Pro 7 XML has no {rate_name(rate.per_second)} frames a second; export as OTIO or FCPXML"
        )
    return base, is_ntsc


def _has(source: SubclipSource, kind: str) -> bool:
    if kind == "video":
        return source.has_pictures
    return not source.has_pictures or (source.video.probe is not None and source.video.probe.audio_streams > 0)


def _clip_item(track: ElementTree.Element, subclip: Subclip, name: str, place: int, count: int) -> ElementTree.Element:
    item = _child(track, "clipitem", id=name)
    _child(item, "name", xml_text(subclip.source.name))
    _child(item, "duration", subclip.source.frames)
    _rate(item, subclip.rate)
    for tag, value in (("start", place), ("end", place + count), ("in", subclip.first), ("out", subclip.stop)):
        _child(item, tag, value)
    if subclip.moment.text.strip():
        comments = _child(item, "comments")
        _child(comments, "mastercomment1", xml_text(subclip_title(subclip.moment, max_characters=400)))
    return item


def _file(item: ElementTree.Element, subclip: Subclip, locate: Locate, *, is_first: bool) -> None:
    source = subclip.source
    file = _child(item, "file", id=f"file-{source.video.video_id}")
    if not is_first:  # written once, then named by its id
        return
    _child(file, "name", xml_text(source.name))
    _child(file, "pathurl", xml_text(locate(subclip)))
    _rate(file, source.known_rate)
    _child(file, "duration", source.frames)
    _timecode(file, source.known_rate, source.start_frame, reel=source.reel)
    media = _child(file, "media")
    if source.has_pictures:
        facts = _child(_child(media, "video"), "samplecharacteristics")
        _child(facts, "width", source.frame_format.width)
        _child(facts, "height", source.frame_format.height)
    if _has(source, "audio"):
        _child(_child(media, "audio"), "channelcount", 2)


def _markers(item: ElementTree.Element, subclip: Subclip) -> None:
    marked = [(frame, -1, text) for frame, text in subclip.notes]
    if (subclip.first, subclip.stop) != (subclip.moment_first, subclip.moment_stop):
        marked.append((subclip.moment_first, subclip.moment_stop, subclip_title(subclip.moment)))
    for start, stop, text in sorted(marked):
        marker = _child(item, "marker")
        _child(marker, "name", xml_text(text))
        _child(marker, "comment", "")
        _child(marker, "in", start)
        _child(marker, "out", stop)


def _picture_format(parent: ElementTree.Element, subclips: Sequence[Subclip], rate: FrameRate) -> None:
    facts = _child(parent, "samplecharacteristics")
    sizes = [(one.source.frame_format.width, one.source.frame_format.height) for one in subclips]
    width, height = next((size for size in sizes if all(size)), _SIZE)
    _child(facts, "width", width)
    _child(facts, "height", height)
    _rate(facts, rate)


def _timecode(parent: ElementTree.Element, rate: FrameRate, frame: int, *, reel: str = "") -> None:
    code = _child(parent, "timecode")
    _rate(code, rate)
    try:
        _child(code, "string", rate.timecode(frame))
    except FrameRateError:
        _child(code, "string", "00:00:00:00")
    _child(code, "frame", frame)
    _child(code, "displayformat", "DF" if rate.drops else "NDF")
    if reel:
        _child(_child(code, "reel"), "name", xml_text(reel))


def _rate(parent: ElementTree.Element, rate: FrameRate) -> None:
    base, is_ntsc = timebase(rate)
    element = _child(parent, "rate")
    _child(element, "timebase", base)
    _child(element, "ntsc", "TRUE" if is_ntsc else "FALSE")


def _child(
    parent: ElementTree.Element, tag: str, text: str | int | None = None, **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = None if text is None else str(text)
    return element
