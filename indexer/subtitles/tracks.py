"""Embedded text tracks: the cues of a container's track in, clean cues out."""

from collections.abc import Sequence
from dataclasses import replace

from indexer.records import TextTrack, TimedText, TimeSpan
from indexer.subtitles.cues import clean_cues
from indexer.subtitles.encoding import decode_lines
from indexer.subtitles.formats.cues import closed_cues
from indexer.subtitles.formats.ttml import parse_ttml


def read_track(track: TextTrack) -> tuple[list[TimedText], str]:
    """The cleaned cues of a track in order of their start, and why its text may be wrong; empty where it is not."""
    decoded = decode_lines([cue.text.encode("utf-8", "surrogateescape") for cue in track.cues])
    cues = [replace(cue, text=text) for cue, text in zip(track.cues, decoded.lines, strict=True)]
    if track.codec == "ttml":
        cues = [part for cue in cues for part in _documents(cue)]
    return clean_cues(cues, track.codec), decoded.doubt


def _documents(sample: TimedText) -> Sequence[TimedText]:
    """The cues of one sample of a TTML track, a document of its own. Its times count from the start of the track
    (ISO/IEC 14496-30, 5.2), or, as FFmpeg writes them, from that of the sample; they hold within the sample's time."""
    cues = closed_cues(parse_ttml(sample.text), sample.language)
    start = sample.span.start_seconds
    for shift in (0.0, start):
        moved = [
            replace(cue, span=TimeSpan(cue.span.start_seconds + shift, cue.span.stop_seconds + shift)) for cue in cues
        ]
        inside = [replace(cue, span=span) for cue in moved if (span := _shared(cue.span, sample.span)) is not None]
        if inside:
            return inside
    return []


def _shared(one: TimeSpan, other: TimeSpan) -> TimeSpan | None:
    start, stop = max(one.start_seconds, other.start_seconds), min(one.stop_seconds, other.stop_seconds)
    return TimeSpan(start, stop) if start < stop else None
