"""Sidecars: the cues of a subtitle file beside a video.

Their times count from the first frame, as in a player. Which files belong to a video is in
`indexer.subtitles.sidecar_names`; embedded tracks come from `indexer.decode.video`.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from indexer.errors import VideoError
from indexer.records import Segment, TimedText, TimeSpan
from indexer.subtitles.cues import clean_cues
from indexer.subtitles.encoding import decode_file
from indexer.subtitles.formats.cues import closed_cues
from indexer.subtitles.formats.parse import parse_subtitles
from indexer.subtitles.sidecar_names import language_of_name

MAX_FILE_BYTES = 16 << 20
"""A day of speech is about 2 MB of text; heavily typeset ASS files reach some 10 MB."""
MAX_CUES = 200_000

_PICTURES = {b"\x00\x00\x01\xba": "VobSub", b"PG": "PGS"}
"""How files begin that hold pictures of text."""


class SubtitleError(VideoError):
    """A subtitle file that cannot be read; the video itself is indexed without it."""

    kind = "subtitles"


def read_sidecar(
    file: Path,
    *,
    videos: Iterable[Path] = (),
    frames_per_second: float = 0.0,
    warn: Callable[[str], None] | None = None,
) -> list[TimedText]:
    """The cleaned cues of a subtitle file, in order of their start, with the language that the file or its name says.

    Args:
        videos: whose name the file's begins with, so that no part of a title is taken for a language.
        frames_per_second: of the video, for formats that count frames; 0 where it is not known.
        warn: receives what may be wrong with the text though it was read.

    Raises:
        SubtitleError: the file cannot be read, is too large, or holds no cue; names the file and the way out.
    """
    decoded = decode_file(_read_bytes(file))
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\x1a", "")
    parsed = parse_subtitles(text, is_vtt=file.suffix.lower() == ".vtt", frames_per_second=frames_per_second)
    if not parsed.cues:
        raise _broken(file, "it contains no cues")
    if len(parsed.cues) > MAX_CUES:
        raise _broken(file, f"it holds {len(parsed.cues)} cues, more than {MAX_CUES}")
    if decoded.doubt and warn is not None:
        warn(f"subtitle file {file}: {decoded.doubt}; save it as UTF-8 if its text looks wrong")
    return clean_cues(closed_cues(parsed.cues, language_of_name(file, videos)), parsed.codec)


def _read_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SubtitleError(
            f"subtitle file {file} cannot be read: {error.strerror or error}; check its permissions or remove it"
        ) from error
    if len(raw) > MAX_FILE_BYTES:
        raise _broken(file, f"it is larger than {MAX_FILE_BYTES >> 20} MiB")
    for head, kind in _PICTURES.items():
        if raw.startswith(head):
            raise _broken(file, f"it holds pictures of text ({kind}), not text")
    return raw


def _broken(file: Path, reason: str) -> SubtitleError:
    return SubtitleError(
        f"subtitle file {file} cannot be used: {reason}; replace it with a valid SRT, VTT or ASS file, or remove it"
    )


def segment_of_subtitle(span: TimeSpan, segments: Sequence[Segment]) -> int:
    """Index of the segment that `span` overlaps most; the first of equals, or the nearest where none overlaps.

    Args:
        segments: in order of time, without overlap.

    Raises:
        ValueError: there are no segments.
    """
    if not segments:
        raise ValueError("a text cannot be assigned to a segment of a video without segments")
    first = bisect_right(segments, span.start_seconds, key=lambda segment: segment.span.start_seconds) - 1
    best = max(first, 0)
    for place in range(best + 1, len(segments)):
        candidate = segments[place].span
        if candidate.start_seconds >= span.stop_seconds:
            break
        if candidate.intersection_seconds(span) > segments[best].span.intersection_seconds(span):
            best = place
    return best
