"""Edit lists as CMX3600: one event a take, in the order given, on one picture track.

Written here and not by OpenTimelineIO's adapter (otio-cmx3600-adapter 1.0): it writes no `FCM`, takes every time code
at 29.97 and 59.94 for drop-frame, and cuts names to eight letters, so that files get one reel together. It reads what
is written here, and tests hold that it finds the same frames. Pure.
"""

from collections.abc import Sequence

from api.export.file_names import reel_names
from api.export.subclips import Take, plain_line, title_of
from api.media.timecode import FrameRate
from indexer.errors import ExportError

MOST_EVENTS = 999
"""Event numbers have three digits."""
_MOST_COMMENT = 200


def edl(takes: Sequence[Take], *, title: str) -> str:
    """The edit list of takes that have one frame rate.

    Raises:
        ExportError: more takes than the format counts, or of several rates.
        FrameRateError: there is no time code at their rate.
    """
    if len(takes) > MOST_EVENTS:
        raise ExportError(
            f"an EDL holds {MOST_EVENTS} events, here are {len(takes)}; export fewer, or as OTIO or FCPXML"
        )
    rates = {take.rate.per_second for take in takes}
    if len(rates) != 1:
        raise ExportError("an EDL has one frame rate; export the others apart, or all as OTIO or FCPXML")
    record = FrameRate(takes[0].rate.per_second, drops=takes[0].rate.drops)
    place = record.hour_frame
    sources = list(dict.fromkeys(take.source.video.video_id for take in takes))
    by_id = {take.source.video.video_id: take.source for take in takes}
    reels = dict(zip(sources, reel_names(by_id[one].reel or by_id[one].name for one in sources), strict=True))
    lines = [f"TITLE: {plain_line(title)[:70]}", _mode(record)]
    for number, take in enumerate(takes, 1):
        times = (take.source_in, take.source_out, record.timecode(place), record.timecode(place + take.count))
        reel = reels[take.source.video.video_id]
        lines += ["", f"{number:03d}  {reel:<8} V     C        {' '.join(times)}"]
        lines.append(f"* FROM CLIP NAME: {plain_line(take.source.name)}")
        if (said := title_of(take.wanted, most_characters=_MOST_COMMENT)) and take.wanted.text.strip():
            lines.append(f"* COMMENT: {plain_line(said)}")
        place += take.count
    return "\n".join(lines) + "\n"


def _mode(rate: FrameRate) -> str:
    return "FCM: DROP FRAME" if rate.drops else "FCM: NON-DROP FRAME"
