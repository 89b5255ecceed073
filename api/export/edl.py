"""Rendering of subclips as a CMX3600 edit decision list (EDL): one event a subclip, on one track. Pure.

OpenTimelineIO's adapter (otio-cmx3600-adapter 1.0) is not used: it writes no `FCM`, takes all time code at 29.97 and
59.94 as drop-frame, and truncates names to eight letters, so that several files share a reel name. It does read this
file's output, and tests compare the frames.
"""

from collections.abc import Sequence

from api.export.file_names import reel_names
from api.export.subclips import Subclip, subclip_plain_text, subclip_title
from api.media.timecode import FrameRate
from indexer.errors import ExportError

MAX_EVENTS = 999
"""Event numbers have three digits."""
_MAX_COMMENT_CHARACTERS = 200


def render_edl(subclips: Sequence[Subclip], *, title: str) -> str:
    """The EDL of subclips with a common frame rate: those of videos on the track V, those of recordings on A.

    Raises:
        ExportError: more subclips than the format allows, or several frame rates.
        FrameRateError: there is no time code at their rate.
    """
    if len(subclips) > MAX_EVENTS:
        raise ExportError(
            f"an EDL holds at most {MAX_EVENTS} events, not {len(subclips)}; export fewer, or use OTIO or FCPXML"
        )
    rates = {subclip.rate.per_second for subclip in subclips}
    if len(rates) != 1:
        raise ExportError("an EDL has one frame rate; export each rate separately, or all as OTIO or FCPXML")
    record = FrameRate(subclips[0].rate.per_second, drops=subclips[0].rate.drops)
    record_frame = record.hour_frame
    sources = list(dict.fromkeys(subclip.source.video.video_id for subclip in subclips))
    by_id = {subclip.source.video.video_id: subclip.source for subclip in subclips}
    reels = dict(zip(sources, reel_names(by_id[one].reel or by_id[one].name for one in sources), strict=True))
    mode = _mode(record)
    lines = [f"TITLE: {subclip_plain_text(title)[:70]}", mode]
    for number, subclip in enumerate(subclips, 1):
        times = (
            subclip.source_in,
            subclip.source_out,
            record.timecode(record_frame),
            record.timecode(record_frame + subclip.count),
        )
        reel = reels[subclip.source.video.video_id]
        track = "V" if subclip.source.has_pictures else "A"
        lines.append("")
        if _mode(subclip.rate) != mode:
            mode = _mode(subclip.rate)
            lines.append(mode)
        lines.append(f"{number:03d}  {reel:<8} {track}     C        {' '.join(times)}")
        lines.append(f"* FROM CLIP NAME: {subclip_plain_text(subclip.source.name)}")
        if (
            said := subclip_title(subclip.moment, max_characters=_MAX_COMMENT_CHARACTERS)
        ) and subclip.moment.text.strip():
            lines.append(f"* COMMENT: {subclip_plain_text(said)}")
        for frame, text in subclip.notes:
            note = text[:_MAX_COMMENT_CHARACTERS]
            lines.append(f"* LOC: {record.timecode(record_frame + frame - subclip.first)} YELLOW  {note}")
        record_frame += subclip.count
    return "\n".join(lines) + "\n"


def _mode(rate: FrameRate) -> str:
    """The line that says how the source time codes of the events after it count; record times count as those of the
    first event, which their marks tell too."""
    return "FCM: DROP FRAME" if rate.drops else "FCM: NON-DROP FRAME"
