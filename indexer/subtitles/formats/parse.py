"""Which format a subtitle file has, and its cues. The content decides: suffixes are often wrong."""

from dataclasses import dataclass

from indexer.subtitles.formats.arrow_times import has_arrow_times, parse_srt, parse_vtt
from indexer.subtitles.formats.ass import is_ass, parse_ass
from indexer.subtitles.formats.cues import FileCue
from indexer.subtitles.formats.json3 import is_json3, parse_json3
from indexer.subtitles.formats.line_formats import line_format_of, parse_lines
from indexer.subtitles.formats.sami import parse_sami
from indexer.subtitles.formats.scc import is_scc, parse_scc
from indexer.subtitles.formats.ttml import is_ttml, parse_ttml


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The cues of a file."""

    codec: str
    """FFmpeg's name, as `subrip`, `ass`, `webvtt`; empty where no format was recognized."""
    cues: list[FileCue]


def parse_subtitles(text: str, *, is_vtt: bool = False, frames_per_second: float = 0.0) -> ParsedFile:
    """The cues of a subtitle file in any of the formats; none where it is of none.

    Args:
        text: with `\\n` between its lines.
        is_vtt: the file's name says WebVTT; counts where the head of it is missing.
        frames_per_second: of the video; 0 where it is not known. For formats that count frames.
    """
    head = text[:4096].lstrip("\ufeff \t\n")
    if head.startswith("WEBVTT"):
        return ParsedFile("webvtt", parse_vtt(text))
    if is_scc(head):
        return ParsedFile("eia_608", parse_scc(text))
    if "<sami" in head.casefold() or "<sync" in head.casefold():
        return ParsedFile("sami", parse_sami(text))
    if is_ttml(head):
        return ParsedFile("ttml", parse_ttml(text))
    if is_json3(text):
        return ParsedFile("json3", parse_json3(text))
    if is_ass(text):
        return ParsedFile("ass", parse_ass(text))
    if has_arrow_times(text):
        return ParsedFile("webvtt", parse_vtt(text)) if is_vtt else ParsedFile("subrip", parse_srt(text))
    if form := line_format_of(text):
        return ParsedFile(form, parse_lines(text, form, frames_per_second))
    return ParsedFile("", [])
