"""The transcript of a video: what its subtitles or its speech say, as text, SRT, WebVTT and JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.export.formats import TranscriptFormat, TranscriptSource
from api.formatting import time_code
from api.media.web_vtt import cue_text, cue_times
from api.safe_text import one_line
from indexer.catalog import STAGE_OF_SOURCE

if TYPE_CHECKING:
    from indexer.records import TextRow, TimeSpan, Video
    from indexer.store.library import Library

CUE_CHARACTERS = 84
"""Two lines of 42 characters, as broadcasters set subtitles (BBC Subtitle Guidelines 1.2.4, Netflix 42 a line)."""


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """One text of a transcript."""

    index: int
    """Among all texts of the source, in order of time, whatever their language."""
    row: "TextRow"


@dataclass(frozen=True, slots=True)
class Transcript:
    """What is said in a video."""

    video: "Video"
    source: TranscriptSource
    language: str
    """Of these lines; empty where it is not known."""
    languages: tuple[str, ...]
    """Of all texts of the source, the one with most lines first."""
    lines: tuple[NumberedLine, ...]
    """In order of time."""

    def to_json(self) -> dict[str, Any]:
        """As the command line and the service print it."""
        speakers = [voice.speaker for voice in self.video.voices]
        return {
            "video": self.video.path,
            "video_id": self.video.video_id,
            "source": self.source,
            "language": self.language,
            "languages": list(self.languages),
            "lines": [_line_json(line, speakers) for line in self.lines],
        }


def transcript_of(
    library: "Library", video: "Video", *, source: TranscriptSource | None = None, language: str | None = None
) -> Transcript:
    """The transcript of a video; without lines where nothing is known to be said.

    Args:
        source: None: its subtitles, or where it has none, its speech.
        language: None: the one with most lines.
    """
    rows: Sequence[TextRow] = ()
    chosen: TranscriptSource = source or "subtitle"
    for chosen in (source,) if source else ("subtitle", "speech"):
        is_made = STAGE_OF_SOURCE[chosen] in video.stages
        rows = library.texts(video.video_id, chosen) if is_made else ()
        if rows:
            break
    languages = tuple(name for name, _ in Counter(row.language for row in rows).most_common())
    spoken = languages[0] if language is None and languages else language or ""
    lines = [NumberedLine(index, row) for index, row in enumerate(rows) if row.language == spoken]
    return Transcript(video, chosen, spoken, languages, tuple(sorted(lines, key=lambda line: line.row.span)))


def render_transcript(transcript: Transcript, kind: TranscriptFormat) -> str:
    """The transcript in one of the formats of text."""
    match kind:
        case "text":
            return "".join(
                f"{time_code(line.row.span.start_seconds)}  {_said_by(transcript, line)}{one_line(line.row.text)}\n"
                for line in transcript.lines
            )
        case "srt":
            cues = enumerate(_cues(transcript.lines), start=1)
            return "".join(f"{n}\n{_times(span).replace('.', ',')}\n{text}\n\n" for n, (span, text) in cues)
        case "vtt":
            return "WEBVTT\n\n" + "".join(f"{_times(span)}\n{text}\n\n" for span, text in _cues(transcript.lines))


def _said_by(transcript: Transcript, line: NumberedLine) -> str:
    voices = transcript.video.voices
    return f"{one_line(voices[line.row.voice].speaker)}: " if 0 <= line.row.voice < len(voices) else ""


def _cues(lines: Sequence[NumberedLine]) -> "Iterator[tuple[TimeSpan, str]]":
    """Cues of at most `CUE_CHARACTERS` where the times of the words are known, otherwise whole texts. In order of time,
    as players ask for: the lines of people who speak at once alternate."""
    pieces = [
        piece
        for line in lines
        if line.row.span.stop_seconds > 0
        for piece in (_pieces(line.row) if line.row.words else [(line.row.span, line.row.text)])
    ]
    for span, text in sorted(pieces, key=lambda piece: piece[0].start_seconds):
        if shown := cue_text(text):
            yield span, shown


def _pieces(row: "TextRow") -> "Iterator[tuple[TimeSpan, str]]":
    from indexer.records import TimeSpan

    most = CUE_CHARACTERS
    if len(row.text) > most:  # of about equal length
        most = max(len(row.text) // -(-len(row.text) // most) + 10, 20)
    start, text = row.span.start_seconds, ""
    for number, word in enumerate(row.words):
        if text and len(text) + len(word.text) > most:
            stop = row.words[number - 1].stop_seconds
            yield TimeSpan(start, max(start, stop)), text.strip()
            start, text = word.start_seconds, ""
        text += word.text
    yield TimeSpan(start, max(start, row.span.stop_seconds)), text.strip()


def _times(span: "TimeSpan") -> str:
    return cue_times(span.start_seconds, span.stop_seconds)


def _line_json(line: NumberedLine, speakers: Sequence[str]) -> dict[str, Any]:
    row = line.row
    return {
        "index": line.index,
        "start_seconds": round(row.span.start_seconds, 3),
        "stop_seconds": round(row.span.stop_seconds, 3),
        "text": row.text,
        "original": row.original,
        "speaker": speakers[row.voice] if 0 <= row.voice < len(speakers) else "",
        "words": [
            {
                "text": word.text.strip(),
                "start_seconds": round(word.start_seconds, 3),
                "stop_seconds": round(word.stop_seconds, 3),
            }
            for word in row.words
        ],
    }
